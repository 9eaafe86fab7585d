import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refusalPages } from '../../src/squid/refusals.ts';
import { ROOT } from '../../testing/root.ts';

const DIRECTORY = join(ROOT, 'containers', 'squid', 'errors');

test('every reason has a page of one line, and there is no other', () => {
  const pages = refusalPages().flatMap((line) => /^deny_info (\S+)/.exec(line)?.[1] ?? []);
  expect(readdirSync(DIRECTORY).toSorted()).toEqual([...new Set(pages), 'ERR_AWF_NO_ADDRESS', 'GENERAL'].toSorted());
  for (const page of readdirSync(DIRECTORY)) {
    expect(readFileSync(join(DIRECTORY, page), 'utf8')).toMatch(/^[^\n<>]{20,}\n$/);
  }
});
