import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'tldts';
import { expect, test } from 'vitest';
import { suffixProblem } from '../../src/config/public-suffix.ts';
import { SUFFIX_PARENTS } from '../../src/config/suffix-parents.ts';
import { ROOT } from '../../testing/root.ts';
import { suffixParentsSource } from '../../testing/suffix-parents.ts';

test('the names above suffixes are those of the package: node script/write-suffix-parents.ts', () => {
  expect(readFileSync(join(ROOT, 'src/config/suffix-parents.ts'), 'utf8')).toBe(suffixParentsSource());
});

test('each of them is above a suffix, and is none', () => {
  const pairs = SUFFIX_PARENTS.trim().split(/\s+/);
  expect(pairs.length).toBeGreaterThan(100);
  for (const pair of pairs) {
    const [below, name = ''] = pair.split('|');
    const suffixOf = (host: string): string | null => parse(host, { allowPrivateDomains: true }).publicSuffix;
    const suffix = `${below ?? ''}.${name}`;
    expect(suffixOf(suffix), pair).toBe(suffix);
    expect(suffixOf(name), pair).not.toBe(name);
  }
});

test.each([
  ['amazonaws.com', '', 'covers s3.amazonaws.com, a public suffix', '"amazonaws.com!"'],
  ['amazonaws.com', '*.', 'covers s3.amazonaws.com, a public suffix', '"*.amazonaws.com!"'],
  ['us-west-2.amazonaws.com', '', 'covers s3.us-west-2.amazonaws.com', '"=us-west-2.amazonaws.com"'],
  ['windows.net', '', 'covers web.core.windows.net', '"example.windows.net"'],
  ['core.windows.net', '*.', 'covers web.core.windows.net', '"*.core.windows.net!"'],
  ['fastly.net', '', 'covers map.fastly.net', '"=fastly.net"'],
  ['vestfold.no', '', 'a public suffix', '"vestfold.no!"'],
])('%s with %j in front opens names that anybody can have', (host, kind, problem, hint) => {
  const [said, remedy] = suffixProblem(host, kind) ?? [];
  expect(said).toContain(problem);
  expect(remedy).toContain(hint);
});

test.each([
  ['amazonaws.com', '='],
  ['sts.amazonaws.com', ''],
  ['bucket.s3.amazonaws.com', ''],
  ['github.io', '='],
  ['octocat.github.io', ''],
  ['example.com', '*.'],
  ['internal', ''],
])('%s with %j in front opens names of one owner', (host, kind) => {
  expect(suffixProblem(host, kind)).toBeUndefined();
});
