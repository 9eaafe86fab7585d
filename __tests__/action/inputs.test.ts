import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadInputs } from '../../src/action/inputs.ts';
import { CREDENTIALS } from '../../src/shared/providers.ts';
import { SENTINELS, temporaryDirectory, thrown } from '../../testing/builders.ts';
import { inputEnv } from '../../testing/runner/files.ts';

const ACTION_FILE = join(import.meta.dirname, '../../action.yml');

let written: string[];

beforeEach(() => {
  written = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Loads the inputs that a step with `inputs` gets, including the defaults of `action.yml`. */
function load(inputs: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = {}) {
  for (const [name, value] of Object.entries(inputEnv(ACTION_FILE, inputs))) vi.stubEnv(name, value);
  return loadInputs({ GITHUB_WORKSPACE: temporaryDirectory(), ...environment });
}

const masked = (): string[] =>
  written
    .join('')
    .split('\n')
    .flatMap((line) => /^::add-mask::(.*)$/.exec(line)?.[1] ?? []);

describe('the command', () => {
  test('is the script unchanged, for the shell', () => {
    const script = '  echo "a"\n\n# no comment of ours\necho b\n';
    expect(load({ run: script, shell: 'sh' }).config.command).toEqual({
      kind: 'script',
      script,
      shell: ['sh', '-e', '{0}'],
    });
  });

  test('is required', () => {
    expect(thrown(() => load({ run: ' \n' }))).toMatchObject({
      message: 'run is empty.',
      hint: expect.stringContaining('command') as string,
    });
  });
});

test('outside a job, the step says what is missing', () => {
  expect(thrown(() => load({ run: 'true' }, { GITHUB_WORKSPACE: '' })).message).toBe('GITHUB_WORKSPACE is not set.');
});

describe('credentials', () => {
  const inputs = Object.fromEntries(CREDENTIALS.map(({ input, variable }) => [input, SENTINELS.get(variable)!]));

  test('come from the inputs, each under its name', () => {
    expect(load({ run: 'true', ...inputs }).secrets).toEqual(SENTINELS);
  });

  test('do not come from the environment', () => {
    expect(load({ run: 'true' }, Object.fromEntries(SENTINELS)).secrets).toEqual(new Map());
  });

  test('are masked in the log, even if the inputs are rejected', () => {
    expect(() => load({ run: '', ...inputs })).toThrow('run is empty');
    expect(masked().toSorted()).toEqual(Object.values(inputs).toSorted());
  });

  test('are masked both as given and as AWF uses them', () => {
    const { secrets } = load({ run: 'true', 'openai-api-key': ' sk-1\n', 'gemini-api-key': 'AIza-2 ' });
    expect([...secrets.values()]).toEqual(['sk-1', 'AIza-2']);
    expect(masked().toSorted()).toEqual([' sk-1%0A', 'AIza-2', 'AIza-2 ', 'sk-1']);
  });

  test.each([
    [{ 'upstream-proxy': 'http://user:p%40ss-7@proxy.example:3128' }, {}],
    [{}, { AWF_UPSTREAM_PROXY: 'http://user:p%40ss-7@proxy.example:3128' }],
    [{}, { https_proxy: 'http://user:p%40ss-7@proxy.example:3128' }],
  ])('the password of a proxy is masked in both spellings: %j %j', (inputs, environment) => {
    load({ run: 'true', ...inputs }, environment);
    expect(masked()).toEqual(['p%2540ss-7', 'p@ss-7']);
  });

  test('the password of a proxy is masked even if the address is refused', () => {
    expect(() => load({ run: 'true', 'upstream-proxy': 'socks5://user:pass-7@proxy.example' })).toThrow(
      'not the address',
    );
    expect(masked()).toEqual(['pass-7']);
  });

  test('an empty one masks nothing', () => {
    load({ run: 'true', 'openai-api-key': ' \n ' });
    expect(masked()).toEqual([]);
  });

  test('are printed only by the mask commands', () => {
    load({ run: 'true', ...inputs });
    const rest = written.join('').replaceAll(/^::add-mask::.*$/gm, '');
    expect(Object.values(inputs).filter((value) => rest.includes(value))).toEqual([]);
  });
});

describe('targets', () => {
  const host = (inputs: Record<string, string>, environment: NodeJS.ProcessEnv) =>
    load({ run: 'true', 'openai-api-key': 'sk-1', ...inputs }, environment).config.providers[0]?.target.host;

  test.each([
    ['the input', { 'openai-api-target': 'input.example' }, { OPENAI_API_TARGET: 'variable.example' }, 'input.example'],
    ['the variable', {}, { OPENAI_API_TARGET: ' variable.example\n' }, 'variable.example'],
    ['the default', {}, { OPENAI_API_TARGET: '' }, 'api.openai.com'],
  ])('%s wins', (_, inputs, environment, expected) => {
    expect(host(inputs, environment)).toBe(expected);
  });

  test.each([
    [
      'the input',
      { 'copilot-api-target': 'input.example' },
      { COPILOT_API_TARGET: 'variable.example' },
      'input.example',
    ],
    ['the variable', {}, { COPILOT_API_TARGET: ' variable.example\n' }, 'variable.example'],
    ['the GitHub server', {}, { COPILOT_API_TARGET: '' }, 'copilot-api.octo.ghe.com'],
    ['the default', {}, { GITHUB_SERVER_URL: '' }, 'api.githubcopilot.com'],
  ])('of Copilot: %s wins', (_, inputs, environment, expected) => {
    const given = { run: 'true', 'copilot-github-token': 'ghu_x', ...inputs };
    const { config } = load(given, { GITHUB_SERVER_URL: 'https://octo.ghe.com', ...environment });
    expect(config.providers[0]?.target.host).toBe(expected);
  });
});

describe('the rest', () => {
  test('lists, sizes and choices', () => {
    const { config, upload } = load({
      run: 'true',
      'allow-domains': 'a.example\nb.example, c.example',
      env: 'A\nB=1',
      'env-all': 'true',
      mounts: '/srv:rw',
      'agent-image': 'debian:13',
      memory: '1g',
      pids: '10',
      'log-level': 'debug',
      'upload-logs': 'on-failure',
      'artifact-name': 'logs',
      'retention-days': '3',
    });
    expect(config).toMatchObject({
      apiProxy: true,
      envAll: true,
      env: [
        { name: 'A', value: undefined },
        { name: 'B', value: '1' },
      ],
      mounts: [{ source: '/srv', target: '/srv', writable: true, origin: 'mounts, line 1' }],
      agentImage: 'debian:13',
      memory: '1g',
      pids: 10,
      logLevel: 'debug',
      proxyLogsDir: undefined,
      keepContainers: false,
    });
    expect(config.egress.allow.map(({ host }) => host)).toEqual(['a.example', 'b.example', 'c.example']);
    expect(upload).toEqual({ when: 'on-failure', artifactName: 'logs', retentionDays: 3 });
  });

  test('an empty input gets its default', () => {
    const { config, upload } = load({ run: 'true', memory: '', 'env-all': '', shell: '', 'upload-logs': '' });
    expect(config).toMatchObject({
      memory: undefined,
      envAll: false,
      command: { shell: expect.arrayContaining(['bash']) as string[] },
    });
    expect(upload).toEqual({ when: 'always', artifactName: undefined, retentionDays: undefined });
  });

  test.each([
    ['upload-logs', 'sometimes'],
    ['retention-days', 'long'],
    ['shell', 'pwsh'],
  ])('%s: %s is rejected', (name, value) => {
    expect(() => load({ run: 'true', [name]: value })).toThrow(`${name}: "${value}"`);
  });

  test('a flag of the command line is not an input', () => {
    vi.stubEnv('INPUT_KEEP-CONTAINERS', 'true');
    vi.stubEnv('INPUT_PROXY-LOGS-DIR', '/elsewhere');
    expect(load({ run: 'true' }).config).toMatchObject({ keepContainers: false, proxyLogsDir: undefined });
  });

  test('nothing runs without a workspace', () => {
    expect(() => load({ run: 'true' }, { GITHUB_WORKSPACE: '' })).toThrow('GITHUB_WORKSPACE');
  });
});
