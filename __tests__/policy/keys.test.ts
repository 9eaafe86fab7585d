import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../src/config/options.ts';
import { readPolicy } from '../../src/policy/check.ts';
import { keyHint, policyKeys } from '../../src/policy/keys.ts';
import { ROOT } from '../../testing/root.ts';

describe('the keys of a policy', () => {
  test('are those whose option exists', () => {
    const names = new Set(OPTIONS.map(({ name }) => name));
    for (const { option } of policyKeys()) expect(names).toContain(option.name);
    const withoutPids = policyKeys(OPTIONS.filter(({ name }) => name !== 'pids'));
    expect(withoutPids.map(({ option }) => option.name)).toEqual(
      policyKeys()
        .map(({ option }) => option.name)
        .filter((name) => name !== 'pids'),
    );
  });

  test.each(['known-blocked', 'allow-services', 'presets'])('%s appears with its option', (name) => {
    const added = { name, kind: 'lines', parse: () => undefined, description: '' } as const;
    const keys = policyKeys([...OPTIONS.filter((option) => option.name !== name), added]);
    expect(keys.filter(({ option }) => option === added)).toHaveLength(1);
  });

  test('never stand for a secret, or for the command', () => {
    const kinds = policyKeys().map(({ option }) => option.kind);
    for (const kind of ['secret', 'secret-lines', 'script']) expect(kinds).not.toContain(kind);
  });
});

describe('docs/policy.md', () => {
  const page = readFileSync(join(ROOT, 'docs/policy.md'), 'utf8');

  test.each(policyKeys().map(({ path, option }) => ({ name: path.join('.'), path, option })))(
    'has $name in its example and in its table',
    ({ path, option }) => {
      const [, example = ''] = /^```yaml\n([^]*?)^```$/m.exec(page) ?? [];
      const { entries, problems } = readPolicy('docs/policy.md', Buffer.from(example));
      expect(problems).toEqual([]);
      expect(entries.get(option.name)?.length).toBeGreaterThan(0);
      const row = page.split('\n').find((line) => line.startsWith('| `') && line.includes(path.at(-1) ?? ''));
      expect(row).toContain(path[0]);
    },
  );
});

test.each([
  [[], 'limit', 'Did you mean "limits"?'],
  [[], '$schema', 'as a comment'],
  [[], 'Egress', 'Did you mean "egress"?'],
  [['limits'], 'timeout-minute', 'Did you mean "timeout-minutes"?'],
  [['hosts', 'a.example'], 'rule', 'Did you mean "rules"?'],
  [[], 'max-tokens', 'Write it as limits.max-tokens.'],
  [['egress'], 'xyz', 'Write one of: mode, allow, deny'],
  [['hosts', 'a.example'], 'credential', 'A policy has no secrets'],
])('below %j, %s gets a suggestion', (path, key, hint) => {
  expect(keyHint(policyKeys(), path, key)).toContain(hint);
});
