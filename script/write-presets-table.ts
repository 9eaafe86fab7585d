/**
 * Writes the tables of docs/presets.md: `node script/write-presets-table.ts`. A test compares the two.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { presetsPage } from '../testing/presets-page.ts';

const path = join(resolve(import.meta.dirname, '..'), 'docs/presets.md');
writeFileSync(path, presetsPage(readFileSync(path, 'utf8')));
