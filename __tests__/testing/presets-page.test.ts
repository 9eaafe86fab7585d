import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOST_PRESETS } from '../../src/config/presets/data.ts';
import { TOOL_PRESETS } from '../../src/config/presets/names.ts';
import { presetsPage } from '../../testing/presets-page.ts';
import { ROOT } from '../../testing/root.ts';

const page = readFileSync(join(ROOT, 'docs/presets.md'), 'utf8');

test('docs/presets.md has the presets (if not: node script/write-presets-table.ts)', () => {
  expect(presetsPage(page)).toBe(page);
  for (const { name } of [...TOOL_PRESETS, ...HOST_PRESETS]) expect(page).toContain(`| \`${name}\``);
  expect(presetsPage(page.replace('`nuget`', '`nuget2`'))).toBe(page);
});
