import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { boolean, buildConfig, choice, count, optionNamed, shellArgv } from '../../src/config/build.ts';
import type { Config } from '../../src/config/config.ts';
import { UserError } from '../../src/errors.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { OWN_TARGETS, rawOptions, SENTINELS, temporaryDirectory, thrown } from '../../testing/builders.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

interface Around {
  readonly workspace?: string;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly apiProxy?: boolean;
  readonly serverUrl?: string;
}

function buildBoth(options: Readonly<Record<string, string>>, around: Around) {
  const { workspace = temporaryDirectory(), credentials = {}, apiProxy = true, serverUrl } = around;
  return buildConfig(rawOptions(options), {
    command: { kind: 'argv', argv: ['true'] },
    credentials: new Map(Object.entries(credentials)),
    apiProxy,
    serverUrl,
    workspace,
  });
}

const build = (options: Readonly<Record<string, string>> = {}, around: Around = {}): Config =>
  buildBoth(options, around).config;

/** Each configured provider's upstream. */
const targetsOf = ({ providers }: Config) =>
  Object.fromEntries(providers.map(({ provider, target }) => [provider.id, target]));

/** The refusal of one option, which must name it. */
function refusal(options: Readonly<Record<string, string>>): string {
  const error = thrown(() => build(options));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(new RegExp(`^${Object.keys(options)[0]!}\\b`));
  return `${error.message} ${error.hint ?? ''}`;
}

describe('defaults', () => {
  test('are those of the interface', () => {
    const workspace = temporaryDirectory();
    expect(build({}, { workspace })).toEqual({
      command: { kind: 'argv', argv: ['true'] },
      workspace,
      workingDirectory: workspace,
      apiProxy: true,
      providers: [],
      allowEndpoints: [],
      allow: { https: { domains: [], subdomainsOf: [] }, http: { domains: [], subdomainsOf: [] } },
      addHosts: [],
      upstreamCa: undefined,
      env: [],
      envAll: false,
      mounts: [],
      protectPaths: ['.github/workflows', '.mcp.json', '.claude', '.vscode', '.envrc', '.husky'].map((path, index) => ({
        path,
        mode: 'read-only',
        line: index + 1,
      })),
      agentImage: undefined,
      memory: '6g',
      pids: 4096,
      timeoutMinutes: undefined,
      budget: {},
      logLevel: 'info',
      proxyLogsDir: undefined,
      keepContainers: false,
    } satisfies Config);
  });
});

describe('timeout-minutes', () => {
  test.each([
    ['', undefined],
    ['1', 1],
    ['30', 30],
    ['0.5', 0.5],
    ['007', 7],
    ['30000', 30_000],
  ])('%j is %s', (text, minutes) => {
    expect(build({ 'timeout-minutes': text }).timeoutMinutes).toBe(minutes);
  });

  test.each(['0', '0.0', '-1', '1h', '1e3', '.5', '5.', '1,5', 'none', 'Infinity', '30001', ' '])(
    '%j is refused',
    (text) => {
      const error = thrown(() => build({ 'timeout-minutes': text }));
      expect(error.message).toBe(`timeout-minutes: "${text}" is not a number of minutes.`);
      expect(error.hint).toContain('"0.5"');
    },
  );
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
  ])('with %s are refused without being printed', (_, value) => {
    const error = thrown(() => build({}, { credentials: { ANTHROPIC_API_KEY: value } }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('anthropic-api-key');
    expect(error.message).toContain('ANTHROPIC_API_KEY');
    expect(JSON.stringify([error.message, error.hint, error.cause, error.stack])).not.toContain('sk-secret');
  });
});

describe('targets', () => {
  test.each(PROVIDERS.map(({ id, targetInput }) => [id, targetInput] as const))('of %s: %s', (provider, option) => {
    const credentials = Object.fromEntries(SENTINELS);
    const found = targetsOf(build({ [option]: 'gateway.example:8443/base/' }, { credentials }));
    expect(found).toEqual({
      ...OWN_TARGETS,
      [provider]: { host: 'gateway.example', port: 8443, basePath: '/base' },
    });
    expect(refusal({ [option]: 'https://x.example' })).toContain('host[:port]');
  });
});

