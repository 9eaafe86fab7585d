import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../src/config/build.ts';
import type { Config } from '../../src/config/config.ts';
import { UserError } from '../../src/errors.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { SENTINELS, temporaryDirectory, thrown } from '../../testing/builders.ts';
import { ownTarget } from '../../testing/sidecar/configured.ts';
import { inputs } from '../../testing/options.ts';
import { DEFAULT_PROTECTED } from '../../src/config/default-protected.ts';

interface Given {
  readonly workspace?: string;
  /** The values, by environment variable. */
  readonly credentials?: Readonly<Record<string, string>>;
  readonly kind?: 'action' | 'cli';
  readonly serverUrl?: string;
}

function buildBoth(options: Readonly<Record<string, string>>, given: Given) {
  const { workspace = temporaryDirectory(), credentials = {}, kind = 'action', serverUrl } = given;
  const frontEnd = { ...inputs(options, credentials), kind };
  return buildConfig(frontEnd, { argv: ['true'], environment: { GITHUB_SERVER_URL: serverUrl }, workspace });
}

const build = (options: Readonly<Record<string, string>> = {}, given: Given = {}): Config =>
  buildBoth(options, given).config;

/** Each configured provider's upstream. */
const targetsOf = ({ providers }: Config) =>
  Object.fromEntries(providers.map(({ provider, target }) => [provider.id, target]));

describe('defaults', () => {
  test('are those of the interface', () => {
    const workspace = temporaryDirectory();
    expect(build({}, { workspace })).toEqual({
      frontEnd: 'action',
      label: undefined,
      command: { kind: 'argv', argv: ['true'] },
      workspace,
      workingDirectory: workspace,
      apiProxy: true,
      providers: [],
      namedHosts: { providers: [], others: [] },
      copilotMode: 'github',
      github: undefined,
      hostVariables: {},
      allowEndpoints: [],
      allowProviderTools: [],
      policy: undefined,
      egress: { mode: 'block', allow: [], deny: [] },
      failOnBlocked: false,
      knownBlocked: [],
      presets: [],
      proposedPresets: undefined,
      transparent: true,
      services: [],
      addHosts: [],
      network: { upstreamProxy: undefined, allowPrivate: [], dnsServers: [], subnet: undefined },
      upstreamCa: undefined,
      env: [],
      envAll: false,
      mounts: [],
      protectPaths: DEFAULT_PROTECTED.map((path) => ({
        path,
        mode: 'read-only',
      })),
      agentImage: undefined,
      imageRegistry: undefined,
      memory: undefined,
      pids: 4096,
      timeoutMinutes: undefined,
      checkKeys: true,
      budget: {},
      agentLogs: true,
      resultFile: undefined,
      prices: [],
      logLevel: 'info',
      proxyLogsDir: undefined,
      keepContainers: false,
      apiProxyKeys: [],
      warnings: [],
    } satisfies Config);
  });
});

