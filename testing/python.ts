/** Python programs and libraries that tests run. AWF itself needs no Python. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isInside } from '../src/host/paths.ts';
import { hostToolchain } from '../src/mounts/host-toolchain.ts';
import { digestOf, fetchWith, madeOnce } from './scratch.ts';

/** Debian has `ensurepip` in a separate package, python3-venv. google-genai needs 3.11. */
const PROBE =
  'import ensurepip, sys, venv; assert sys.version_info >= (3, 11); print(sys.version, sys.base_prefix, sep="\\n")';
const probe = spawnSync('python3', ['-c', PROBE], { encoding: 'utf8' });

/** If it is false, the tests that need Python are skipped by name. script/test fails on that when CI=true. */
export const HAS_PYTHON = probe.status === 0;

export interface PythonEnvironment {
  /** The directory of the interpreter and of the programs. */
  readonly bin: string;
  /** What it needs in addition to the host's toolchain. */
  readonly mounts: readonly string[];
}

/** The folder with the list of uv alone. */
export const UV = join(import.meta.dirname, 'uv');

/**
 * Makes a virtual environment of a folder's `requirements.txt`, once per interpreter and list of packages. The list has
 * hashes: every other file is rejected.
 *
 * @throws Error with uv's message
 */
export async function virtualEnvironment(folder: string): Promise<PythonEnvironment> {
  const environment = await madeOnce(nameFor(folder), async (directory) => {
    // Relocatable: the programs do not name the interpreter by a path, since the environment is not yet where it will be.
    await uv('venv', '--relocatable', '--clear', '--python', 'python3', directory);
    const python = ['--python', join(directory, 'bin', 'python3')];
    await uv('pip', 'install', ...INSTALL_OPTIONS, ...python, '--requirement', join(folder, LIST));
    await uv('pip', 'check', ...python);
  });
  const prefix = probe.stdout.trim().split('\n').at(-1)!;
  const isThere = hostToolchain('/nonexistent', {}).some(({ target }) => isInside(prefix, target));
  return { bin: join(environment, 'bin'), mounts: isThere ? [environment] : [environment, prefix] };
}

/**
 * Fetches a program that PyPI distributes as a wheel and that needs no Python, once per version.
 *
 * @param folder has the program's name, and a `requirements.txt` with hashes
 * @returns the program's path; nothing else is in its directory
 * @throws Error with uv's message
 */
export async function programFromPypi(folder: string): Promise<string> {
  const directory = await madeOnce(nameFor(folder), (target) =>
    uv('pip', 'install', ...INSTALL_OPTIONS, '--target', target, '--requirement', join(folder, LIST)),
  );
  return join(directory, 'bin', basename(folder));
}

const LIST = 'requirements.txt';
// The list is complete. Without `--no-deps`, the newest release of a dependency is taken if a package spells its
// requirement differently than the list.
const INSTALL_OPTIONS = ['--require-hashes', '--no-deps', '--only-binary', ':all:'];

function nameFor(folder: string): string {
  return join('python', `${basename(folder)}-${digestOf(probe.stdout, readFileSync(join(folder, LIST)))}`);
}

/** Runs uv, which needs a tenth of pip's time for a large program. The pip that comes with the interpreter fetches it. */
async function uv(...args: readonly string[]): Promise<void> {
  const directory = await madeOnce(`${nameFor(UV)}-from-pip`, async (target) => {
    await fetchWith(['python3', '-m', 'venv', target]);
    const pip = [join(target, 'bin', 'python3'), '-m', 'pip', '--quiet', '--disable-pip-version-check'];
    await fetchWith([...pip, 'install', ...INSTALL_OPTIONS, '--requirement', join(UV, LIST)]);
  });
  await fetchWith([
    join(directory, 'bin', 'uv'),
    '--quiet',
    '--no-cache',
    '--no-config',
    '--no-python-downloads',
    ...args,
  ]);
}