describe('the target of Copilot by the GitHub server', () => {
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
    expect(targetsOf(config)).toEqual({ openai: OWN_TARGETS.openai, copilot: { host, port: 443, basePath: '' } });
  });

  test('an address that is not understood stops the run, unquoted, and says what to do', () => {
    const error = thrown(() => build({}, { credentials, serverUrl: 'https://user:secret@octo.ghe.com' }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^GITHUB_SERVER_URL is not a GitHub server's address/);
    expect(error.hint).toContain('copilot-api-target');
    expect(JSON.stringify([error.message, error.hint, error.cause, error.stack])).not.toContain('secret');
  });

  test.each([
    ['without a credential of Copilot’s', { credentials: { OPENAI_API_KEY: 'sk-1' } }],
    ['without the api-proxy', { credentials, apiProxy: false }],
  ])('%s the address does not matter', (_, more) => {
    expect(targetsOf(build({}, { serverUrl: 'nonsense', ...more }))).not.toHaveProperty('copilot');
  });
});

describe('allow-endpoints', () => {
  test('one a line, with comments', () => {
    const text = '# files\nopenai GET /v1/files/*\n\ngemini   POST\t/v1beta/models/*:predict # images';
    expect(build({ 'allow-endpoints': text }).allowEndpoints).toEqual([
      { provider: 'openai', method: 'GET', path: '/v1/files/*' },
      { provider: 'gemini', method: 'POST', path: '/v1beta/models/*:predict' },
    ]);
  });

  test.each([
    ['nobody GET /v1/files', PROVIDERS.map(({ id }) => id).join(', ')],
    ['OpenAI GET /v1/files', 'the provider must be'],
    ['openai get /v1/files', 'GET, HEAD, POST'],
    ['openai CONNECT /v1/files', 'the method must be'],
    ['openai GET', 'the path must'],
    ['openai GET v1/files', 'the path must'],
    ['openai GET /', 'the path must'],
    ['openai GET /v1/files/', 'the path must'],
    ['openai GET /v1//files', 'the path must'],
    ['openai GET /v1/../files', 'the path must'],
    ['openai GET /v1/%66iles', 'the path must'],
    ['openai GET /v1/files?purpose=x', 'the path must'],
    ['openai GET https://api.openai.com/v1/files', 'the path must'],
    ['openai GET /v1/files x', 'a word too many'],
  ])('refuses %s', (entry, problem) => {
    const text = refusal({ 'allow-endpoints': `# comment\n${entry}` });
    expect(text).toContain(problem);
    expect(text).toMatch(/line 2.*openai GET \/v1\/files\/\*/);
  });
});

describe('working-directory', () => {
  test('is taken from the workspace, links resolved', () => {
    const workspace = temporaryDirectory();
    mkdirSync(join(workspace, 'a/b'), { recursive: true });
    symlinkSync('a/b', join(workspace, 'link'));
    expect(build({ 'working-directory': 'a' }, { workspace }).workingDirectory).toBe(join(workspace, 'a'));
    expect(build({ 'working-directory': 'link' }, { workspace }).workingDirectory).toBe(join(workspace, 'a/b'));
    expect(build({ 'working-directory': join(workspace, 'a') }, { workspace }).workingDirectory).toBe(
      join(workspace, 'a'),
    );
  });

  test.each(['..', '/', 'link', '../sibling-of-workspace'])('outside the workspace is refused: %s', (path) => {
    const parent = temporaryDirectory();
    const workspace = join(parent, 'sibling');
    mkdirSync(workspace);
    mkdirSync(join(parent, 'sibling-of-workspace'));
    symlinkSync('/', join(workspace, 'link'));
    const error = thrown(() => build({ 'working-directory': path }, { workspace }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('working-directory');
    expect(error.message).toContain('outside the workspace');
  });

  test('that is missing or a file is refused', () => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'file'), '');
    expect(() => build({ 'working-directory': 'missing' }, { workspace })).toThrow(/working-directory.*cannot be read/);
    expect(() => build({ 'working-directory': 'file' }, { workspace })).toThrow(/working-directory.*not a directory/);
  });
});

