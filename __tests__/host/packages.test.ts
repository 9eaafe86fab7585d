import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packagedSettings } from '../../src/host/packages.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

test('what packages ship, and what they generate', () => {
  const directory = temporaryDirectory();
  const info = join(directory, 'info');
  const generated = join(directory, 'registry');
  mkdirSync(info);
  writeFileSync(join(info, 'chromium.conffiles'), '/etc/chromium.d/apikeys\n/etc/chromium.d/default-flags\n');
  writeFileSync(join(info, 'old.conffiles'), 'remove-on-upgrade /etc/old.conf\n/usr/share/x\n');
  writeFileSync(join(info, 'other.list'), '/etc/listed/file\n');
  writeFileSync(generated, 'php8.2-cli \t /etc/php/8.2/cli/php.ini\n');
  expect([...packagedSettings({ info, generated })].sort()).toEqual(['chromium.d', 'old.conf', 'php']);
});

test('none on a system without dpkg', () => {
  expect(packagedSettings({ info: '/nonexistent', generated: '/nonexistent' })).toEqual(new Set());
});
