import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDirectory } from '../../src/host/directories.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

test('makes the directory and its parents, and leaves those that exist', () => {
  const top = temporaryDirectory();
  mkdirSync(join(top, 'a'), { mode: 0o750 });
  makeDirectory(join(top, 'a', 'b', 'c'), 0o700);
  makeDirectory(join(top, 'a', 'b', 'c'), 0o700);
  expect(['a', 'a/b', 'a/b/c'].map((path) => statSync(join(top, path)).mode & 0o777)).toEqual([0o750, 0o700, 0o700]);
});

test.each([
  ['a file on the way', (top: string) => join(top, 'file', 'a', 'b'), 'ENOTDIR'],
  ['a link to nothing on the way', (top: string) => join(top, 'link', 'a'), 'ENOENT'],
  ['a place where the kernel makes nothing', () => '/proc/nothing/a/b', 'ENOENT'],
])('ends at %s', (_, below, code) => {
  const top = temporaryDirectory();
  writeFileSync(join(top, 'file'), '');
  symlinkSync(join(top, 'nowhere'), join(top, 'link'));
  expect(() => {
    makeDirectory(below(top));
  }).toThrow(code);
});
