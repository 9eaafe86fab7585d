/** Images with the probe of the one-shot-token library, and the library from the agent image. */

import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { builtImageNames } from '../../../src/docker/images.ts';
import { ONE_SHOT_LIBRARY } from '../../../src/shared/contract.ts';
import { ROOT } from '../../../testing/root.ts';
import { docker } from '../../../testing/engine/engine.ts';
import { sectionedScript, sectionsOf } from '../../../testing/engine/sections.ts';

const CONTEXT = join(import.meta.dirname, 'one-shot-token');

/** The images: one for each of these libcs, and `tools` with a compiler and readelf. */
export const LIBCS = ['glibc-2.31', 'glibc-today', 'musl'] as const;
export type ProbeImage = (typeof LIBCS)[number] | 'tools';

/** The directory in each image with `probe`, `probe-static` and the library that `probe` needs. */
export const PROBE_DIRECTORY = '/probe';

/** Builds an image unless it exists. The images stay, because building them takes a minute. */
export function probeImage(target: ProbeImage): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(CONTEXT).toSorted()) hash.update(file).update(readFileSync(join(CONTEXT, file)));
  const name = `awf-test-one-shot-token:${target}-${hash.digest('hex').slice(0, 12)}`;
  if (docker(['image', 'ls', '--quiet', name]) === '') {
    const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].map((variable) => `--build-arg=${variable}`);
    docker(['build', '--quiet', `--target=${target}`, `--tag=${name}`, ...proxies, CONTEXT]);
  }
  return name;
}

/** Copies `path` from an image into a new directory. */
export function copyFromImage(
  image: string,
  path: string,
): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'awf-one-shot-'));
  const container = docker(['create', '--network=none', image, '-']);
  docker(['cp', `${container}:${path}`, directory]);
  docker(['rm', container]);
  return {
    directory,
    remove: () => {
      rmSync(directory, { recursive: true });
    },
  };
}

/** Copies the library from the agent image of this build. */
export const agentLibrary = () => copyFromImage(builtImageNames(join(ROOT, 'dist')).agent, ONE_SHOT_LIBRARY);

export interface ProbeRun {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The directory with the library to preload. Undefined for the control. */
  readonly library: string | undefined;
}

/** Runs each command in its own process, all in one sealed container, and returns what each one printed. */
export function runProbes(
  { image, environment, library }: ProbeRun,
  commands: Readonly<Record<string, string>>,
): Record<string, string> {
  const preload = `/library/${basename(ONE_SHOT_LIBRARY)}`;
  const variables = library === undefined ? environment : { ...environment, LD_PRELOAD: preload };
  const output = docker(
    [
      ...['run', '--rm', '--interactive', '--network=none', '--cap-drop=ALL', '--read-only', '--entrypoint=/bin/sh'],
      ...(library === undefined ? [] : [`--volume=${library}:/library:ro`]),
      ...Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`),
      ...[image, '-s'],
    ],
    sectionedScript(commands),
  );
  // docker() trims the characters that the marks begin and end with.
  return sectionsOf(`\n${output} `);
}
