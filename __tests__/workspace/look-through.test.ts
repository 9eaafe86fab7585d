import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inProcess } from '../../src/workspace/look-through.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** What is said if the process is this program. */
async function failureOf(program: string): Promise<string> {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'dist/look-through'), { recursive: true });
  writeFileSync(join(root, 'dist/look-through/index.js'), program);
  return inProcess(root)(temporaryDirectory(), 10_000).then(
    () => 'nothing',
    (error: unknown) => String(error),
  );
}

describe('a search that dies', () => {
  test.each([
    ["throw new Error('EIO: i/o error, scandir')", 'Error: EIO: i/o error, scandir.'],
    ["throw new TypeError('a\\x1b[2J \\\\')", 'TypeError: a\\x1b[2J \\\\.'],
    ["process.kill(process.pid, 'SIGKILL')", 'it was killed, after its time or for want of memory.'],
    ['process.exit(3)', 'no reason given.'],
  ])('says why: %s', async (program, reason) => {
    expect(await failureOf(program)).toContain(`The search of the workspace died: ${reason}`);
  });
});
