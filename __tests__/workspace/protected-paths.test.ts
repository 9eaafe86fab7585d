import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { changesBetween, readOnlyPaths, snapshot } from '../../src/workspace/protected-paths.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const ENTRIES = ['dir', 'file', 'later'].map((path) => ({ path, mode: 'report' }) as const);

/** A workspace with protected paths, and what differs after `change`. */
function changesOf(change: (workspace: string) => void): [string, string][] {
  const workspace = temporaryDirectory();
  mkdirSync(join(workspace, 'dir/sub'), { recursive: true });
  for (const name of ['file', 'dir/a', 'dir/sub/b', 'other']) writeFileSync(join(workspace, name), 'one\n');
  const before = snapshot(workspace, ENTRIES);
  change(workspace);
  return changesBetween(before, snapshot(workspace, ENTRIES, before)).map(({ path, how }) => [path, how]);
}

test.each<[string, (workspace: string) => void, [string, string][]]>([
  ['nothing', () => undefined, []],
  ['elsewhere', (w) => writeFileSync(join(w, 'other'), 'two'), []],
  ['another size', (w) => writeFileSync(join(w, 'file'), 'three\n'), [['file', 'modified']]],
  ['another content of the same size', (w) => writeFileSync(join(w, 'dir/a'), 'two\n'), [['dir/a', 'modified']]],
  ['the same content again', (w) => writeFileSync(join(w, 'dir/a'), 'one\n'), []],
  ['deleted', (w) => rmSync(join(w, 'dir/sub/b')), [['dir/sub/b', 'deleted']]],
  ['a whole directory deleted', (w) => rmSync(join(w, 'dir'), { recursive: true }), [['dir', 'deleted']]],
  ['added', (w) => writeFileSync(join(w, 'dir/sub/c'), ''), [['dir/sub/c', 'added']]],
  ['appeared', (w) => mkdirSync(join(w, 'later/x'), { recursive: true }), [['later', 'added']]],
  ['made executable', (w) => chmodSync(join(w, 'file'), 0o755), [['file', 'modified']]],
  [
    'a link in its place',
    (w) => {
      renameSync(join(w, 'file'), join(w, 'moved'));
      symlinkSync('moved', join(w, 'file'));
    },
    [['file', 'modified']],
  ],
])('%s', (_, change, expected) => {
  expect(changesOf(change)).toEqual(expected);
});

test('a change that keeps size and time is detected', () => {
  const changes = changesOf((workspace) => {
    const file = join(workspace, 'file');
    const { atime, mtime } = statSync(file);
    writeFileSync(file, 'two\n');
    utimesSync(file, atime, mtime);
  });
  expect(changes).toEqual([['file', 'modified']]);
});

describe('E10 a flood below a protected path', () => {
  const flood = (directory: string, count: number): void => {
    for (let i = 0; i < count; i++) writeFileSync(join(directory, String(i)), '');
  };

  test('is one change, and what was there before is compared all the same', () => {
    const changes = changesOf((workspace) => {
      flood(join(workspace, 'dir'), 1_001);
      writeFileSync(join(workspace, 'dir/a'), 'two\n');
      rmSync(join(workspace, 'dir/sub/b'));
    });
    expect(changes).toEqual([
      ['dir', 'modified'],
      ['dir/a', 'modified'],
      ['dir/sub/b', 'deleted'],
    ]);
  });

  test('control: as many new files as a command may add are named one by one', () => {
    expect(changesOf((workspace) => flood(join(workspace, 'dir'), 1_000))).toHaveLength(1_000);
  });

  test('a new directory is not listed', () => {
    const workspace = temporaryDirectory();
    const before = snapshot(workspace, ENTRIES);
    mkdirSync(join(workspace, 'later/x'), { recursive: true });
    expect(Object.keys(snapshot(workspace, ENTRIES, before))).toEqual(['later']);
    expect(Object.keys(snapshot(workspace, ENTRIES))).toEqual(['later', 'later/x']);
  });
});

test('only read-only ones are guarded, and only a policy must not appear', () => {
  const entries = [
    { path: 'a', mode: 'read-only' },
    { path: 'b', mode: 'report' },
    { path: 'c', mode: 'read-only', isPolicy: true },
  ] as const;
  expect(readOnlyPaths('/w', entries)).toEqual([
    { path: '/w/a', isDirectory: true, what: undefined, yields: 'links' },
    { path: '/w/c', isDirectory: true, what: 'a policy for the next run', yields: 'links' },
  ]);
});

test('names chosen by an attacker are shown in one line', () => {
  const changes = changesOf((workspace) => writeFileSync(join(workspace, 'dir/a\n::error::\u001b[2J'), ''));
  expect(changes).toEqual([['dir/a\\n::error::\\x1b[2J', 'added']]);
});
