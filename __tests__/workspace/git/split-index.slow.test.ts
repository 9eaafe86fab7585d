import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { composeRepository } from '../../../src/workspace/git/private.ts';
import { formatIndex, readIndex } from '../../../src/workspace/git/index-file.ts';
import { returnDirectory, type Kept } from '../../../src/workspace/git/return.ts';
import { readWholeIndex } from '../../../src/workspace/git/split-index.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { git, HAS_GIT, tryGit } from '../../../testing/git.ts';

/** With this, git writes a shared file once, and differences from it afterwards. */
const SPLIT = ['-c', 'core.splitIndex=true', '-c', 'splitIndex.maxPercentChange=100'];
/** More than one word of a bitmap. */
const FILES = Array.from({ length: 200 }, (_, i) => `file-${String(i).padStart(3, '0')}`);

/** A repository whose files are committed. */
function repository(...options: readonly string[]): string {
  const top = temporaryDirectory();
  git(top, 'init', '-q', '-b', 'main', ...options);
  for (const name of FILES) writeFileSync(join(top, name), name);
  git(top, 'add', '.');
  git(top, 'commit', '-qm', 'first');
  return top;
}

/** Splits the index, then replaces, removes and adds entries. */
function change(top: string, run: (...args: readonly string[]) => unknown = (...args) => git(top, ...args)): void {
  run(...SPLIT, 'update-index', '--split-index');
  for (const name of ['file-003', 'file-100', 'file-199']) writeFileSync(join(top, name), 'changed');
  writeFileSync(join(top, 'a-new-one'), 'new');
  run(...SPLIT, 'add', 'file-003', 'file-100', 'a-new-one');
  run(...SPLIT, 'rm', '-q', '--cached', 'file-000', 'file-064', 'file-150');
}

const shared = (top: string): string[] =>
  readdirSync(join(top, '.git')).filter((name) => name.startsWith('sharedindex.'));
const indexOf = (top: string): string => join(top, '.git/index');

describe.skipIf(!HAS_GIT)('a split index', () => {
  test.each([
    ['version 2', [], 20],
    ['version 4', ['-c', 'index.version=4'], 20],
    ['SHA-256', [], 32],
  ] as const)('of %s is for git what the joined one is', (name, options, hashBytes) => {
    const top = repository(...(name === 'SHA-256' ? ['--object-format=sha256'] : []));
    if (options.length > 0) rmSync(indexOf(top));
    if (options.length > 0) git(top, ...options, 'reset', '-q');
    change(top);
    expect(shared(top).length).toBeGreaterThan(0);
    expect(readIndex(indexOf(top), hashBytes).link).toBeDefined();
    const before = git(top, 'ls-files', '--stage');
    const index = readWholeIndex(join(top, '.git'), hashBytes);
    expect(index.entries).toHaveLength(FILES.length - 3 + 1);
    for (const file of shared(top)) rmSync(join(top, '.git', file));
    writeFileSync(
      indexOf(top),
      formatIndex(index, index, () => false, hashBytes),
    );
    expect(git(top, 'ls-files', '--stage')).toBe(before);
    expect(tryGit(top, ['fsck'])).toMatchObject({ code: 0 });
  });

  test('with paths in conflict keeps their stages', () => {
    const top = repository();
    git(top, 'switch', '-qc', 'other');
    writeFileSync(join(top, 'file-005'), 'theirs');
    git(top, 'commit', '-qam', 'theirs');
    git(top, 'switch', '-q', 'main');
    writeFileSync(join(top, 'file-005'), 'ours');
    git(top, 'commit', '-qam', 'ours');
    git(top, ...SPLIT, 'update-index', '--split-index');
    expect(tryGit(top, [...SPLIT, 'merge', '-q', 'other'])).toMatchObject({ code: 1 });
    const before = git(top, 'ls-files', '--stage');
    expect(before.match(/file-005/g)).toHaveLength(3);
    const index = readWholeIndex(join(top, '.git'), 20);
    writeFileSync(
      indexOf(top),
      formatIndex(index, index, () => false, 20),
    );
    expect(git(top, 'ls-files', '--stage')).toBe(before);
  });

  test('that shares nothing yet, and one that is not split', () => {
    const top = repository();
    expect(readWholeIndex(join(top, '.git'), 20).entries).toHaveLength(FILES.length);
    git(top, ...SPLIT, 'update-index', '--split-index');
    expect(readWholeIndex(join(top, '.git'), 20).entries).toHaveLength(FILES.length);
  });

  test.each<[string, (top: string, file: string) => void]>([
    ['without the other file', (_, file) => rmSync(file)],
    ['with the file of another index', (top, file) => git(top, 'read-tree', `--index-output=${file}`, 'HEAD')],
    [
      'with a file that leads into the git directory',
      (_, file) => writeFileSync(file, readFileSync(file, 'latin1').replaceAll('file-010', '.git/cfg'), 'latin1'),
    ],
    [
      'with a bitmap that ends early',
      (top) => {
        const data = readFileSync(indexOf(top));
        const link = data.indexOf('link');
        data.writeUInt32BE(1_000, link + 8 + 20 + 4);
        writeFileSync(indexOf(top), data);
      },
    ],
    [
      'with a bitmap beyond the entries',
      (top) => {
        const data = readFileSync(indexOf(top));
        // The first marker says how often its bit is repeated.
        data.writeBigUInt64BE((0xffffffffn << 1n) | 1n, data.indexOf('link') + 8 + 20 + 8);
        writeFileSync(indexOf(top), data);
      },
    ],
  ])('%s does not pass', (_, damage) => {
    const top = repository();
    change(top);
    const name = readIndex(indexOf(top), 20).link!.toString('hex', 0, 20);
    damage(top, join(top, '.git', `sharedindex.${name}`));
    expect(() => readWholeIndex(join(top, '.git'), 20)).toThrow(SyntaxError);
  });

  test.each([
    ['made by the command', false],
    ['that was there before', true],
  ])('%s returns to the host as one file, and git status outside is right', (_, wasSplit) => {
    const host = repository();
    if (wasSplit) git(host, ...SPLIT, 'update-index', '--split-index');
    const own = join(temporaryDirectory(), 'git');
    const owner = { uid: process.getuid!(), gid: process.getgid!() };
    const config = (file: string): string => readFileSync(file, 'latin1');
    const { directories } = composeRepository(join(host, '.git'), own, owner, config);
    // In the sandbox, the objects are the host's and the rest is the run's own.
    const place = [`--git-dir=${own}`, `--work-tree=${host}`];
    rmSync(join(own, 'objects'), { recursive: true });
    const objects = ['env', `GIT_OBJECT_DIRECTORY=${join(host, '.git/objects')}`];
    const inside = (...args: readonly string[]): string => tryGit(host, [...place, ...args], objects).stdout;
    change(host, inside);
    const [status, entries] = [inside('status', '--porcelain'), inside('ls-files', '--stage')];
    expect(status).toMatch(/^A {2}a-new-one\n(.*\n)+M {2}file-003\n/);
    const kept: Kept = { conflicts: [], ended: [], settings: [], failed: [] };
    for (const directory of directories) returnDirectory(directory, host, kept);
    expect(kept).toEqual({ conflicts: [], ended: [], settings: [], failed: [] });
    expect(tryGit(host, ['status', '--porcelain']).stdout).toBe(status);
    expect(tryGit(host, ['ls-files', '--stage']).stdout).toBe(entries);
    expect(readIndex(indexOf(host), 20).link).toBeUndefined();
  });
});
