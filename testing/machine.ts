/** A machine whose tools and settings a test makes up, in a directory of its own. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Machine } from '../src/config/presets/machine.ts';
import { temporaryDirectory } from './builders.ts';

const HOME = '/home/me';
const WORKSPACE = '/home/me/project';

/**
 * @param files by path from the root; `~/` stands for the home, which has the workspace in `project`
 * @param environment `PATH` is `/usr/bin`
 */
export function aMachine(
  files: Readonly<Record<string, string | Buffer>> = {},
  environment: NodeJS.ProcessEnv = {},
): Machine {
  const root = temporaryDirectory();
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path.replace(/^~/, HOME));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, 0o755);
  }
  return { environment: { PATH: '/usr/bin', ...environment }, home: HOME, workspace: WORKSPACE, root };
}
