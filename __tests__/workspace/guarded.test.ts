import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { protectionOf, type Guarded } from '../../src/workspace/guarded.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** What becomes of a path in a workspace with a file, a directory, and links. */
function protectionIn(path: string, isDirectory = true, mayAppear = false) {
  const workspace = temporaryDirectory();
  mkdirSync(join(workspace, 'directory'));
  writeFileSync(join(workspace, 'directory/file'), '');
  for (const [name, target] of Object.entries({ link: 'directory', out: '/etc', none: 'missing' }))
    symlinkSync(target, join(workspace, name));
  const found = protectionOf(
    [{ path: join(workspace, path), isDirectory, what: mayAppear ? undefined : 'evil' }],
    workspace,
  );
  const shown = (paths: readonly string[]): string[] => paths.map((one) => relative(workspace, one));
  return {
    readOnly: shown(found.readOnly),
    links: shown(found.links),
    absent: shown(found.absent.map((one) => one.path)),
  };
}

const NOTHING = { readOnly: [], links: [], absent: [] };

test('what is there is read-only, without the links on the way, which must stay', () => {
  expect(protectionIn('directory/file')).toEqual({ ...NOTHING, readOnly: ['directory/file'] });
  expect(protectionIn('link')).toEqual({ ...NOTHING, readOnly: ['directory'], links: ['link'] });
  expect(protectionIn('out/hostname')).toEqual({ ...NOTHING, links: ['out'] });
});

test('what is not there must not appear, unless it may', () => {
  expect(protectionIn('new')).toEqual({ ...NOTHING, absent: ['new'] });
  expect(protectionIn('none/x')).toEqual({ ...NOTHING, links: ['none'], absent: ['missing/x'] });
  expect(protectionIn('x'.repeat(300))).toMatchObject({ readOnly: [] });
  expect(protectionIn('new', true, true)).toEqual(NOTHING);
});

test('a directory in the place of a file is left alone, and so is what is outside', () => {
  expect(protectionIn('directory', false)).toEqual(NOTHING);
  expect(protectionIn('../x')).toEqual(NOTHING);
});

test('what a link below leads to is guarded, unless the user leaves it writable; for a setting, that does not count', () => {
  const workspace = temporaryDirectory();
  for (const name of ['a', 'b', 'target']) mkdirSync(join(workspace, name));
  const links = ['a/x', 'b/x'].map((name) => join(workspace, name));
  for (const link of links) symlinkSync('../target', link);
  const of = (name: string): Guarded => ({ path: join(workspace, name), isDirectory: true, what: undefined });
  const found = (paths: readonly Guarded[]): string[] =>
    protectionOf(paths, workspace, links, [join(workspace, 'target')]).readOnly.map((path) =>
      relative(workspace, path),
    );
  expect(found([of('a')])).toEqual(['a', 'target']);
  expect(found([{ ...of('b'), yields: 'links' }])).toEqual(['b']);
  expect(found([{ ...of('target'), yields: 'all' }])).toEqual([]);
  expect(found([{ ...of('a'), yields: 'links' }, of('a')])).toEqual(['a', 'target']);
});
