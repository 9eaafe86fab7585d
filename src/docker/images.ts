import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROLES, type Role } from '../shared/network.ts';
import { PROXY_VARIABLE } from '../shared/proxy-variables.ts';
import { BUILT_LABEL } from './image-facts.ts';

/** The file in `dist/` that names the images that belong to this build. */
export const IMAGES_FILE = 'images.json';

export type ImageNames = Readonly<Record<Role, string>>;

/**
 * The names of the images that would be built from what is in `root` now. A name has a hash of our files that go into
 * the image, so an image under its name always has our current files. Its packages may still be old: see
 * `own-images.ts`.
 *
 * @param root the repository
 * @param dist the folder with the bundles, which may be elsewhere while a build is being checked
 */
export function imageNames(root: string, dist = join(root, 'dist')): ImageNames {
  const name = (role: Role): string => `awf-${role}:${contentHash(imageFiles(role, root, dist))}`;
  return Object.fromEntries(ROLES.map((role) => [role, name(role)])) as Record<Role, string>;
}

/** What {@link IMAGES_FILE} says of an image: its name, and if a release has published it, where. */
type RecordedImage = string | { readonly name: string; readonly published?: string };

const recordedImages = (dist: string): Readonly<Record<Role, RecordedImage>> =>
  JSON.parse(readFileSync(join(dist, IMAGES_FILE), 'utf8')) as Readonly<Record<Role, RecordedImage>>;

/**
 * The names that the build wrote beside the bundles. These are the images that a run uses.
 *
 * @throws Error when `dist` has none
 */
export function builtImageNames(dist: string): ImageNames {
  const recorded = recordedImages(dist);
  const name = (image: RecordedImage): string => (typeof image === 'string' ? image : image.name);
  return Object.fromEntries(ROLES.map((role) => [role, name(recorded[role])])) as Record<Role, string>;
}

/**
 * Where a release has published the images of this build: `REGISTRY/PATH@sha256:DIGEST`. The digest stands for the
 * content, so it does not matter who runs the registry. A build records none: its images are in no registry.
 *
 * @throws Error when `dist` has no {@link IMAGES_FILE}
 */
export function publishedImages(dist: string): Partial<ImageNames> {
  const recorded = recordedImages(dist);
  const found = ROLES.flatMap((role) => {
    const image = recorded[role];
    return typeof image === 'string' || image.published === undefined ? [] : [[role, image.published] as const];
  });
  return Object.fromEntries(found);
}

/**
 * The arguments of `docker build` for one image. The proxy variables have no value here: the client takes the value
 * from its own environment, if there is one, and the engine keeps it out of the image.
 *
 * @param date becomes the image's build date
 * @param base the image to start from, if it is another than the Dockerfile's own
 */
export function buildArgs(role: Role, name: string, root: string, date: Date, base?: string): string[] {
  const { http, https, none } = PROXY_VARIABLE;
  return [
    `--file=${dockerfile(role, root)}`,
    `--tag=${name}`,
    `--label=${BUILT_LABEL}=${date.toISOString()}`,
    '--no-cache',
    ...[http, https, none].map((variable) => `--build-arg=${variable.toLowerCase()}`),
    ...(base === undefined ? [] : [`--build-arg=BASE=${base}`]),
    root,
  ];
}

/** The image that a Dockerfile starts from by default. @returns undefined for a Dockerfile without a base */
export function baseImage(role: Role, root: string): string | undefined {
  return /^ARG BASE=(\S+)$/m.exec(readFileSync(dockerfile(role, root), 'utf8'))?.[1];
}

function dockerfile(role: Role, root: string): string {
  return join(root, 'containers', role, 'Dockerfile');
}

interface ImageFile {
  /** Path in the repository. */
  readonly path: string;
  /** Path on disk. */
  readonly file: string;
}

/** The script that fills the images of programs that others built. */
const COLLECT = 'containers/collect-programs';

/** Source files are not in the image; the bundle made from them is. */
function imageFiles(role: Role, root: string, dist: string): ImageFile[] {
  const folder = `containers/${role}`;
  const inFolder = filesIn(join(root, folder), folder).filter(({ path }) => !path.startsWith(`${folder}/src/`));
  const own = role === 'agent' ? inFolder : [...inFolder, { path: COLLECT, file: join(root, COLLECT) }];
  return role === 'api-proxy' ? [...own, ...filesIn(join(dist, role), `dist/${role}`)] : own;
}

function filesIn(directory: string, path: string): ImageFile[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: path + file.slice(directory.length), file }));
}

/** 12 hexadecimal digits of a hash of paths, executable bits and contents. */
function contentHash(files: readonly ImageFile[]): string {
  const hash = createHash('sha256');
  for (const { path, file } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const bytes = readFileSync(file);
    const executable = (statSync(file).mode & 0o100) !== 0;
    hash.update(`${path}\0${executable ? 'x' : '-'}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 12);
}
