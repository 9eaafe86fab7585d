/** The commands that publish the images. They are data, so that tests can judge them without a registry. */
import { join } from 'node:path';
import { BUILT_LABEL } from '../../src/docker/image-facts.ts';
import type { Role } from '../../src/shared/network.ts';

/** The repository of an image in a registry. */
export const repositoryOf = (registry: string, role: Role): string => `${registry}/awf-${role}`;

export interface Push {
  readonly role: Role;
  /** Where to push: `REGISTRY/PATH`. */
  readonly registry: string;
  /** For example `linux/arm64`. */
  readonly platform: string;
  /** The root of the repository. */
  readonly root: string;
  readonly date: Date;
  /** The file for what buildx knows about the result. */
  readonly metadata: string;
  /** Whether to attach a software bill of materials. A scanner that the builder pulls makes it. */
  readonly sbom: boolean;
}

/**
 * The arguments of `docker` that build an image for one platform and push it. It gets no tag: nobody shall find it before
 * the images of all platforms are there. The bases are pulled and no layer comes from a cache, so that the image has the
 * packages of the day; its provenance says which they were.
 */
export function pushArgs({ role, registry, platform, root, date, metadata, sbom }: Push): string[] {
  return [
    'buildx',
    'build',
    `--platform=${platform}`,
    `--file=${join(root, 'containers', role, 'Dockerfile')}`,
    `--label=${BUILT_LABEL}=${date.toISOString()}`,
    '--no-cache',
    '--pull',
    '--provenance=mode=max',
    `--sbom=${String(sbom)}`,
    `--output=type=image,name=${repositoryOf(registry, role)},push-by-digest=true,name-canonical=true,push=true`,
    `--metadata-file=${metadata}`,
    root,
  ];
}

/**
 * The arguments of `docker` that join the images of all platforms under one name, with their provenance.
 *
 * @param name the image's name on an engine, for example `awf-squid:4131a5ba5181`
 * @param digests of the pushed images
 */
export function joinArgs(registry: string, name: string, digests: readonly string[]): string[] {
  const [repository = ''] = name.split(':');
  const sources = digests.map((digest) => `${registry}/${repository}@${digest}`);
  return ['buildx', 'imagetools', 'create', `--tag=${registry}/${name}`, ...sources];
}

/** The digest in what buildx wrote about a build. @throws Error if there is none */
export function digestIn(metadata: Readonly<Record<string, unknown>>): string {
  const digest = metadata['containerimage.digest'];
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new Error(`The build told no digest, but ${JSON.stringify(digest)}.`);
  }
  return digest;
}
