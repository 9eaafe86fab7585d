import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { appending } from '../../src/action/runner-file.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

const VARIABLE = 'GITHUB_OUTPUT';

afterEach(() => {
  vi.unstubAllEnvs();
});

function aFile(content?: string): string {
  const path = join(temporaryDirectory(), 'output');
  if (content !== undefined) writeFileSync(path, content);
  vi.stubEnv(VARIABLE, path);
  return path;
}

/** Writes half a record, as on a disk that fills up. */
const failing = (path: string) => () =>
  appending(VARIABLE, () => {
    appendFileSync(path, 'half<<');
    throw new Error('ENOSPC: no space left on device, write');
  });

test('what is appended stays, and the result is passed on', () => {
  const path = aFile('a=1\n');
  const result = appending(VARIABLE, () => {
    appendFileSync(path, 'b=2\n');
    return 3;
  });
  expect(result).toBe(3);
  expect(readFileSync(path, 'utf8')).toBe('a=1\nb=2\n');
});

test.each([
  ['a file that has something', 'a=1\n', 'a=1\n'],
  ['an empty file', '', ''],
  ['a file that was not there', undefined, ''],
])('removes half a record from %s', (_, before, after) => {
  const path = aFile(before);
  expect(thrown(failing(path)).message).toContain('ENOSPC');
  expect(readFileSync(path, 'utf8')).toBe(after);
});

test.each([
  [
    'is a directory',
    (path: string) => {
      mkdirSync(path);
    },
  ],
  ['does not exist', () => undefined],
])('a file that %s causes no error beyond the work’s own', (_, prepare) => {
  const path = aFile();
  prepare(path);
  const error = thrown(() => {
    appending(VARIABLE, () => {
      throw new Error('EISDIR');
    });
  });
  expect(error.message).toBe('EISDIR');
});

test.each([undefined, ''])('no file is used if the runner names none: %j', (value) => {
  vi.stubEnv(VARIABLE, value);
  expect(appending(VARIABLE, () => 1)).toBe(1);
});
