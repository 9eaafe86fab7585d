import { describe, expect, test } from 'vitest';
import { egressOf } from '../../src/config/egress-build.ts';
import { decide } from '../../src/config/egress-rules.ts';
import type { Machine } from '../../src/config/presets/machine.ts';
import { aMachine } from '../../testing/machine.ts';
import { valuesOf } from '../../testing/options.ts';

const MACHINE = { npm_config_registry: 'https://mirror.example/' };

function build(options: Readonly<Record<string, string>>, machine: Machine = aMachine({}, MACHINE)) {
  return egressOf(valuesOf(options), machine, 'action');
}

const problemsOf = (options: Readonly<Record<string, string>>, machine?: Machine): string[] =>
  build(options, machine).problems.map(({ message, hint = '' }) => `${message} ${hint}`);

describe('presets in allow-domains', () => {
  test.each(['npm', 'Node', 'a.example, npm'])('%s becomes entries that know where they are from', (text) => {
    const { rules, presets, problems } = build({ 'allow-domains': `a.example\n${text}` });
    expect(problems).toEqual([]);
    expect(rules.allow.at(-1)).toMatchObject({
      host: 'mirror.example',
      match: 'host',
      schemes: ['https'],
      preset: 'npm',
      text: 'https://=mirror.example',
      source: { name: 'allow-domains', line: 2 },
    });
    expect(presets).toEqual([
      {
        name: 'npm',
        source: expect.objectContaining({ line: 2 }) as object,
        hosts: [{ text: 'https://=mirror.example', from: 'npm_config_registry' }],
      },
    ]);
  });

  test('decide on requests like other entries', () => {
    const { rules } = build({ 'allow-domains': 'npm' });
    const to = (host: string, scheme: 'http' | 'https' = 'https') =>
      decide(rules, { scheme, host, port: scheme === 'http' ? 80 : 443 });
    expect(to('mirror.example')).toMatchObject({ isAllowed: true, entry: { preset: 'npm' } });
    expect(to('sub.mirror.example').isAllowed).toBe(false);
    expect(to('mirror.example', 'http').isAllowed).toBe(false);
  });

  test('count once, wherever they are named', () => {
    const { rules, presets } = build({ 'allow-domains': 'npm\nnode', presets: 'npm' });
    expect(rules.allow).toHaveLength(1);
    expect(presets).toHaveLength(1);
  });

  test('a preset may be named like a top-level domain', () => {
    expect(build({ 'allow-domains': 'pub' }).rules.allow.map(({ host }) => host)).toEqual(['pub.dev']);
  });

  test.each([
    ['nmp', ['allow-domains, line 1: "nmp" is neither a domain nor a preset.', 'Did you mean npm?', 'add-hosts']],
    ['localhost', ['"localhost" is neither', 'docs/presets.md']],
  ])('%s is refused', (word, parts) => {
    const [problem, ...others] = problemsOf({ 'allow-domains': word });
    expect(others).toEqual([]);
    for (const part of parts) expect(problem).toContain(part);
  });

  test.each(['https://npm', '=npm', 'npm.', 'http://=npm', 'https://npm:8443', 'https://corp', 'corp.', '=localhost'])(
    'a name without a dot is refused in another form too: %s',
    (text) => {
      const problems = problemsOf({ 'allow-domains': text });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`"${text}" is neither a domain nor a preset.`);
      if (text.includes('npm')) expect(problems[0]).toContain('Did you mean npm');
      expect(build({ 'allow-domains': text }).rules.allow).toEqual([]);
    },
  );

  test('who insists gets a whole private top-level domain, and add-hosts gives a name an address', () => {
    const options = {
      'allow-domains': 'corp!\nhttps://mirror:8443\n=gate',
      'add-hosts': 'mirror:10.0.0.1\ngate:10.0.0.2',
    };
    const { rules, problems } = build(options);
    expect(problems).toEqual([]);
    expect(rules.allow.map(({ host, match }) => [host, match])).toEqual([
      ['corp', 'domain'],
      ['mirror', 'domain'],
      ['gate', 'host'],
    ]);
  });

  test('a name of add-hosts is a host, even if a preset has the same', () => {
    const { rules, presets, problems } = build({
      'allow-domains': 'gateway\nnpm',
      'add-hosts': 'gateway:10.1.2.3\nnpm:10.1.2.4',
    });
    expect(problems).toEqual([]);
    expect(presets).toEqual([]);
    expect(rules.allow.map(({ host }) => host)).toEqual(['gateway', 'npm']);
  });

  test('without the tool, the user has to name the host', () => {
    const [problem] = problemsOf({ 'allow-domains': 'pypi' });
    expect(problem).toContain('allow-domains, line 1: pypi has no hosts here: pip is not installed');
    expect(problem).toContain('Name the host in allow-domains. "pip config list" shows it');
  });

  test('a registry that no entry can name is refused with its setting', () => {
    const odd = ['https://[fd00::5]:4873/', 'https://${UNSET}/', 'https://user:secret@:80/'];
    for (const registry of ['https://10.0.0.5/', 'http://mirror.example:4873/', ...odd]) {
      const [problem] = problemsOf({ 'allow-domains': 'npm' }, aMachine({ '~/.npmrc': `registry=${registry}` }));
      expect(problem).toContain('npm stands for it because of ~/.npmrc.');
      expect(problem).not.toContain('secret');
    }
  });

  test('warnings of a preset, and of what is missing in one that it contains', () => {
    expect(build({ 'allow-domains': 'hf' }).warnings).toEqual([
      expect.stringMatching(/^allow-domains, line 1: huggingface: .*upload/),
    ]);
    expect(build({ presets: 'gradle' }).warnings).toEqual([
      expect.stringMatching(/^presets, line 1: gradle: Maven is not installed.* stays closed\.$/),
    ]);
    expect(build({ 'allow-domains': 'npm, nuget' }).warnings).toEqual([]);
  });
});

describe('presets in deny-domains', () => {
  test('deny their hosts for every scheme, and allow nothing', () => {
    const { rules, presets } = build({
      'allow-domains': 'example',
      'deny-domains': 'npm',
      'add-hosts': 'example:10.0.0.1',
    });
    expect(rules.deny).toMatchObject([{ host: 'mirror.example', schemes: ['https', 'http'], preset: 'npm' }]);
    expect(presets).toEqual([]);
  });

  test('other words are top-level domains', () => {
    expect(build({ 'deny-domains': 'zip' })).toMatchObject({ problems: [], rules: { deny: [{ host: 'zip' }] } });
  });
});

test('presets: auto adds nothing', () => {
  expect(build({ presets: 'auto' })).toMatchObject({ problems: [], presets: [], rules: { allow: [] } });
});