describe('the workspace', () => {
  test('is known by its real path', () => {
    const parent = temporaryDirectory();
    mkdirSync(join(parent, 'real'));
    symlinkSync('real', join(parent, 'link'));
    expect(build({}, { workspace: join(parent, 'link') }).workspace).toBe(join(parent, 'real'));
  });

  test('must exist', () => {
    expect(() => build({}, { workspace: '/does/not/exist' })).toThrow(/workspace \(\/does\/not\/exist\)/);
  });
});

describe('add-hosts', () => {
  test('one a line, names in their one form', () => {
    expect(build({ 'add-hosts': 'Gateway.Example.:10.1.2.3\n# none\nb.example:192.168.0.1' }).addHosts).toEqual([
      { name: 'gateway.example', address: '10.1.2.3' },
      { name: 'b.example', address: '192.168.0.1' },
    ]);
  });

  test.each([
    'gateway.example',
    ':10.1.2.3',
    'gateway.example:',
    '10.1.2.3:gateway.example',
    'a b:10.1.2.3',
    'a/b:1.2.3.4',
    'a:10.1',
    'a:[::1]',
    'a:10.1.2.3 b',
  ])('refuses %s', (entry) => {
    expect(refusal({ 'add-hosts': `# comment\n${entry}` })).toMatch(/line 2.*gateway\.example\.com:10\.1\.2\.3/);
  });
});

describe('upstream-ca', () => {
  test('is read, a relative path from the workspace', () => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'ca.pem'), PEM);
    expect(build({ 'upstream-ca': 'ca.pem' }, { workspace }).upstreamCa).toBe(PEM);
    expect(build({ 'upstream-ca': join(workspace, 'ca.pem') }).upstreamCa).toBe(PEM);
  });

  test('that is missing or no PEM file is refused', () => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'key.pem'), '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n');
    expect(() => build({ 'upstream-ca': 'missing.pem' }, { workspace })).toThrow(/^upstream-ca: .*cannot be read/);
    const error = thrown(() => build({ 'upstream-ca': 'key.pem' }, { workspace }));
    expect(error.message).toMatch(/^upstream-ca: .*no PEM certificate/);
    expect(error.message).not.toContain('c2VjcmV0');
  });
});

describe('env', () => {
  test.each([
    ['NAME', { name: 'NAME', value: undefined }],
    ['NAME=', { name: 'NAME', value: '' }],
    ['NAME=a=b', { name: 'NAME', value: 'a=b' }],
    ['_n1=$(x) `y` "z"', { name: '_n1', value: '$(x) `y` "z"' }],
    ['COLOUR=#fff', { name: 'COLOUR', value: '#fff' }],
    ['LIST=a,b', { name: 'LIST', value: 'a,b' }],
  ])('%s', (line, variable) => {
    expect(build({ env: line }).env).toEqual([variable]);
  });

  test.each(['1A=x', 'A-B=x', 'A B=x', '=x', 'A;id=x', 'Ä=x'])('refuses %s without printing its value', (line) => {
    const text = refusal({ env: `OK=1\n${line}-secret` });
    expect(text).toContain('line 2');
    expect(text).not.toContain('secret');
    expect(text).toContain('NAME=value');
    expect(text).toContain('line breaks');
  });

  test.each(['A', 'A=other-secret'])('a name given twice is refused: %s', (line) => {
    const text = refusal({ env: `A=first-secret\n\nB=1\n${line}` });
    expect(text).toMatch(/env, line 4: line 1 names A already.*Name each variable once/s);
    expect(text).not.toContain('secret');
  });
});

