import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatIndex, hashBytesOf, readIndex } from '../../../src/workspace/git/index-file.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { git, HAS_GIT, tryGit } from '../../../testing/git.ts';

/** Where the index of {@link repository} has a path of this length, so that another one can take its place. */
const PLACE = '.gis/hooks/pre';

function repository(...options: readonly string[]): string {
  const top = temporaryDirectory();
  git(top, 'init', '-q', ...options);
  for (const name of ['a', 'b/c', 'b/d e', 'ä', PLACE]) {
    mkdirSync(join(top, name, '..'), { recursive: true });
    writeFileSync(join(top, name), `${name}\n`);
  }
  git(top, 'add', '.');
  return top;
}

const indexOf = (top: string): string => join(top, '.git/index');

/** Replaces a path in an index with another one of its length. */
function rename(top: string, path: string): string {
  const text = readFileSync(indexOf(top), 'latin1').replace(PLACE, path);
  writeFileSync(indexOf(top), text, 'latin1');
  return indexOf(top);
}

describe.skipIf(!HAS_GIT)('an index', () => {
  test.each([
    ['version 2', ['-c', 'index.version=2', 'status']],
    ['version 3', ['add', '-N', 'new']],
    ['version 4', ['update-index', '--index-version', '4']],
    ['with an untracked cache', ['update-index', '--force-untracked-cache']],
    ['with offsets for threads', ['-c', 'index.threads=2', 'update-index', '--force-write-index', '--really-refresh']],
  ])('%s is for git what it was', (_, args) => {
    const top = repository();
    writeFileSync(join(top, 'new'), '');
    git(top, ...args);
    const before = git(top, 'ls-files', '--stage', '--debug').replaceAll(/^ .*\n?/gm, '');
    const index = readIndex(indexOf(top), 20);
    writeFileSync(
      indexOf(top),
      formatIndex(index, index, () => false, 20),
    );
    expect(git(top, 'ls-files', '--stage', '--debug').replaceAll(/^ .*\n?/gm, '')).toBe(before);
    expect(tryGit(top, ['fsck'])).toMatchObject({ code: 0 });
    expect(
      git(top, 'status', '--porcelain')
        .split('\n')
        .filter((line) => !/^A|^ A|^\?\?/.test(line)),
    ).toEqual([]);
  });

  test('of a repository with SHA-256', () => {
    const top = repository('--object-format=sha256');
    const hashBytes = hashBytesOf(join(top, '.git'));
    expect(hashBytes).toBe(32);
    const before = git(top, 'ls-files', '--stage');
    writeFileSync(
      indexOf(top),
      formatIndex(readIndex(indexOf(top), hashBytes), undefined, () => false, hashBytes),
    );
    expect(git(top, 'ls-files', '--stage')).toBe(before);
  });

  test('that claims that a changed file is unchanged', () => {
    const top = repository();
    const file = join(top, 'a');
    const { atime, mtime } = statSync(file);
    git(top, '-c', 'core.checkStat=minimal', '-c', 'core.trustCTime=false', 'status');
    writeFileSync(file, 'A\n');
    utimesSync(file, atime, mtime);
    git(top, 'update-index', '--assume-unchanged', 'b/c');
    writeFileSync(join(top, 'b/c'), 'changed\n');
    writeFileSync(
      indexOf(top),
      formatIndex(readIndex(indexOf(top), 20), undefined, () => false, 20),
    );
    const changed = git(top, '-c', 'core.checkStat=minimal', '-c', 'core.trustCTime=false', 'diff', '--name-only');
    expect(changed).toBe('a\nb/c');
  });

  test('keeps the marks that it had before', () => {
    const top = repository();
    git(top, 'update-index', '--assume-unchanged', 'a');
    git(top, 'update-index', '--skip-worktree', 'b/c');
    const index = readIndex(indexOf(top), 20);
    writeFileSync(
      indexOf(top),
      formatIndex(index, index, () => false, 20),
    );
    expect(git(top, 'ls-files', '-v').match(/^[hS] .*/gm)).toEqual(['h a', 'S b/c']);
  });

  test.each([
    ...['.git/hooks/pre', '.GIT/hooks/pre', '../x/hooks/pre', './gi/hooks/pre', '/gis/hooks/pre', '.gis//ooks/pre'],
    ...['.gis/.git /pre', '.gis/git~1/pre', '.gis\\.git/pre_', '.g\u200cit/ks/pre', '.gis/.git./pre', '.gis/hookss/..'],
  ])('with the path %j does not pass', (path) => {
    const top = repository();
    const name = Buffer.from(path).toString('latin1');
    expect(name).toHaveLength(PLACE.length);
    expect(() => readIndex(rename(top, name), 20)).toThrow(SyntaxError);
  });

  test.each(['.giu/hooks/pre', '.github/ks/pre', '..../hooks/..x', 'a\\bc\\hooks\\pre'])(
    'with the path %j passes',
    (path) => {
      const top = repository();
      const name = path.slice(0, PLACE.length);
      expect(readIndex(rename(top, name), 20).entries.map((entry) => entry.path)).toContain(name);
    },
  );

  test('with offsets from which git would read, with several threads, is recognised', () => {
    const top = repository();
    const offsets = (): boolean => readIndex(indexOf(top), 20).hasOffsets;
    expect(offsets()).toBe(false);
    git(top, '-c', 'index.threads=2', 'update-index', '--force-write-index');
    expect(offsets()).toBe(true);
    // Git finds the end of the entries from the end of the file, whatever is around it.
    const data = readFileSync(indexOf(top));
    const end = data.indexOf('EOIE');
    const hidden = Buffer.concat([data.subarray(0, end), Buffer.from('ZZZZ\0\0\0\x20', 'latin1'), data.subarray(end)]);
    writeFileSync(indexOf(top), hidden);
    expect(offsets()).toBe(true);
  });

  test.each(['', 'DIRC', 'DIRC\0\0\0\x02\0\0\0\x01', 'DIRC\0\0\0\x05\0\0\0\0'])('%j is none', (text) => {
    const file = join(temporaryDirectory(), 'index');
    writeFileSync(file, text + '\0'.repeat(text === 'DIRC' ? 0 : 20), 'latin1');
    expect(() => readIndex(file, 20)).toThrow(SyntaxError);
  });
});

test('an index is a regular file', () => {
  const pipe = join(temporaryDirectory(), 'index');
  spawnSync('mkfifo', [pipe]);
  expect(() => readIndex(pipe, 20)).toThrow(SyntaxError);
});
