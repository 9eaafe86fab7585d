import { describe, expect, test } from 'vitest';
import { parseGitConfig } from '../../../src/workspace/git/config.ts';
import { ours, type Listing } from './listing.ts';

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
  ])('rejects %s, with the line', (_, text) => {
    expect(() => parseGitConfig(text)).toThrow(/^line \d: /);
  });
});
