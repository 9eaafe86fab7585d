import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { isBelow, isInside } from './paths.ts';
import { nonEmpty } from './variables.ts';

/**
 * Finds a program as a shell would, but never in the workspace: after the command, what `PATH` finds there may be the
 * command's own work. Relative directories count as the workspace's.
 *
 * `which` of `@actions/io` logs directories that it cannot read to standard output, which belongs to the command.
 *
 * @returns its path, or undefined if there is none
 */
export function findProgram(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const workspace = nonEmpty(environment, 'GITHUB_WORKSPACE') ?? process.cwd();
  return (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name))
    .find((path) => isProgram(path) && !isInside(path, workspace) && !isBelow(path, workspace));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
