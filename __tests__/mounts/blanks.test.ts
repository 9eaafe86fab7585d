import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { blankFor, writeBlanks } from '../../src/mounts/blanks.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

test.each([
  ['/opt/maven/conf/settings.xml', '<settings/>\n'],
  ['/etc/maven/settings-security.xml', '<settingsSecurity/>\n'],
  ['/opt/x/NuGet.Config', '<configuration/>\n'],
  ['/opt/composer/auth.json', '{}\n'],
  ['/opt/x/.credentials.json', '{}\n'],
])('%s is a document with nothing in it, for everybody to read', (path, content) => {
  const directory = temporaryDirectory();
  writeBlanks(directory);
  const blank = blankFor(path, directory);
  expect(readFileSync(blank, 'utf8')).toBe(content);
  expect(statSync(blank).mode & 0o777).toBe(0o644);
});

test.each(['/opt/x/pip.conf', '/opt/x/agent.sock', '/opt/x/settings.xml.bak'])('%s is empty', (path) => {
  expect(blankFor(path, '/work')).toBe('/dev/null');
});
