import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyRefs, isRefName, readRefs } from '../../../src/workspace/git/refs.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];

function gitDirectory(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'refs'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

describe('the name of a reference', () => {
  test.each(['refs/heads/main', 'refs/heads/a/b-c.d', 'refs/tags/v1.0', 'refs/stash', 'refs/heads/\xc3\xa4'])(
    '%s',
    (name) => expect(isRefName(name)).toBe(true),
  );

  test.each([
    ...['HEAD', 'refs/heads/../x', 'refs/heads/a..b', 'refs/heads/.a', 'refs/heads/a.lock', 'refs/heads/a.lock/b'],
    ...['refs/heads/a b', 'refs/heads/a~1', 'refs/heads/a^', 'refs/heads/a:b', 'refs/heads/a\\b', 'refs/heads/a\n'],
    ...[
      'refs/heads/',
      'refs//heads',
      'refs/heads/a.',
      'refs/heads/@{x',
      'refs/heads/*',
      `refs/heads/${'x'.repeat(1_024)}`,
    ],
  ])('%j is none', (name) => expect(isRefName(name)).toBe(false));
});

describe('reading references', () => {
  test('a loose one wins over a packed one; peeled lines, headers and odd files are no references', () => {
    const directory = gitDirectory({
      'packed-refs': `# pack-refs with: peeled fully-peeled sorted \n${A} refs/heads/main\n${A} refs/tags/v1\n^${B}\n`,
      'refs/heads/main': `${B}\n`,
      'refs/remotes/origin/HEAD': 'ref: refs/remotes/origin/main\n',
      'refs/heads/odd': 'rm -rf\n',
      'refs/heads/x.lock': A,
      'refs/bisect/bad': `${A}\n`,
      [`refs/replace/${A}`]: `${B}\n`,
    });
    symlinkSync('main', join(directory, 'refs/heads/link'));
    expect({ ...readRefs(directory) }).toEqual({
      'refs/heads/main': B,
      'refs/tags/v1': A,
      'refs/remotes/origin/HEAD': 'ref: refs/remotes/origin/main',
    });
  });
});

describe('repeating what happened to references', () => {
  const PACKED = `# pack-refs with: peeled fully-peeled sorted \n${A} refs/heads/gone\n${A} refs/heads/main\n${A} refs/tags/v1\n^${B}\n`;
  const BEFORE = { 'refs/heads/gone': A, 'refs/heads/main': A, 'refs/tags/v1': A };

  test('new, changed and deleted ones, packed and loose', () => {
    const directory = gitDirectory({ 'packed-refs': PACKED, 'refs/heads/gone': `${A}\n` });
    const after = { 'refs/heads/main': B, 'refs/heads/gone/deeper': C, 'refs/tags/v1': A };
    expect(applyRefs(directory, BEFORE, after)).toEqual([]);
    expect({ ...readRefs(directory) }).toEqual(after);
    expect(readFileSync(join(directory, 'packed-refs'), 'utf8')).toBe(PACKED.replace(`${A} refs/heads/gone\n`, ''));
  });

  test('the peeled line of a deleted tag goes with it', () => {
    const directory = gitDirectory({ 'packed-refs': PACKED });
    const after = { 'refs/heads/gone': A, 'refs/heads/main': A };
    expect(applyRefs(directory, BEFORE, after)).toEqual([]);
    expect(readFileSync(join(directory, 'packed-refs'), 'utf8')).not.toContain(B);
    expect({ ...readRefs(directory) }).toEqual(after);
  });

  test('one that changed here as well stays as it is here', () => {
    const directory = gitDirectory({ 'refs/heads/main': `${C}\n` });
    expect(applyRefs(directory, { 'refs/heads/main': A }, { 'refs/heads/main': B, 'refs/heads/x': B })).toEqual([
      'refs/heads/main',
    ]);
    expect({ ...readRefs(directory) }).toEqual({ 'refs/heads/main': C, 'refs/heads/x': B });
  });

  test('packing elsewhere changes nothing here', () => {
    const directory = gitDirectory({ 'refs/heads/main': `${A}\n` });
    expect(applyRefs(directory, { 'refs/heads/main': A }, { 'refs/heads/main': A })).toEqual([]);
    expect(existsSync(join(directory, 'packed-refs'))).toBe(false);
  });

  test('one whose name is as long as that of a file can be', () => {
    const directory = gitDirectory({});
    const name = `refs/heads/${'b'.repeat(255)}`;
    expect(applyRefs(directory, {}, { [name]: A })).toEqual([]);
    expect({ ...readRefs(directory) }).toEqual({ [name]: A });
    expect(readdirSync(join(directory, 'refs/heads'))).toEqual(['b'.repeat(255)]);
  });

  test('an empty directory is no obstacle, a reference where a directory is due is one', () => {
    const directory = gitDirectory({ 'refs/heads/a': `${A}\n` });
    mkdirSync(join(directory, 'refs/heads/b/c'), { recursive: true });
    const before = { 'refs/heads/a': A };
    const after = { ...before, 'refs/heads/b': B, 'refs/heads/a/x': B };
    expect(applyRefs(directory, before, after)).toEqual(['refs/heads/a/x']);
    expect({ ...readRefs(directory) }).toEqual({ 'refs/heads/a': A, 'refs/heads/b': B });
  });
});
