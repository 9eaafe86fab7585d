/** Tools that are published as Go modules, for tests only: the product itself needs no Go. */

import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const GO = 'go';
const CACHE = join(import.meta.dirname, '../../.scratch/bin');

/** Milliseconds to fetch and compile the largest of them. */
export const GO_INSTALL_LIMIT = 600_000;

/** Where it is false, the tests of these tools are skipped by name; script/test fails on that when CI=true. */
export const HAS_GO = spawnSync(GO, ['version']).status === 0;

/**
 * Fetches and compiles a program, once per version.
 *
 * @param path of the package; its last part names the program
 * @returns the program's path
 * @throws Error with the compiler's message
 */
export async function goTool(path: string, version: string): Promise<string> {
  const program = basename(path);
  const cached = join(CACHE, `${program}-${version}`);
  if (existsSync(cached)) return cached;
  mkdirSync(CACHE, { recursive: true });
  const building = mkdtempSync(join(CACHE, `building-${program}-`));
  try {
    await promisify(execFile)(GO, ['install', `${path}@${version}`], {
      cwd: building,
      env: { ...process.env, GOBIN: building },
      timeout: GO_INSTALL_LIMIT,
    });
    // At once: another test process may be doing the same.
    renameSync(join(building, program), cached);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return cached;
}
