import { mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isBelow, isInside, stepTemporaryDirectory, workDirectoryOf } from '../../src/host/paths.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** Makes `a/b`, `a-b`, and links: `to-a` to `a`, `a/out` to the directory itself. */
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

  test('everything is inside the root directory', () => {
    expect(isInside('/', '/')).toBe(true);
    expect(isInside('/does/not/exist', '/')).toBe(true);
    expect(isInside('/', '/usr')).toBe(false);
  });
});

describe('isBelow', () => {
  test.each([
    ['/a/b', '/a', true],
    ['/a/b/c', '/a', true],
    ['/a', '/a', false],
    ['/a-b', '/a', false],
    ['/', '/a', false],
    ['/a', '/', true],
    ['/', '/', false],
  ])('%s below %s: %j', (path, directory, expected) => {
    expect(isBelow(path, directory)).toBe(expected);
  });

  test('follows no links', () => {
    const root = tree();
    expect(isBelow(join(root, 'to-a/b'), join(root, 'a'))).toBe(false);
    expect(isBelow(join(root, 'a/out/a-b'), join(root, 'a'))).toBe(true);
  });
});

test('a step’s temporary directory is the runner’s, or the system’s without a runner', () => {
  expect(stepTemporaryDirectory({ RUNNER_TEMP: '/runner/temp' })).toBe('/runner/temp');
  expect(stepTemporaryDirectory({})).toBe(tmpdir());
  expect(stepTemporaryDirectory({ RUNNER_TEMP: '' })).toBe(tmpdir());
});

test('workDirectoryOf is the same for the same run, and different for another', () => {
  expect(workDirectoryOf('0123abcd', '/temp')).toBe(workDirectoryOf('0123abcd', '/temp'));
  expect(workDirectoryOf('0123abcd', '/temp')).not.toBe(workDirectoryOf('4567abcd', '/temp'));
  expect(isInside(workDirectoryOf('0123abcd', '/temp'), '/temp')).toBe(true);
});