describe('credentials', () => {
  test('are trimmed, and empty ones count as absent', () => {
    const credentials = { OPENAI_API_KEY: ' sk-1\n', GEMINI_API_KEY: ' \n', ANTHROPIC_API_KEY: '' };
    expect(buildBoth({}, { credentials }).secrets).toEqual(new Map([['OPENAI_API_KEY', 'sk-1']]));
  });

  test.each([
    ['a line break', 'sk-secret\nX-Other: 1'],
    ['a carriage return', 'sk-secret\rX'],
    ['a NUL', 'sk-secret\0X'],
    ['a tab', 'sk-secret\tX'],
    ['a delete', 'sk-secret\u007fX'],
    ['a character outside ASCII', 'sk-secret\u2026'],
  ])('with %s are rejected without being printed', (_, value) => {
    const error = thrown(() => build({}, { credentials: { ANTHROPIC_API_KEY: value } }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^anthropic-api-key contains/);
    expect(JSON.stringify([error.message, error.hint, error.cause, error.stack])).not.toContain('sk-secret');
  });
});

test('a key for a gateway may have any form', () => {
  const target = { 'openai-api-target': 'gateway.example', 'allow-domains': 'gateway.example' };
  expect(build(target, { credentials: { OPENAI_API_KEY: 'any form' } }).warnings).toEqual([]);
});

describe('a credential as people paste it', () => {
  test.each([
    ['Bearer sk-1', 'sk-1'],
    [' bearer\tsk-1\n', 'sk-1'],
    ['token sk-1', 'sk-1'],
    ['Token  sk-1', 'sk-1'],
  ])('%j loses its scheme, and a warning says so', (text, bare) => {
    const { secrets, config } = buildBoth({}, { credentials: { OPENAI_API_KEY: text } });
    expect(secrets.get('OPENAI_API_KEY')).toBe(bare);
    expect(config.warnings).toEqual([expect.stringMatching(/^openai-api-key begins with the name of a scheme/)]);
    expect(config.warnings.join()).not.toContain('sk-1');
  });

  test.each(['sk-1', 'bearer', 'Bearersk-1', 'tokens sk-1'])('%j is left alone', (text) => {
    const odd = 'openai-api-key does not look like a key of OpenAI (sk-…). Check the secret.';
    const { secrets, config } = buildBoth({}, { credentials: { OPENAI_API_KEY: text } });
    expect(secrets.get('OPENAI_API_KEY')).toBe(text);
    expect(config.warnings).toEqual(text.startsWith('sk-') ? [] : [odd]);
  });

  test.each(['ghp_secret', 'Bearer ghp_secret'])('a classic token is refused by name: %j', (text) => {
    const error = thrown(() => build({}, { credentials: { COPILOT_GITHUB_TOKEN: text } }));
    expect(error.message).toMatch(/^copilot-github-token is a classic personal access token/);
    expect(error.hint).toContain('Copilot Requests');
    expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain('ghp_secret');
  });
});

describe('targets', () => {
  test.each(PROVIDERS.map(({ id, targetInput }) => [id, targetInput] as const))('of %s: %s', (provider, option) => {
    const credentials = Object.fromEntries(SENTINELS);
    const found = targetsOf(build({ [option]: 'gateway.example:8443/base/' }, { credentials }));
    expect(found).toEqual({
      ...Object.fromEntries(PROVIDERS.map((each) => [each.id, ownTarget(each)])),
      [provider]: { host: 'gateway.example', port: 8443, basePath: '/base' },
    });
    // The same holds for a provider that is not used.
    expect(() => build({ [option]: 'https://x.example' })).toThrow(`${option}: "https://x.example"`);
  });
});

describe('the target of Copilot, derived from the GitHub server', () => {
  const credentials = { COPILOT_GITHUB_TOKEN: 'ghu_x' };

  test.each([
    [undefined, '', 'api.githubcopilot.com'],
    ['https://github.com', '', 'api.githubcopilot.com'],
    ['https://octo.ghe.com', '', 'copilot-api.octo.ghe.com'],
    ['https://github.example.com', '', 'api.githubcopilot.com'],
    ['https://octo.ghe.com', 'router.example', 'router.example'],
    ['https://user:secret@octo.ghe.com', 'router.example', 'router.example'],
  ])('%s, and copilot-api-target "%s": %s', (serverUrl, option, host) => {
    const both = { ...credentials, OPENAI_API_KEY: 'sk-1' };
    const config = build({ 'copilot-api-target': option }, { credentials: both, ...(serverUrl && { serverUrl }) });
    expect(targetsOf(config)).toEqual({
      openai: { host: 'api.openai.com', port: 443, basePath: '' },
      copilot: { host, port: 443, basePath: '' },
    });
  });

  test('an address that cannot be parsed stops the run; the error does not quote it, and says what to do', () => {
    const error = thrown(() => build({}, { credentials, serverUrl: 'https://user:secret@octo.ghe.com' }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^GITHUB_SERVER_URL is not a GitHub server's address/);
    expect(error.hint).toContain('copilot-api-target');
    expect(JSON.stringify([error.message, error.hint, error.cause, error.stack])).not.toContain('secret');
  });

  test.each([
    ['without a credential of Copilot’s', {}, { credentials: { OPENAI_API_KEY: 'sk-1' } }],
    ['without the api-proxy', { 'enable-api-proxy': 'false' }, { credentials, kind: 'cli' as const }],
  ])('%s the address does not matter', (_, options, more) => {
    expect(targetsOf(build(options, { serverUrl: 'nonsense', ...more }))).not.toHaveProperty('copilot');
  });
});

describe('the command', () => {
  test('is the argv if there is one, else the script for its shell', () => {
    const workspace = temporaryDirectory();
    const options = inputs({ run: ' echo a\n', shell: 'sh' });
    expect(buildConfig(options, { environment: {}, workspace }).config.command).toEqual({
      kind: 'script',
      script: ' echo a\n',
      shell: ['sh', '-e', '{0}'],
    });
    expect(build().command).toEqual({ kind: 'argv', argv: ['true'] });
  });

  test('has no carriage returns from a web page, which a shell would take for a part of each line', () => {
    const options = inputs({ run: 'if true; then\r\n  echo "a\rb"\r\nfi\r\n' });
    const { command } = buildConfig(options, { environment: {}, workspace: temporaryDirectory() }).config;
    expect(command).toMatchObject({ script: 'if true; then\n  echo "a\rb"\nfi\n' });
  });

  test.each(['', ' \n'])('is required: %j', (run) => {
    const error = thrown(() => buildConfig(inputs({ run }), { environment: {}, workspace: temporaryDirectory() }));
    expect(error).toMatchObject({ message: 'run is empty.', hint: expect.stringContaining('command') as string });
  });
});

describe('the workspace', () => {
  test('is identified by its real path', () => {
    const parent = temporaryDirectory();
    mkdirSync(join(parent, 'real'));
    symlinkSync('real', join(parent, 'link'));
    expect(build({}, { workspace: join(parent, 'link') }).workspace).toBe(join(parent, 'real'));
  });

  test('must exist', () => {
    expect(() => build({}, { workspace: '/does/not/exist' })).toThrow(/workspace \(\/does\/not\/exist\)/);
  });
});

describe('deny-domains', () => {
  test.each([
    ['the host of a provider with a key', {}, { OPENAI_API_KEY: 'sk-1' }, 'denies api.openai.com, the host of OpenAI'],
    ['a host with rules', { 'host-rules': 'api.openai.com GET /x' }, {}, 'which host-rules, line 1 is for'],
  ])('must not cover %s', (_, options, credentials, text) => {
    const error = thrown(() => build({ 'deny-domains': 'openai.com', ...options }, { credentials }));
    expect(error.message).toContain(`deny-domains, line 1: "openai.com" denies api.openai.com`);
    expect(error.message).toContain(text);
    expect(error).toMatchObject({ hint: 'Remove one of the two.' });
  });

  test('may cover the host of a provider without a key', () => {
    expect(build({ 'deny-domains': 'openai.com' }).egress.deny).toHaveLength(1);
  });
});

describe('internationalised names', () => {
  test.each([
    ['pаypal.com', true], // a Cyrillic letter among Latin ones
    ['аррӏе.com', true], // all Cyrillic
    ['ɡοοgle.com', true], // Greek letters among Latin ones
    ['bücher.example', false],
    ['例え.example', false],
    ['почта.example', false],
    ['xn--pypal-4ve.com', true],
    ['ɡoogle.com', true], // a Latin letter of phonetic writing
    ['gıthub.com', true], // without its dot
    ['ạpple.com', true], // an underline hides the dot
    ['ɢithub.com', true], // a small capital
    ['Ꮯom.example', true], // a Cherokee letter among Latin ones
    ['faß.example', false],
    ['việt.example', false],
    ['東京tower.example', false],
    ['plain.example', false],
  ])('%s: a warning of letters that look like others is %s', (name, isOdd) => {
    const { warnings } = build({ 'allow-domains': name });
    expect(warnings.some((text) => text.includes('letters that look like others'))).toBe(isOdd);
  });

  test('what has rules or gets a credential is warned of once', () => {
    const rules = 'pаypal.example GET /a\npаypal.example GET /b';
    const odd = ({ warnings }: Config): string[] => warnings.filter((text) => text.includes('look like others'));
    expect(odd(build({ 'host-rules': rules }))).toEqual([
      expect.stringMatching(/^host-rules, line 1: "pаypal.example" is xn--pypal-4ve.example\./),
    ]);
    const secret = 'pаypal.example bearer do-not-repeat';
    const [warning] = odd(build({ 'host-rules': rules, 'host-credentials': secret }));
    expect(warning).toMatch(/^host-credentials, line 1: "pаypal.example" is/);
    expect(warning).not.toContain('do-not-repeat');
  });
});

describe('presets', () => {
  test('follow the variables of the step, and before them those that env sets', () => {
    const mirror = (options: Readonly<Record<string, string>>) =>
      buildConfig(inputs({ presets: 'npm', ...options }), {
        argv: ['true'],
        environment: { npm_config_registry: 'https://step.example/' },
        ...{ workspace: temporaryDirectory(), root: temporaryDirectory() },
      }).config.presets[0]?.hosts;
    expect(mirror({})).toEqual([{ text: 'https://=step.example', from: 'npm_config_registry' }]);
    expect(mirror({ env: 'npm_config_registry=https://own.example/' })).toEqual([
      { text: 'https://=own.example', from: 'npm_config_registry' },
    ]);
  });

  test('auto proposes, and allows nothing', () => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'go.sum'), '');
    expect(build({ presets: 'auto' }, { workspace })).toMatchObject({
      ...{ presets: [], egress: { allow: [] } },
      proposedPresets: [{ name: 'go', file: 'go.sum' }],
    });
  });

  test('mistakes in them are told with the others', () => {
    const error = thrown(() => build({ 'allow-domains': 'nmp', memory: 'much' }));
    expect(error.message).toContain('"nmp"');
    expect(error.message).toContain('memory');
  });
});

test('mistakes in what the api-proxy answers for are told with the others', () => {
  const options = {
    memory: 'much',
    'allow-services': 'a:1\nb:1',
    'deny-domains': 'openai.com',
    'host-credentials': 'a.example bearer x\na.example bearer y\napi.openai.com bearer z',
  };
  const credentials = { OPENAI_API_KEY: 'sk-x', AWF_GITHUB_TOKEN: 'ghs_x' };
  const error = thrown(() => build(options, { credentials, serverUrl: 'nonsense' }));
  for (const text of [
    'memory: "much" is',
    'allow-services, line 2: b:1 has the same port',
    'GITHUB_SERVER_URL is not the address',
    'host-credentials, line 2: a.example already has a credential',
    'host-credentials, line 3: api.openai.com is the host of a provider',
    'denies api.openai.com, the host of OpenAI',
  ])
    expect(error.message).toContain(text);
});
