import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCliArgs } from '../../src/command-line/args.ts';
import type { Config } from '../../src/config/config.ts';
import { describeError, UserError } from '../../src/errors.ts';
import { SENTINELS, temporaryDirectory, thrown } from '../../testing/builders.ts';

function loadBoth(argv: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const request = loadCliArgs(argv, environment, temporaryDirectory());
  if ('text' in request) throw new Error(`it only printed: ${request.text}`);
  return request;
}

const load = (argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Config =>
  loadBoth(argv, environment).config;

/** Each configured provider's upstream. */
const targetsOf = ({ providers }: Config) =>
  Object.fromEntries(providers.map(({ provider, target }) => [provider.id, target]));

describe('the command', () => {
  test.each([
    [['--', 'ls'], ['ls']],
    [
      ['--', 'sh', '-c', 'echo "$1"', '--', '--env', 'A'],
      ['sh', '-c', 'echo "$1"', '--', '--env', 'A'],
    ],
    [
      ['--memory', '1g', '--', 'tool', '--memory', '2g', ''],
      ['tool', '--memory', '2g', ''],
    ],
  ])('of %j is %j', (argv, command) => {
    expect(load(argv).command).toEqual({ kind: 'argv', argv: command });
  });

  test.each([[[]], [['--']], [['--env-all', '--']], [['--env-all']]])('is required: %j', (argv) => {
    const error = thrown(() => load(argv));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe('There is no command to run.');
    expect(error.hint).toBe('Write it after --: awf [options] -- COMMAND [ARG...]. See awf --help.');
  });

  test.each([
    [['claude', '-p', 'sk-secret'], '"claude" is no command of awf.', 'write: awf -- claude ...'],
    [['--memory', '1g', 'claude', '--help'], '"claude" is no command of awf.', 'write: awf [options] -- claude ...'],
    [['ls'], '"ls" is no command of awf.', 'To run it in the sandbox, write: awf -- ls'],
    [
      ['run', '--', 'x'],
      '"run" is in front of --, where only options are.',
      'Write: awf [options] -- COMMAND [ARG...].',
    ],
    [['--env-all', 'sh', '-c', 'a', '--', 'b'], '"sh" is in front of --', 'See awf --help.'],
  ])('needs -- in front of it: %j', (argv, message, hint) => {
    const error = thrown(() => load(argv));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(error.message + (error.hint ?? '')).not.toContain('secret');
  });
});

describe('flags', () => {
  test.each([
    [[], true],
    [['--transparent'], true],
    [['--transparent=true'], true],
    [['--transparent=false'], false],
    [['--no-transparent'], false],
  ])('what is on by default can be switched off: %j', (flags, expected) => {
    const built = loadCliArgs([...flags, '--enable-api-proxy', '--', 'true'], {});
    expect('config' in built && built.config.transparent).toBe(expected);
  });

  test('lists: repeated, and with commas if the list accepts them', () => {
    const config = load([
      ...['--allow-domains', 'a.example,b.example', '--allow-domains', 'c.example'],
      ...['--env', 'A=1,2', '--env', 'B'],
      ...['--mount', '/srv', '--mount', '/cache:rw'],
      ...['--add-hosts', 'a.example:10.0.0.1', '--add-hosts', 'b.example:10.0.0.2'],
      ...['--', 'true'],
    ]);
    expect(config.egress.allow.map(({ host }) => host)).toEqual(['a.example', 'b.example', 'c.example']);
    expect(config.env).toEqual([
      { name: 'A', value: '1,2' },
      { name: 'B', value: undefined },
    ]);
    expect(config.mounts).toEqual([
      { source: '/srv', target: '/srv', writable: false, origin: '--mount (1st)' },
      { source: '/cache', target: '/cache', writable: true, origin: '--mount (2nd)' },
    ]);
    expect(config.addHosts.map(({ name }) => name)).toEqual(['a.example', 'b.example']);
  });

  test('a variable with a line break is rejected without printing its value', () => {
    const error = thrown(() => load(['--env', 'OK=1', '--env', 'A=first\nsecond', '--', 'true']));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe('--env (2nd): the value of A has a line break.');
    expect(error.hint).toContain('write --env A.');
    expect(error.message + (error.hint ?? '')).not.toContain('second');
  });

  test('the others', () => {
    const config = load(
      [
        ...['--enable-api-proxy', '--env-all', '--keep-containers', '--agent-image', 'debian:13', '--memory', '1g'],
        ...[
          '--pids',
          '7',
          '--log-level',
          'error',
          '--proxy-logs-dir',
          'logs',
          '--gemini-api-target',
          'g.example:8443/v',
        ],
        ...['--', 'true'],
      ],
      { GEMINI_API_KEY: 'AIza-1' },
    );
    expect(config).toMatchObject({
      apiProxy: true,
      envAll: true,
      keepContainers: true,
      agentImage: 'debian:13',
      memory: '1g',
      pids: 7,
      logLevel: 'error',
      proxyLogsDir: resolve('logs'),
    });
    expect(targetsOf(config)).toEqual({ gemini: { host: 'g.example', port: 8443, basePath: '/v' } });
  });

  test('without options, the defaults apply, without the api-proxy', () => {
    expect(load(['--', 'true'])).toMatchObject({
      apiProxy: false,
      envAll: false,
      keepContainers: false,
      agentImage: undefined,
      memory: undefined,
      pids: 4096,
      logLevel: 'info',
      proxyLogsDir: undefined,
      env: [],
      mounts: [],
    });
  });

  test.each<[string, readonly string[], NodeJS.ProcessEnv, boolean, readonly string[]]>([
    ['a key', [], { ANTHROPIC_API_KEY: 'sk-1' }, true, ['ANTHROPIC_API_KEY']],
    ['an empty key', [], { ANTHROPIC_API_KEY: ' ' }, false, []],
    ['a key and =false', ['--enable-api-proxy=false'], { ANTHROPIC_API_KEY: 'sk-1' }, false, []],
    ['a key and --no-enable-api-proxy', ['--no-enable-api-proxy'], { ANTHROPIC_API_KEY: 'sk-1' }, false, []],
    ['a key and the flag', ['--enable-api-proxy'], { ANTHROPIC_API_KEY: 'sk-1' }, true, []],
    ['a credential of a host', [], { AWF_HOST_CREDENTIALS: 'a.example bearer x' }, true, ['AWF_HOST_CREDENTIALS']],
    ['rules of a host', ['--host-rules=a.example GET /x'], {}, true, []],
    ['another variable', [], { GITHUB_TOKEN: 'ghs_x' }, false, []],
  ])('the api-proxy, with %s', (_, flags, environment, apiProxy, apiProxyKeys) => {
    expect(load([...flags, '--', 'true'], environment)).toMatchObject({ apiProxy, apiProxyKeys });
  });

  test('without the api-proxy, which applies them, the rules of a host are refused', () => {
    const argv = [
      '--host-rules=a.example GET /x',
      '--allow-domains=a.example',
      '--enable-api-proxy=false',
      '--',
      'true',
    ];
    expect(() => load(argv)).toThrow(/^--host-rules: a\.example has rules, which only the api-proxy applies/);
  });

  test.each<[readonly string[], boolean | undefined]>([
    [[], undefined],
    [['-t'], true],
    [['-it'], true],
    [['-ti'], true],
    [['--tty'], true],
    [['--tty=false'], false],
    [['--no-tty'], false],
    [['--tty', '--no-tty'], false],
    [['--no-tty', '-t'], true],
  ])('the terminal: %j', (flags, expected) => {
    expect(loadBoth([...flags, '--', 'true']).values.tty).toBe(expected);
  });

  test('the workspace is the current directory', () => {
    const directory = temporaryDirectory();
    expect(loadCliArgs(['--', 'true'], {}, directory)).toMatchObject({
      config: { workspace: directory, workingDirectory: directory },
    });
  });

  test.each([
    [['--allow-everything', '--', 'true'], '--allow-everything'],
    [['--openai-api-key', 'sk-1', '--', 'true'], '--openai-api-key'],
    [['--upload-logs', 'never', '--', 'true'], '--upload-logs'],
    [['--memory'], '--memory'],
    [['--memory', '--', 'true'], '--memory needs a value.'],
    [['--agent-image', '--'], '--agent-image needs a value.'],
    [['--agent-image=--', '--', 'true'], '--agent-image needs a value.'],
    [['--memory', 'much', '--', 'true'], '--memory: "much"'],
    [['--log-level', 'loud', '--', 'true'], '--log-level: "loud"'],
    [['--allow-domains', '10.0.0.1', '--', 'true'], '--allow-domains: "10.0.0.1"'],
  ])('refuses %j', (argv, named) => {
    const error = thrown(() => load(argv));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(named);
  });
});

describe('an unknown flag', () => {
  test.each([
    [['--openai-api-key=sk-se=cret', '--', 'true'], "unknown option '--openai-api-key'", 'variable OPENAI_API_KEY'],
    [["--openai-api-key=sk-'se=cret", '--', 'true'], "unknown option '--openai-api-key'", 'variable OPENAI_API_KEY'],
    [['--host-credentials', 'secret', '--', 'true'], "unknown option '--host-credentials'", 'AWF_HOST_CREDENTIALS'],
    [['--result-file=cret', '--', 'true'], "unknown option '--result-file'", 'Only the action has this option.'],
    [['--memor=cret', '--', 'true'], "unknown option '--memor'", 'See awf --help.'],
    [['--keep-containers=cret', '--', 'true'], '--keep-containers takes no value.', 'leave it out'],
  ])('%j is told without its value, and with what to do', (argv, message, hint) => {
    const error = thrown(() => load(argv));
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect(describeError(error)).not.toContain('cret');
  });

  test('gets the name that was meant', () => {
    expect(thrown(() => load(['--allow-domain', 'a', '--', 'true'])).message).toContain(
      'Did you mean --allow-domains?',
    );
  });
});

describe('the environment', () => {
  test('provides the credentials', () => {
    const environment = { ...Object.fromEntries(SENTINELS), OTHER: 'x' };
    expect(loadBoth(['--enable-api-proxy', '--', 'true'], environment).secrets).toEqual(SENTINELS);
  });

  test('provides targets, unless a flag does', () => {
    const variables = { OPENAI_API_TARGET: 'o.example', GEMINI_API_TARGET: 'g.example' };
    const argv = ['--enable-api-proxy', '--openai-api-target', 'flag.example', '--', 'true'];
    expect(targetsOf(load(argv, { ...Object.fromEntries(SENTINELS), ...variables }))).toMatchObject({
      openai: { host: 'flag.example' },
      gemini: { host: 'g.example' },
      anthropic: { host: 'api.anthropic.com' },
    });
  });

  test.each([
    ['the flag', ['--copilot-api-target=flag.example'], { COPILOT_API_TARGET: 'variable.example' }, 'flag.example'],
    ['the variable', [], { COPILOT_API_TARGET: 'variable.example' }, 'variable.example'],
    ['the GitHub server', [], {}, 'copilot-api.octo.ghe.com'],
  ])('provides Copilot’s target: %s wins', (_, flags, variables, expected) => {
    const environment = { COPILOT_GITHUB_TOKEN: 'ghu_x', GITHUB_SERVER_URL: 'https://octo.ghe.com', ...variables };
    const config = load(['--enable-api-proxy', ...flags, '--', 'true'], environment);
    expect(targetsOf(config)['copilot']?.host).toBe(expected);
  });
});

test('--help only prints text', () => {
  const request = loadCliArgs(['--help'], {}, temporaryDirectory());
  expect(request).toEqual({ text: expect.stringContaining('Usage: awf [options] -- COMMAND [ARG...]') as string });
});
