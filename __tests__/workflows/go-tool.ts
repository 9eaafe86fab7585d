/** Tools that are published as Go modules, for tests only: the product itself needs no Go. */

import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fetchWith, madeOnce } from '../../testing/scratch.ts';

const GO = 'go';

/** Where it is false, the tests of these tools are skipped by name; script/test fails on that when CI=true. */
export const HAS_GO = spawnSync(GO, ['version']).status === 0;

/**
 * Fetches and compiles a program, once per version.
 *
 * @param path of the package; its last part names the program
 * @param version an exact one: its go.mod then pins what it is made of, and the toolchain where the machine's is older
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
