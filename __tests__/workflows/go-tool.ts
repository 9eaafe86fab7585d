/** Tools published as Go modules. Only the tests use them; AWF itself needs no Go. */

import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fetchWith, madeOnce } from '../../testing/scratch.ts';

const GO = 'go';

/** If it is false, the tests of these tools are skipped by name. script/test fails on that when CI=true. */
export const HAS_GO = spawnSync(GO, ['version']).status === 0;

/**
 * Fetches and compiles a program, once per version.
 *
 * @param path the package's path; its last part names the program
 * @param version an exact version: its go.mod then pins the dependencies, and the toolchain if the machine's is older
 * @returns the program's path
 * @throws Error with the compiler's message
 */
export async function goTool(path: string, version: string): Promise<string> {
  const program = basename(path);
  const directory = await madeOnce(join('go', `${program}-${version}`), (making) =>
    fetchWith([GO, 'install', `${path}@${version}`], { cwd: making, env: { ...process.env, GOBIN: making } }),
  );
  return join(directory, program);
}
