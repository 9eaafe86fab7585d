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
  const requirements = join(folder, 'requirements.txt');
  const name = `${basename(folder)}-${digestOf(probe.stdout, readFileSync(requirements))}`;
  const environment = await madeOnce(join('python', name), (directory) => build(directory, requirements));
  const prefix = probe.stdout.trim().split('\n').at(-1)!;
  const isThere = hostToolchain('/nonexistent', {}).some(({ target }) => isInside(prefix, target));
  return { bin: join(environment, 'bin'), mounts: isThere ? [environment] : [environment, prefix] };
}

async function build(environment: string, requirements: string): Promise<void> {
  await fetchWith(['python3', '-m', 'venv', environment]);
  const pip = [join(environment, 'bin', 'python3'), '-m', 'pip', '--quiet', '--disable-pip-version-check'];
  // The list is complete. Without `--no-deps` pip still looks for dependencies, and takes the newest release of one if
  // another package spells its requirement differently than the list.
  const options = ['--require-hashes', '--no-deps', '--no-compile', '--only-binary', ':all:'];
  await fetchWith([...pip, 'install', ...options, '--requirement', requirements]);
  await fetchWith([...pip, 'check']);
  makeMovable(join(environment, 'bin'));
}

/** pip writes the interpreter's path into the programs, but the environment is not yet where it will be. */
function makeMovable(bin: string): void {
  for (const name of readdirSync(bin)) {
    const text = readFileSync(join(bin, name), 'latin1');
    const program = text.replace(/^#!\S*\/python3?\n/, '#!/usr/bin/env python3\n');
    if (program !== text) writeFileSync(join(bin, name), program, 'latin1');
  }
}
