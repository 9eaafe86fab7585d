/** The SDKs of Python, for tests only: the product itself needs no Python. */

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostToolchain } from '../../src/mounts/host-toolchain.ts';
import { isInside } from '../../src/host/paths.ts';
import { ROOT } from '../../testing/runner/action.ts';

const CACHE = join(ROOT, '.scratch', 'python');
/** With hashes: pip then refuses every file that is not one of them. */
const REQUIREMENTS = join(import.meta.dirname, 'pypi', 'requirements.txt');

/** Milliseconds to fetch the packages, and for the run that uses them. */
export const PIP_LIMIT = 600_000;

/** Debian has `ensurepip` in a package of its own, python3-venv; google-genai wants 3.11. */
const PROBE =
  'import ensurepip, sys, venv; assert sys.version_info >= (3, 11); print(sys.version, sys.base_prefix, sep="\\n")';
const probe = spawnSync('python3', ['-c', PROBE], { encoding: 'utf8' });

/** Where it is false, the tests of these SDKs are skipped by name; script/test fails on that when CI=true. */
export const HAS_PYTHON = probe.status === 0;

export interface PythonWithSdks {
  /** Path of the interpreter. */
  readonly python: string;
  /** What it needs beside the host's toolchain. */
  readonly mounts: readonly string[];
}

/**
 * Makes a virtual environment, once per interpreter and list of packages.
 *
 * @throws Error with pip's message
 */
export async function pythonWithSdks(): Promise<PythonWithSdks> {
  const requirements = readFileSync(REQUIREMENTS, 'utf8');
  const name = createHash('sha256').update(probe.stdout).update(requirements).digest('hex').slice(0, 12);
  const environment = join(CACHE, name);
  if (!existsSync(environment)) await build(environment);
  const prefix = probe.stdout.trim().split('\n').at(-1)!;
  const isThere = hostToolchain('/nonexistent', undefined).some(({ target }) => isInside(prefix, target));
  return {
    python: join(environment, 'bin', 'python3'),
    mounts: isThere ? [environment] : [environment, prefix],
  };
}

async function build(environment: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true });
  const building = mkdtempSync(join(CACHE, 'building-'));
  const run = (command: string, ...args: string[]) => promisify(execFile)(command, args, { timeout: PIP_LIMIT });
  try {
    await run('python3', '-m', 'venv', building);
    const install = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await run(join(building, 'bin', 'python3'), '-m', 'pip', 'install', ...install, '--requirement', REQUIREMENTS);
    // In one step: what is interrupted leaves nothing under this name.
    renameSync(building, environment);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}
