import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultsOf, type Sources } from '../../../script/release/check-version.ts';
import { notesOf } from '../../../script/release/notes.ts';
import { parseVersion } from '../../../script/release/version.ts';
import { ROOT } from '../../../testing/root.ts';

const GOOD: Sources = {
  packageVersion: '1.2.0',
  lockVersion: '1.2.0',
  changelog: '## [1.2.0] - 2027-01-02\n\n- A change.\n',
  tags: ['v1.1.0', 'v1'],
};

test('finds nothing where everything agrees', () => expect(faultsOf('1.2.0', GOOD)).toEqual([]));

const CASES: readonly { what: string; version?: string; change?: Partial<Sources>; fault: string }[] = [
  { what: 'a version with a v', version: 'v1.2.0', fault: '"v1.2.0" is not a version. Write it without a "v"' },
  { what: 'another package version', change: { packageVersion: '1.1.0' }, fault: 'package.json says 1.1.0' },
  { what: 'another lock version', change: { lockVersion: '1.1.0' }, fault: 'npm version --no-git-tag-version 1.2.0' },
  { what: 'no section', change: { changelog: '# Changelog' }, fault: 'no section "## [1.2.0] - DATE"' },
  { what: 'an empty section', change: { changelog: '## [1.2.0] - 2027-01-02\n' }, fault: 'with a text' },
  {
    what: 'a section without a day',
    change: { changelog: '## [1.2.0] - not released\n\n- A change.' },
    fault: 'dates 1.2.0 "not released". Write the day',
  },
  { what: 'a tag that exists', change: { tags: ['v1.2.0'] }, fault: 'The tag v1.2.0 exists' },
];

test.each(CASES)('refuses $what', ({ version = '1.2.0', change, fault }) => {
  const faults = faultsOf(version, { ...GOOD, ...change });
  expect(faults).toEqual([expect.stringContaining(fault)]);
});

test('reports all faults at once', () => {
  expect(faultsOf('1.2.0', { packageVersion: '1', lockVersion: '1', changelog: '', tags: ['v1.2.0'] })).toHaveLength(3);
});

test('the changelog of this repository has a section with a text for the version of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(parseVersion(version)).toBeDefined();
  expect(notesOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version)?.text).toMatch(/^### /m);
});
