import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exampleBody, WRITTEN_PAGES, writtenPage } from '../../testing/docs-pages.ts';
import { ROOT } from '../../testing/root.ts';
import { EXAMPLES } from '../workflows/example-files.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const README = read('README.md');

describe.each(WRITTEN_PAGES)('%s', (path) => {
  test('has what the sources say (if not: node script/write-docs.ts)', async () => {
    expect(await writtenPage(read(path))).toBe(read(path));
  });

  test('has its examples word for word', () => {
    const names = [...read(path).matchAll(/<!-- example: (\S+) -->/g)].map(([, name = '']) => name);
    for (const name of names) expect(read(path)).toContain(exampleBody(name));
  });
});

test('a page that differs is written anew', async () => {
  const page = read('docs/inputs.md');
  expect(await writtenPage(page.replace('### `run`', '### `ran`'))).toBe(page);
});

test('README is short, and has every example', () => {
  expect(README.split('\n').length - 1).toBeLessThanOrEqual(220);
  for (const name of [...EXAMPLES, 'laptop.sh']) expect(README).toContain(`](examples/${name})`);
});
