import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { firstOnWay, wayTo } from '../../src/workspace/way.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** A directory with a file `a/b/file`, and links by their names. */
function withLinks(links: Readonly<Record<string, string>>): string {
  const top = temporaryDirectory();
  mkdirSync(join(top, 'a/b'), { recursive: true });
  writeFileSync(join(top, 'a/b/file'), '');
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(top, name));
  return top;
}

test.each<[string, Readonly<Record<string, string>>, string, string, readonly string[]]>([
  ['no link', {}, 'a/./b//file', 'a/b/file', []],
  ['a link to a link', { one: 'two', two: 'a' }, 'one/b/file', 'a/b/file', ['one', 'two']],
  ['.. after a link, which goes up from where that leads', { deep: 'a/b' }, 'deep/../x', 'a/x', ['deep']],
  ['a link to nothing', { none: 'missing/x' }, 'none/y', 'missing/x/y', ['none']],
  ['a file instead of a directory', {}, 'a/b/file/x', 'a/b/file/x', []],
])('a way with %s', (_, links, path, end, met) => {
  const top = withLinks(links);
  const way = { end: join(top, end), links: met.map((name) => join(top, name)) };
  for (const start of ['/', top, join(top, 'a')]) expect(wayTo(`${top}/${path}`, start)).toEqual(way);
});

test('a way that never ends, and one out of the directory', () => {
  const top = withLinks({ one: 'two', two: 'one', out: '/etc' });
  expect(wayTo(join(top, 'one')).links).toHaveLength(40);
  expect(wayTo(join(top, 'out/hostname')).end).toBe('/etc/hostname');
});

test.each([
  ['a/b/file', 'a/b/file'],
  ['a/b', 'a/b'],
  ['a/link/file', 'a/link'],
  ['a/link', 'a/link'],
  ['a/b/missing', undefined],
  ['a/b/file/x', undefined],
  ['../x', undefined],
  [`a/${'x'.repeat(300)}`, undefined],
])('the first thing on the way to %s', (path, found) => {
  const top = withLinks({ 'a/link': 'b' });
  expect(firstOnWay(top, join(top, path))).toBe(found && join(top, found));
});
