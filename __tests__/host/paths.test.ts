import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isInside, workDirectoryOf } from '../../src/host/paths.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** `a/b`, `a-b`, and links: `to-a` to `a`, `a/out` to the directory itself. */
function tree(): string {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(join(root, 'a-b'));
  symlinkSync('a', join(root, 'to-a'));
  symlinkSync('..', join(root, 'a/out'));
  return root;
}

describe('isInside', () => {
  test.each([
    ['a', 'a', true],
    ['a/b', 'a', true],
    ['a/missing/deep', 'a', true],
    ['missing/deep', 'missing', true],
    ['a/', 'a', true],
    ['a/b/..', 'a', true],
    ['a', 'a/b', false],
    ['a-b', 'a', false],
    ['a/../a-b', 'a', false],
    ['to-a/b', 'a', true],
    ['a/b', 'to-a', true],
    ['to-a/missing', 'a', true],
    ['a/out', 'a', false],
    ['a/out/a-b', 'a', false],
    ['a/out/missing', 'a', false],
  ])('%s in %s: %j', (path, directory, expected) => {
    const root = tree();
    expect(isInside(join(root, path), join(root, directory))).toBe(expected);
    expect(isInside(`${root}/${path}`, `${root}/${directory}`)).toBe(expected);
  });

  test('everything is in the root', () => {
    expect(isInside('/', '/')).toBe(true);
    expect(isInside('/does/not/exist', '/')).toBe(true);
    expect(isInside('/', '/usr')).toBe(false);
  });
});

test('workDirectoryOf is the same for the same run, and another for another', () => {
  expect(workDirectoryOf('0123abcd', '/temp')).toBe(workDirectoryOf('0123abcd', '/temp'));
  expect(workDirectoryOf('0123abcd', '/temp')).not.toBe(workDirectoryOf('4567abcd', '/temp'));
  expect(isInside(workDirectoryOf('0123abcd', '/temp'), '/temp')).toBe(true);
});
