/**
 * Writes the parts of README and docs that come from the sources (examples, inputs, outputs and others): `node script/write-docs.ts`.
 * A test compares them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WRITTEN_PAGES, writtenPage } from '../testing/docs-pages.ts';

const root = resolve(import.meta.dirname, '..');
for (const path of WRITTEN_PAGES) {
  writeFileSync(join(root, path), await writtenPage(readFileSync(join(root, path), 'utf8')));
}
