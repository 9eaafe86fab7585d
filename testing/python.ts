/** Python programs and libraries that tests run. AWF itself needs no Python. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * Makes a virtual environment of a folder's `requirements.txt`, once per interpreter and list of packages. The list has
 * hashes: pip then rejects every other file.
 *
 * @throws Error with pip's message
 */
export async function virtualEnvironment(folder: string): Promise<PythonEnvironment> {
  const environment = await madeOnce(nameFor(folder), async (directory) => {
    await fetchWith(['python3', '-m', 'venv', '--without-pip', directory]);
    const pip = [...(await pipCommand()), '--python', join(directory, 'bin', 'python3')];
    await fetchWith([...pip, 'install', ...INSTALL_OPTIONS, '--requirement', join(folder, LIST)]);
    await fetchWith([...pip, 'check']);
    makeMovable(join(directory, 'bin'));
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
 * @throws Error with pip's message
 */
export async function programFromPypi(folder: string): Promise<string> {
  const directory = await madeOnce(nameFor(folder), async (target) => {
    const list = ['--requirement', join(folder, LIST)];
    await fetchWith([...(await pipCommand()), 'install', ...INSTALL_OPTIONS, '--target', target, ...list]);
  });
  return join(directory, 'bin', basename(folder));
}

const LIST = 'requirements.txt';
// The list is complete. Without `--no-deps` pip still looks for dependencies, and takes the newest release of one if
// another package spells its requirement differently than the list.
const INSTALL_OPTIONS = ['--require-hashes', '--no-deps', '--no-compile', '--only-binary', ':all:'];

function nameFor(folder: string): string {
  return join('python', `${basename(folder)}-${digestOf(probe.stdout, readFileSync(join(folder, LIST)))}`);
}

/** The pip that comes with the interpreter. Unpacking it takes most of the time of a new environment, so all share one. */
async function pipCommand(): Promise<string[]> {
  const name = join('python', `pip-${digestOf(probe.stdout)}`);
  const environment = await madeOnce(name, (directory) => fetchWith(['python3', '-m', 'venv', directory]));
  return [join(environment, 'bin', 'python3'), '-m', 'pip', '--quiet', '--disable-pip-version-check'];
}

/** pip writes the interpreter's path into the programs, but the environment is not yet where it will be. */
function makeMovable(bin: string): void {
  for (const name of readdirSync(bin)) {
    const text = readFileSync(join(bin, name), 'latin1');
    const program = text.replace(/^#!\S*\/python3?\n/, '#!/usr/bin/env python3\n');
    if (program !== text) writeFileSync(join(bin, name), program, 'latin1');
  }
}
