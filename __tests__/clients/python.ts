/** The Python SDKs. Only the tests use them; AWF itself needs no Python. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostToolchain } from '../../src/mounts/host-toolchain.ts';
import { isInside } from '../../src/host/paths.ts';
import { digestOf, fetchWith, madeOnce } from '../../testing/scratch.ts';

/** A list with hashes: pip then rejects every other file. */
const REQUIREMENTS = join(import.meta.dirname, 'pypi', 'requirements.txt');

/** Debian has `ensurepip` in a separate package, python3-venv. google-genai needs 3.11. */
const PROBE =
  'import ensurepip, sys, venv; assert sys.version_info >= (3, 11); print(sys.version, sys.base_prefix, sep="\\n")';
const probe = spawnSync('python3', ['-c', PROBE], { encoding: 'utf8' });

/** If it is false, the tests of these SDKs are skipped by name. script/test fails on that when CI=true. */
export const HAS_PYTHON = probe.status === 0;

export interface PythonWithSdks {
  /** The interpreter's path. */
  readonly python: string;
  /** What it needs in addition to the host's toolchain. */
  readonly mounts: readonly string[];
}

/**
 * Makes a virtual environment, once per interpreter and list of packages.
 *
 * @throws Error with pip's message
 */
export async function pythonWithSdks(): Promise<PythonWithSdks> {
  const name = digestOf(probe.stdout, readFileSync(REQUIREMENTS));
  const environment = await madeOnce(join('python', name), build);
  const prefix = probe.stdout.trim().split('\n').at(-1)!;
  const isThere = hostToolchain('/nonexistent', {}).some(({ target }) => isInside(prefix, target));
  return {
    python: join(environment, 'bin', 'python3'),
    mounts: isThere ? [environment] : [environment, prefix],
  };
}

async function build(environment: string): Promise<void> {
  await fetchWith(['python3', '-m', 'venv', environment]);
  const pip = [join(environment, 'bin', 'python3'), '-m', 'pip', '--quiet', '--disable-pip-version-check'];
  // The list is complete. Without `--no-deps` pip still looks for dependencies, and takes the newest release of one if
  // another package spells its requirement differently than the list.
  const options = ['--require-hashes', '--no-deps', '--no-compile', '--only-binary', ':all:'];
  await fetchWith([...pip, 'install', ...options, '--requirement', REQUIREMENTS]);
  await fetchWith([...pip, 'check']);
}
