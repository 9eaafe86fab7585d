import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { notesOf } from '../../../script/release/notes.ts';
import { ROOT } from '../../../testing/root.ts';

const CHANGELOG = `# Changelog

## [Unreleased]

## [1.1.0] - 2027-01-02

### Added

- An input.

\`\`\`markdown
## [1.0.0] - in a block
[1.0.0]: https://example.com
\`\`\`

Last line.

## [1.0.0] - 2026-12-01

- The first.

[1.1.0]: https://example.com/1.1.0
`;

describe('notesOf', () => {
  test('cuts out one section, with what looks like a heading in a block', () => {
    expect(notesOf(CHANGELOG, '1.1.0')).toEqual({
      date: '2027-01-02',
      text: expect.stringMatching(/^### Added[^]*## \[1\.0\.0\] - in a block[^]*Last line\.$/) as string,
    });
  });

  test('ends the last section at the links', () => {
    expect(notesOf(CHANGELOG, '1.0.0')).toEqual({ date: '2026-12-01', text: '- The first.' });
  });

  test('reads lines that end as on Windows', () => {
    expect(notesOf(CHANGELOG.replaceAll('\n', '\r\n'), '1.0.0')).toEqual({ date: '2026-12-01', text: '- The first.' });
  });

  test.each(['2.0.0', '1.1', '1', 'x'])('finds nothing for %s', (version) => {
    expect(notesOf(CHANGELOG, version)).toBeUndefined();
  });

  test('gives an empty text for an empty section', () => {
    expect(notesOf(CHANGELOG, 'Unreleased')).toEqual({ date: '', text: '' });
  });
});

test('the program fails for a version without a section, and says what to write', () => {
  const run = spawnSync(process.execPath, [join(ROOT, 'script/release/notes.ts'), '99.0.0'], { encoding: 'utf8' });
  expect(run).toMatchObject({ status: 1, stdout: '' });
  expect(run.stderr).toContain('has no section "## [99.0.0] - DATE" with a text. Write one');
});
