import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatGitConfig, nameOf, parseGitConfig } from '../../../src/workspace/git/config.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { HAS_GIT, tryGit } from '../../../testing/git.ts';
import { ours, type Listing } from './listing.ts';

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

describe.skipIf(!HAS_GIT)('compared with git itself', () => {
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

  test('any text means the same to both, or is rejected by both', () => {
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
      // git lists a key before the first section, but ignores it.
      if (own === undefined && theirs?.some(([name]) => !name.includes('.')) === true) return;
      expect(normalised(own)).toEqual(normalised(theirs));
      if (own === undefined) return;
      expect(normalised(gits(file, formatGitConfig(parseGitConfig(content))))).toEqual(normalised(own));
    });
    fc.assert(property, { seed: Number(process.env['AWF_SEED'] ?? 1), numRuns: 600 });
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(100);
  });

  test('git reads a composed file as intended', () => {
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
