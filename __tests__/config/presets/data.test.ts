import { describe, expect, test } from 'vitest';
import { HOST_PRESETS } from '../../../src/config/presets/data.ts';
import { valuesOf } from '../../../testing/options.ts';

describe.each(HOST_PRESETS)('$name', ({ hosts, sources, about }) => {
  test('has hosts that can stand in the list, each once', () => {
    const entries = valuesOf({ 'allow-domains': hosts.map((host) => `https://=${host}`).join('\n') })['allow-domains'];
    expect(entries.map(({ host }) => host)).toEqual([...new Set(hosts)]);
  });

  test('says what it is for, and where its hosts are from', () => {
    expect(about).not.toBe('');
    expect(sources).not.toEqual([]);
    for (const source of sources) expect(new URL(source).protocol).toBe('https:');
  });
});

test('no host is one at which anybody can have storage', () => {
  const hosts = HOST_PRESETS.flatMap((preset) => preset.hosts);
  expect(hosts.filter((host) => /^storage\.googleapis|^s3\.|\.blob\.core\.|^.*\.amazonaws\.com$/.test(host))).toEqual(
    [],
  );
});

test.each(['github-read', 'github-release', 'ghcr', 'dockerhub', 'huggingface', 'conda'])(
  '%s warns that it can be written to',
  (name) => {
    expect(HOST_PRESETS.find((preset) => preset.name === name)?.warning).toContain('upload');
  },
);