describe('mounts', () => {
  test.each([
    ['/srv/a', { source: '/srv/a', target: '/srv/a', writable: false }],
    ['/srv/a:rw', { source: '/srv/a', target: '/srv/a', writable: true }],
    ['/srv/a:ro', { source: '/srv/a', target: '/srv/a', writable: false }],
    ['/srv/a:/b', { source: '/srv/a', target: '/b', writable: false }],
    ['/srv/a:/b:rw', { source: '/srv/a', target: '/b', writable: true }],
    ['/srv/a:/b/../c', { source: '/srv/a', target: '/c', writable: false }],
    ['/srv/a b,c', { source: '/srv/a b,c', target: '/srv/a b,c', writable: false }],
  ])('%s', (line, mount) => {
    expect(build({ mounts: line }).mounts).toEqual([mount]);
  });

  test.each(['srv', './srv:/b', '/srv:b', '/srv:/b:/c', '/srv:/b:wr', '/srv:', ':/b', ':rw', '/srv::rw'])(
    'refuses %s',
    (line) => {
      expect(refusal({ mounts: `\n${line}` })).toContain('line 2');
    },
  );
});

describe('values of a set', () => {
  test.each([
    ['log-level', 'verbose', 'error, warn, info, debug'],
    ['env-all', 'yes', 'true, false'],
    ['env-all', '1', 'true, false'],
  ])('%s: %s is refused with the set', (option, value, set) => {
    expect(refusal({ [option]: value })).toContain(set);
  });

  test.each(['error', 'warn', 'info', 'debug'])('log-level: %s', (level) => {
    expect(build({ 'log-level': level }).logLevel).toBe(level);
  });

  test.each([
    ['true', true],
    ['True', true],
    ['FALSE', false],
  ])('env-all: %s', (text, value) => {
    expect(build({ 'env-all': text }).envAll).toBe(value);
  });

  test.each(['always', 'on-failure', 'never'])('upload-logs: %s', (when) => {
    expect(choice('upload-logs', rawOptions({ 'upload-logs': when }))).toBe(when);
  });

  test('upload-logs: another value is refused with the set', () => {
    expect(thrown(() => choice('upload-logs', rawOptions({ 'upload-logs': 'sometimes' })))).toMatchObject({
      message: 'upload-logs: "sometimes" is not one of its values.',
      hint: 'Write one of: always, on-failure, never.',
    });
  });
});

describe('numbers and sizes', () => {
  test.each(['512m', '6g', '1024', '100k', '1b'])('memory: %s', (text) => {
    expect(build({ memory: text }).memory).toBe(text);
  });

  test('memory: an upper-case unit is the same', () => {
    expect(build({ memory: '2G' }).memory).toBe('2g');
  });

  test.each(['0', '-1', 'g', '1.5g', '6gb', '6 g', 'unlimited', '6g --privileged'])('memory: refuses %s', (text) => {
    expect(refusal({ memory: text })).toContain('k, m or g');
  });

  test.each(['0', '-1', '1.5', '1e3', 'many', '0x10'])('pids: refuses %s', (text) => {
    expect(refusal({ pids: text })).toContain('whole number');
  });

  test('a count that is not given is undefined', () => {
    expect(count('retention-days', rawOptions())).toBeUndefined();
    expect(count('retention-days', rawOptions({ 'retention-days': '7' }))).toBe(7);
  });
});

test('boolean names the option', () => {
  expect(() => boolean('keep-containers', rawOptions({ 'keep-containers': 'maybe' }))).toThrow(
    /^keep-containers: "maybe"/,
  );
});

describe('shellArgv', () => {
  test.each([
    ['bash', ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}']],
    ['sh', ['sh', '-e', '{0}']],
    ['python3 {0}', ['python3', '{0}']],
    ['  node   --test={0}  x ', ['node', '--test={0}', 'x']],
  ])('%s', (shell, argv) => {
    expect(shellArgv(shell)).toEqual(argv);
  });

  test.each(['pwsh', '', 'bash -e'])('refuses %j with the set', (shell) => {
    expect(thrown(() => shellArgv(shell))).toMatchObject({
      message: expect.stringContaining('shell') as string,
      hint: expect.stringMatching(/bash, sh.*\{0\}/) as string,
    });
  });
});

test('an option of another name does not exist', () => {
  expect(() => optionNamed('allow-everything')).toThrow('allow-everything');
});
