/** Tools published as Go modules. Only the tests use them; AWF itself needs no Go. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fetchWith, madeOnce } from './scratch.ts';

const GO = 'go';

/**
 * These programs are compiled on every new machine, and each runs for seconds only: neither optimizing nor debugging
 * them is worth the quarter of the compiler's time that it takes.
 */
const QUICK_BUILD = ['-gcflags=all=-N -l -dwarf=false', '-ldflags=-s -w'];

/** If it is false, the tests of these tools are skipped by name. script/test fails on that when CI=true. */
export const HAS_GO = spawnSync(GO, ['version']).status === 0;

/**
 * Fetches and compiles a program, once per version.
 *
 * @param module the module's path
 * @param version an exact version: its go.mod then pins the dependencies, and the toolchain if the machine's is older
 * @param path the package's path, if it is not the module's own; its last part names the program
 * @returns the program's path
 * @throws Error with the compiler's message
 */
export async function goTool(module: string, version: string, path = module): Promise<string> {
  const program = basename(path);
  const directory = await madeOnce(join('go', `${program}-${version}`), async (making) => {
    // Not `go install PATH@VERSION`: it also asks for the list of all versions, which not every module proxy has. The
    // line with Go's version lets it read the modules that the program needs, instead of all that these name in turn.
    writeFileSync(join(making, 'go.mod'), `module test\n\ngo 1.21.0\n\nrequire ${module} ${version}\n`);
    await fetchWith([GO, 'build', '-mod=mod', ...QUICK_BUILD, '-o', program, path], { cwd: making });
  });
  return join(directory, program);
}
