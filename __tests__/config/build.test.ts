import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../src/config/build.ts';
import type { Config } from '../../src/config/config.ts';
import { UserError } from '../../src/errors.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { ownTarget, SENTINELS, temporaryDirectory, thrown } from '../../testing/builders.ts';
import { inputs } from '../../testing/options.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

interface Given {
  readonly workspace?: string;
  /** By variable. */
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
      frontEnd: 'action',
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
      protectPaths: ['.github/workflows', '.mcp.json', '.claude', '.vscode', '.envrc', '.husky'].map((path) => ({
        path,
        mode: 'read-only',
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
    expect(error.message).toMatch(/^anthropic-api-key contains/);
    expect(JSON.stringify([error.message, error.hint, error.cause, error.stack])).not.toContain('sk-secret');
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
    expect(targetsOf(config)).toEqual({
      openai: { host: 'api.openai.com', port: 443, basePath: '' },
      copilot: { host, port: 443, basePath: '' },
    });
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
    ['without the api-proxy', { credentials, kind: 'cli' as const }],
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
    expect(text).toMatch(/env, line 4: A is already in env, line 1\..*Name each variable once/s);
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
    expect(build({ mounts: line }).mounts).toEqual([{ ...mount, origin: 'mounts, line 1' }]);
  });

  test.each(['srv', './srv:/b', '/srv:b', '/srv:/b:/c', '/srv:/b:wr', '/srv:', ':/b', ':rw', '/srv::rw'])(
    'refuses %s',
    (line) => {
      expect(refusal({ mounts: `\n${line}` })).toContain('line 2');
    },
  );
});
