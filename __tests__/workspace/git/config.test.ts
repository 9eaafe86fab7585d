import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatGitConfig, nameOf, parseGitConfig } from '../../../src/workspace/git/config.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { HAS_GIT, tryGit } from '../../../testing/git.ts';

/** Names and values, as `git config --list -z` prints them; undefined when it was refused. */
type Listing = readonly (readonly [string, string | undefined])[] | undefined;

function ours(text: string): Listing {
  try {
    return parseGitConfig(text).map((entry) => [nameOf(entry), entry.value]);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

describe('parseGitConfig', () => {
  test.each<[string, string, Listing]>([
    [
      'a section and keys',
      '[core]\n\tbare = false\n\tFileMode=true\n',
      [
        ['core.bare', 'false'],
        ['core.filemode', 'true'],
      ],
    ],
    ['a key without a value', '[core]\nbare\n', [['core.bare', undefined]]],
    ['an empty value', '[core]\nbare =\n', [['core.bare', '']]],
    [
      'a subsection keeps its case and its escapes',
      '[Remote "O\\"r\\\\i\\gin"]\nurl=x',
      [['remote.O"r\\igin.url', 'x']],
    ],
    ['a subsection in the old form', '[Branch.Main]\nmerge=x', [['branch.main.merge', 'x']]],
    ['both forms', '[a.b "C.d"]\nk=v', [['a.b.C.d.k', 'v']]],
    [
      'comments',
      '# [x]\n[a] ; y\nk = v # w\nl = "a;b" ;c',
      [
        ['a.k', 'v'],
        ['a.l', 'a;b'],
      ],
    ],
    ['a key behind its section', '[a] k = v', [['a.k', 'v']]],
    ['a continuation line', '[a]\nk = one \\\n  two\\\n\n', [['a.k', 'one   two']]],
    ['quotes within a value', '[a]\nk = x" y "z \n', [['a.k', 'x y z']]],
    ['escapes', '[a]\nk = "\\t\\n\\b\\\\\\""', [['a.k', '\t\n\b\\"']]],
    [
      'CR LF',
      '[a]\r\nk = v\r\nl\r\n',
      [
        ['a.k', 'v'],
        ['a.l', undefined],
      ],
    ],
    ['a byte order mark', '\xef\xbb\xbf[a]\nk=v', [['a.k', 'v']]],
    ['bytes that are no ASCII', '[a "\xff"]\nk = \xc3\xa9', [['a.\xff.k', '\xc3\xa9']]],
    [
      'the same key twice',
      '[a]\nk=1\nk=2',
      [
        ['a.k', '1'],
        ['a.k', '2'],
      ],
    ],
    ['nothing', '\n \t\n', []],
  ])('%s', (_, text, expected) => {
    expect(ours(text)).toEqual(expected);
  });

  test.each([
    ['a quote without its end', '[a]\nk = "v\n'],
    ['an unknown escape', '[a]\nk = \\x'],
    ['a subsection without its end', '[a "b\nk=v'],
    ['a section without a name', '[]\nk=v'],
    ['a section without its end', '[a\nk=v'],
    ['a line that is nothing', '[a]\n!k = v'],
    ['a key with an underscore', '[a]\nk_l = v'],
    ['a comment in the place of the equals sign', '[a]\nk # v'],
    ['a key before the first section', 'k = v'],
    ['a NUL', '[a]\nk = v\0w'],
  ])('refuses %s, with the line', (_, text) => {
    expect(() => parseGitConfig(text)).toThrow(/^line \d: /);
  });
});

const PIECES = [
  ...[
    '[core]',
    '[a.b]',
    '[remote "x y"]',
    '[r "\\"q\\\\"]',
    '[',
    ']',
    '"',
    '\\',
    '\\\n',
    '\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
  ],
  ...[
    '#',
    ';',
    '=',
    ' = ',
    '.',
    '-',
    'k',
    'Key2',
    'bare = true',
    '\\n',
    '\\t',
    '\\"',
    '"a b"',
    '"x;#"',
    '\xff',
    '\xc3\xa9',
    '_',
  ],
  ...['\n[core]\n', '\nk = v\n', '\nurl=https://h/p', '\n\tfetch = +refs/*:refs/*\n'],
];

/** Older versions of git turn white space within a value into spaces. */
const normalised = (listing: Listing): Listing =>
  listing?.map(([name, value]) => [name, value?.replace(/[\t\r]/g, ' ')] as const);

describe.skipIf(!HAS_GIT)('beside git itself', () => {
  function gits(file: string, text: string): Listing {
    writeFileSync(file, text, 'latin1');
    const { code, stdout } = tryGit('/', ['config', '--file', file, '--no-includes', '--list', '-z']);
    if (code !== 0) return undefined;
    return stdout
      .split('\0')
      .slice(0, -1)
      .map((item) => {
        const end = item.indexOf('\n');
        return end < 0 ? [item, undefined] : [item.slice(0, end), item.slice(end + 1)];
      });
  }

  test('any text means the same to both, or nothing to either', { timeout: 120_000 }, () => {
    const file = join(temporaryDirectory(), 'config');
    const counts = { refused: 0, read: 0 };
    const text = fc
      .tuple(
        fc.constantFrom('', '[core]\n\tbare = false\n'),
        fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }),
      )
      .map(([head, pieces]) => head + pieces.join(''));
    const property = fc.property(text, (content) => {
      const [theirs, own] = [gits(file, content), ours(content)];
      counts[theirs === undefined ? 'refused' : 'read'] += 1;
      // A key before the first section: git lists it, and makes nothing of it.
      if (own === undefined && theirs?.some(([name]) => !name.includes('.')) === true) return;
      expect(normalised(own)).toEqual(normalised(theirs));
      if (own === undefined) return;
      expect(normalised(gits(file, formatGitConfig(parseGitConfig(content))))).toEqual(normalised(own));
    });
    fc.assert(property, { seed: Number(process.env['AWF_SEED'] ?? 1), numRuns: 600 });
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(100);
  });

  test('what was composed is read by git as it was meant', () => {
    const file = join(temporaryDirectory(), 'config');
    const values = ['', ' ', ' a ', '"', '\\', '\n', '\t', '\b', '\r', 'a\r\nb', '#;', 'a\\\nb', '\xff', '[x]'];
    for (const value of values) {
      for (const subsection of [undefined, value.replaceAll('\n', '')]) {
        const entry = { section: 'a', subsection, key: 'k', value };
        expect(gits(file, formatGitConfig([entry])), JSON.stringify(entry)).toEqual([[nameOf(entry), value]]);
      }
    }
  });
});
