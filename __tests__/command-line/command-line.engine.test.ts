import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startLocalProvider, TEST_KEYS, type LocalProvider } from '../../testing/runner/action.ts';
import { lastRun, RUN_FILE, runLogsDirectory } from '../../src/host/run-logs.ts';
import { networkNames } from '../../src/shared/network.ts';
import { ROOT } from '../../testing/root.ts';
import { docker, leftOvers } from '../../testing/engine/engine.ts';
import { runProgram, startProgram, type ProgramOptions } from '../../testing/runner/program.ts';
import { containerOf } from '../../testing/runner/remains.ts';
import { untilSaid, type EntryResult } from '../../testing/runner/run-entry.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { LOG_DIRECTORY } from '../../testing/runner/log-directory.ts';

const PROGRAM = join(ROOT, 'dist', 'cli', 'index.js');

let directory: string;
let workspace: string;
let temporary: string;
let provider: LocalProvider;

beforeAll(async () => {
  provider = await startLocalProvider();
});
afterAll(() => provider.server.close());

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'test-awf-cli-'));
  const at = (name: string): string => {
    mkdirSync(join(directory, name));
    return join(directory, name);
  };
  [workspace, temporary] = [at('workspace'), at('temporary')];
  at('home');
  provider.server.reset();
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const options = (env: Readonly<Record<string, string>> = {}): ProgramOptions => ({
  cwd: workspace,
  env: { PATH: HOST_PATH, HOME: join(directory, 'home'), TMPDIR: temporary, ...env },
});

/** Runs `awf`, and checks that it left nothing except logs. */
async function awf(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<EntryResult> {
  const first = args[0]?.startsWith('-') === false ? [] : ['--log-level=debug'];
  const result = await runProgram([process.execPath, PROGRAM, ...first, ...args], options(env));
  expectNothingLeft(result);
  return result;
}

/** The run's id, from the engine's commands at `--log-level debug`. Undefined if it asked the engine for nothing. */
const runIdOf = (stderr: string): string | undefined => /"awf\.run":"([0-9a-f]{8})"/.exec(stderr)?.[1];

function expectNothingLeft({ stderr }: EntryResult): void {
  const runId = runIdOf(stderr);
  if (runId !== undefined) expect(leftOvers(runId)).toEqual([]);
  expect(readdirSync(temporary).filter((name) => !LOG_DIRECTORY.test(name))).toEqual([]);
}

/** The messages on standard error, without the engine's commands. */
const said = ({ stderr }: EntryResult): string[] =>
  stderr.split('\n').filter((line) => line !== '' && !line.startsWith('awf: debug: '));

/** A command that asks Squid for a tunnel to each name and prints the answers. */
const tunnelsTo = (...names: readonly string[]): string[] => [
  'bash',
  '-c',
  `proxy=\${https_proxy#http://}
  for name; do
    exec {tunnel}<> "/dev/tcp/\${proxy%:*}/\${proxy#*:}"
    printf 'CONNECT %s:443 HTTP/1.1\\r\\nHost: %s:443\\r\\n\\r\\n' "$name" "$name" >&$tunnel
    read -r _ status _ <&$tunnel
    echo "$name $status"
  done`,
  'bash',
  ...names,
];

const CALL_MODEL = [
  ...['bash', '-c', 'curl -sS -H "content-type: application/json" "$ANTHROPIC_BASE_URL/v1/messages" -d "$0"'],
  JSON.stringify({ model: 'test', max_tokens: 16, messages: [{ role: 'user', content: 'hi' }] }),
];

function providerFlags(): string[] {
  const inputs = provider.inputs('anthropic');
  const ca = join(directory, 'ca.pem');
  writeFileSync(ca, provider.ca.certPem);
  return [
    '--enable-api-proxy',
    `--anthropic-api-target=${inputs['anthropic-api-target'] ?? ''}`,
    `--add-hosts=${inputs['add-hosts'] ?? ''}`,
    `--upstream-ca=${ca}`,
  ];
}

describe('the command', () => {
  test('gets its arguments unchanged, and both streams are relayed', async () => {
    const script = 'printf "<%s>" "$@"; echo to-err >&2';
    const args = ['a b', '', "it's", '$HOME `id` "q"', '--help', 'two\nlines', 'ümläut'];
    const result = await runProgram(
      [process.execPath, PROGRAM, '--log-level', 'error', '--', 'sh', '-c', script, 'sh', ...args],
      options(),
    );
    expect(result.stdout).toBe(args.map((arg) => `<${arg}>`).join(''));
    expect(result.stderr).toBe('to-err\n');
  });

  test('is the host’s program, not the sandbox’s program of the same name', async () => {
    const program = spawnSync('sh', ['-c', 'readlink -f "$(command -v readlink)"'], { encoding: 'utf8' }).stdout;
    expect(program).toMatch(/^\//);
    expect(await awf(['--', 'readlink', '-f', '/proc/self/exe'])).toMatchObject({ code: 0, stdout: program });
    const missing = await awf(['--', 'awf-no-such-program']);
    expect(missing, missing.stdout + missing.stderr).toMatchObject({ code: 127, stdout: '' });
    expect(missing.stderr).toContain('awf-no-such-program: not found');
  });

  test('runs in the current directory, which is the workspace, and decides the exit code', async () => {
    const result = await awf(['--', 'sh', '-c', 'pwd; echo made > file; exit 7']);
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 7, stdout: `${workspace}\n` });
    expect(readFileSync(join(workspace, 'file'), 'utf8')).toBe('made\n');
  });

  test.each([
    ['the command', 'stdout', 'started'],
    ['the creation of networks', 'stderr', 'POST /networks/create'],
    ['the creation of containers', 'stderr', 'POST /containers/create'],
  ] as const)('is stopped by Ctrl-C, which reaches the whole process group, during %s', async (_, stream, sign) => {
    const argv = [process.execPath, PROGRAM, '--log-level=debug', '--', 'sh', '-c', 'echo started; sleep 60'];
    const running = await startProgram(argv, { ...options(), group: true });
    await untilSaid(running, sign, { said: running[stream] });
    process.kill(-running.pid, 'SIGINT');
    const result = await running.done;
    expect(result, result.stdout + result.stderr).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(said(result)).toContain('awf: error: The run was cancelled (SIGINT).');
    expectNothingLeft(result);
  });
});

describe('flags', () => {
  test('--allow-domains, with commas or several times', async () => {
    const address = provider.inputs('anthropic')['add-hosts']?.split(':')[1] ?? '';
    const hosts = ['a', 'b', 'c', 'd'].map((name) => `--add-hosts=${name}.example:${address}`);
    const names = ['a.example', 'b.example', 'c.example', 'd.example', 'sub.a.example.org'];
    const result = await awf([
      ...['--allow-domains', 'a.example,b.example', '--allow-domains=c.example', ...hosts],
      ...['--', ...tunnelsTo(...names)],
    ]);
    expect(result.stdout.trim().split('\n')).toEqual([
      'a.example 200',
      'b.example 200',
      'c.example 200',
      'd.example 403',
      'sub.a.example.org 403',
    ]);
    expect(said(result)).toContain(
      'awf: ⛔ 2 domains were refused. If the command needs them, add to --allow-domains:',
    );
    for (const name of ['d.example', 'sub.a.example.org']) {
      expect(result.stderr).toMatch(new RegExp(`^ {4}# ${name} +# 1 request, unknown to AWF: look first$`, 'm'));
    }
  });

  test('a policy file opens and closes names without any flag', async () => {
    const address = provider.inputs('anthropic')['add-hosts']?.split(':')[1] ?? '';
    const hosts = ['a.example', 'shut.a.example', 'b.example'].map((name) => `--add-hosts=${name}:${address}`);
    mkdirSync(join(workspace, '.github'));
    const policy = 'version: 1\negress:\n  allow: [a.example]\n  deny: [shut.a.example]\n';
    writeFileSync(join(workspace, '.github/awf.yml'), policy);
    const result = await awf([
      '--log-level=debug',
      ...hosts,
      '--',
      ...tunnelsTo('a.example', 'shut.a.example', 'b.example'),
    ]);
    expect(result.stdout.trim().split('\n')).toEqual(['a.example 200', 'shut.a.example 403', 'b.example 403']);
    expect(said(result)).toContain(
      'awf: the policy file .github/awf.yml, as it is on disk, counts: 1 domain. Without it: --policy=none',
    );
    expect(result.stderr).toMatch(/^ {2}file +\.github\/awf\.yml, as it is on disk$/m);
    const without = await awf(['--policy=none', ...hosts, '--', ...tunnelsTo('a.example')]);
    expect(without.stdout.trim()).toBe('a.example 403');
    expect(without.stderr).not.toContain('policy file');
  });

  test('the command cannot rewrite the policy file', async () => {
    mkdirSync(join(workspace, '.github'));
    writeFileSync(join(workspace, '.github/awf.yml'), 'version: 1\n');
    const result = await awf(['--', 'sh', '-c', 'echo wide > .github/awf.yml; rm .github/awf.yml; echo > other']);
    expect(result.stderr).toContain('.github/awf.yml');
    expect(readFileSync(join(workspace, '.github/awf.yml'), 'utf8')).toBe('version: 1\n');
    expect(readdirSync(workspace)).toContain('other');
  });

  test('--env-all withholds the key, by name and by value', async () => {
    const env = { ANTHROPIC_API_KEY: TEST_KEYS.anthropic, COPY: `x${TEST_KEYS.anthropic}x`, OTHER: 'yes' };
    const result = await awf(['--env-all', '--', 'env'], env);
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stdout).toContain('OTHER=yes');
    expect(result.stdout).not.toContain(TEST_KEYS.anthropic);
    expect(said(result).join('\n')).toContain('awf: warning: COPY is withheld');
    expect(result.stderr).not.toContain(TEST_KEYS.anthropic);
  });

  test('--env, --mount, --working-directory, --memory and --pids work like the action’s', async () => {
    const data = join(directory, 'data');
    mkdirSync(data, { mode: 0o777 });
    mkdirSync(join(workspace, 'sub'));
    writeFileSync(join(data, 'file'), 'content');
    const script = `
      pwd; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2> /dev/null
      echo "\${GIVEN-unset},\${SET-unset},\${OTHER-unset}"
      cat /read/file; echo x > /read/new || echo " refused"; echo y > /write/new && echo written`;
    const flags = [
      ...['--env', 'GIVEN', '--env=SET=a=b c'],
      ...[`--mount=${data}:/read`, '--mount', `${data}:/write:rw`],
      ...['--working-directory=sub', '--memory=64m', '--pids', '50'],
    ];
    const result = await awf([...flags, '--', 'sh', '-c', script], { GIVEN: 'from outside', OTHER: 'no' });
    expect(result.stdout.trim().split('\n')).toEqual([
      join(workspace, 'sub'),
      String(64 * 1024 * 1024),
      'from outside,a=b c,unset',
      'content refused',
      'written',
    ]);
    expect(readFileSync(join(data, 'new'), 'utf8')).toBe('y\n');
  });

  test('--keep-containers keeps them for inspection, with nothing running in them', async () => {
    const argv = [process.execPath, PROGRAM, '--keep-containers', '--enable-api-proxy', '--', 'true'];
    const result = await runProgram(argv, options({ GEMINI_API_KEY: TEST_KEYS.gemini }));
    const [, runId = 'none'] = /docker ps -a --filter label=awf\.run=([0-9a-f]{8})$/m.exec(result.stderr) ?? [];
    try {
      expect(result.code, result.stdout + result.stderr).toBe(0);
      const kept = leftOvers(runId);
      // A network of its own leads out only where the engine's default network cannot.
      const { internal, outer } = networkNames(runId);
      expect(kept.filter((name) => name !== outer)).toHaveLength(5);
      expect(kept).toContain(internal);
      const running = (role: 'squid' | 'api-proxy' | 'agent'): string =>
        docker(['inspect', '--format={{.State.Running}}', containerOf(runId, role)]);
      expect([running('squid'), running('api-proxy'), running('agent')]).toEqual(['false', 'false', 'false']);
      expect(docker(['inspect', ...kept])).not.toContain(TEST_KEYS.gemini);
    } finally {
      const [containers, networks] = [
        ['ps', '--all'],
        ['network', 'ls'],
      ].map((list) =>
        docker([...list, '--quiet', `--filter=label=awf.run=${runId}`])
          .split('\n')
          .filter(Boolean),
      );
      docker(['rm', '--force', '--volumes', ...containers!]);
      docker(['network', 'rm', ...networks!]);
    }
  });
});

describe('standard input', () => {
  const piped = (input: string, args: readonly string[]) =>
    spawnSync(process.execPath, [PROGRAM, '--log-level=error', ...args], { ...options(), input, encoding: 'utf8' });

  test('reaches the command with its end, octet by octet, and stops with the command', () => {
    const long = 'line\n'.repeat(200_000);
    expect(piped(long, ['--', 'cat'])).toMatchObject({ status: 0, stdout: long });
    expect(piped(long, ['--', 'sh', '-c', 'read -r line; echo "$line"; exit 4'])).toMatchObject({
      ...{ status: 4, stdout: 'line\n' },
    });
    expect(piped('', ['--', 'cat'])).toMatchObject({ status: 0, stdout: '' });
  });

  test('that the command does not read is not in the way of its end', () => {
    const script = 'trap "echo asked; exit 3" TERM; sleep 60 & wait';
    const result = piped('x'.repeat(4_000_000), ['--timeout-minutes=0.03', '--', 'sh', '-c', script]);
    expect(result).toMatchObject({ status: 124, stdout: 'asked\n' });
  });
});

describe('--enable-api-proxy', () => {
  test('puts the key from the environment into the requests', async () => {
    const env = { ANTHROPIC_API_KEY: TEST_KEYS.anthropic };
    const result = await awf([...providerFlags(), '--', ...CALL_MODEL], env);
    expect(result.stdout).toContain('Hello from the local provider.');
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(provider.server.requests.map(({ headers }) => headers['x-api-key'])).toEqual([TEST_KEYS.anthropic]);
    expect(`${result.stdout}${result.stderr}`).not.toContain(TEST_KEYS.anthropic);
  });

  test('=false: there is no api-proxy and no variable for a provider', async () => {
    const argv = [process.execPath, PROGRAM, '--log-level=debug', '--enable-api-proxy=false'];
    argv.push('--', 'sh', '-c', 'env; echo ready; sleep 1');
    const running = await startProgram(argv, options({ ANTHROPIC_API_KEY: TEST_KEYS.anthropic }));
    await untilSaid(running, 'ready');
    const newest = docker(['ps', '--format={{.Label "awf.run"}} {{.Names}} {{.Mounts}}', '--no-trunc']);
    const result = await running.done;
    const runId = runIdOf(result.stderr)!;
    const own = newest.split('\n').filter((line) => line.startsWith(runId));
    expect(own.map((line) => /awf-(squid|agent|api-proxy)/.exec(line)?.[1]).sort()).toEqual(['agent', 'squid']);
    expect(result.stdout).toContain('https_proxy=');
    expect(result.stdout).not.toMatch(/^(ANTHROPIC|OPENAI|COPILOT|GEMINI|GOOGLE|CLAUDE)_/m);
    expect(said(result).join('\n')).not.toContain('API proxy enabled');
    expectNothingLeft(result);
  });
});

describe('logs', () => {
  test('are in the user’s place for state; without a key there is a warning', async () => {
    const result = await awf(['--enable-api-proxy', '--', ...tunnelsTo('refused.example')]);
    expect(said(result)).toContain(
      'awf: warning: API proxy enabled but no API keys found in environment. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, COPILOT_GITHUB_TOKEN, or COPILOT_API_KEY to use the proxy',
    );
    const [, squid = '', apiProxy = ''] = /^awf: logs: (.+), (.+)$/m.exec(result.stderr) ?? [];
    const last = lastRun(runLogsDirectory({}, join(directory, 'home')))?.path ?? '';
    expect([squid, apiProxy].map((path) => path.replace(/\d+$/, ''))).toEqual([
      join(last, 'squid-logs-'),
      join(last, 'api-proxy-logs-'),
    ]);
    expect(JSON.parse(readFileSync(join(last, RUN_FILE), 'utf8'))).toMatchObject({ program: 'bash', exitCode: 0 });
    expect(readdirSync(temporary)).toEqual([]);
    expect(readFileSync(join(squid, 'access.log'), 'utf8')).toContain('CONNECT refused.example 443');
    expect(readdirSync(apiProxy).sort()).toEqual(['api-proxy.log', 'requests.jsonl', 'usage.json']);
    for (const path of [squid, apiProxy]) expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  test('are in the temporary directory if the place for state is in the workspace', async () => {
    const result = await awf(['--', ...tunnelsTo('x.example')], { XDG_STATE_HOME: join(workspace, 'state') });
    expect(said(result).join('\n')).toMatch(/The logs go to the temporary directory\. .*is in the workspace\./);
    expect(/^awf: logs: (.+)$/m.exec(result.stderr)?.[1]).toContain(join(temporary, 'squid-logs-'));
    expect(readdirSync(workspace)).toEqual([]);
  });

  test('--proxy-logs-dir, with api-proxy-logs beside it; logs of an earlier run stay and are not reported again', async () => {
    const chosen = join(directory, 'deep', 'my-logs');
    const flags = ['--enable-api-proxy', '--proxy-logs-dir', chosen];
    const first = await awf([...flags, '--', ...tunnelsTo('first.example')]);
    expect(first.stdout).toBe('first.example 403\n');
    expect(first.stderr).toMatch(/^ {4}# first\.example /m);
    const second = await awf([...flags, '--', ...tunnelsTo('second.example')]);
    expect(second.stderr).toMatch(/^ {4}# second\.example /m);
    expect(second.stderr).not.toContain('first.example');
    expect(readdirSync(join(directory, 'deep')).sort()).toEqual(['api-proxy-logs', 'my-logs']);
    const log = readFileSync(join(chosen, 'access.log'), 'utf8');
    expect(log).toContain('CONNECT first.example 443');
    expect(log).toContain('CONNECT second.example 443');
    expect(readdirSync(join(directory, 'deep', 'api-proxy-logs')).sort()).toEqual([
      'api-proxy.log',
      'requests.jsonl',
      'usage.json',
    ]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test.each(['logs', '.', '../workspace/a/b'])('--proxy-logs-dir in the workspace is rejected: %s', async (path) => {
    const result = await awf(['--proxy-logs-dir', path, '--', 'true']);
    expect(result.code, result.stdout + result.stderr).toBe(2);
    expect(said(result).join('\n')).toMatch(
      /proxy-logs-dir: .* is in the workspace[^]*Use a directory outside the workspace/,
    );
    expect(readdirSync(workspace)).toEqual([]);
  });
});

describe('the command line itself', () => {
  test('--help shows every flag', async () => {
    const result = await awf(['--help']);
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, stderr: '' });
    for (const flag of ['allow-domains', 'enable-api-proxy', 'openai-api-target', 'env', 'env-all', 'agent-image']) {
      expect(result.stdout).toContain(`--${flag}`);
    }
    for (const flag of ['mount', 'log-level', 'proxy-logs-dir', 'keep-containers', 'upstream-ca', 'memory']) {
      expect(result.stdout).toContain(`--${flag}`);
    }
    expect(result.stdout).toContain('awf [options] -- COMMAND');
  });

  test.each([
    [['--allow-domain', 'x', '--', 'true'], "unknown option '--allow-domain'", '--help'],
    [['--'], 'There is no command to run.', '--help'],
    [['claude', '-p', 'x'], '"claude" is no command of awf.', 'To run it in the sandbox, write: awf -- claude ...'],
    [['--allow-domains'], '--allow-domains needs a value.', '--help'],
    [['--agent-image', '--', 'true'], '--agent-image needs a value.', '--agent-image VALUE'],
    [['--allow-domains', 'http://', '--', 'true'], '--allow-domains: "http://"', 'example.com'],
    [['--memory', 'lots', '--pids', '0', '--', 'true'], '--memory: "lots"', '6g', '--pids: "0"'],
    [['--memory', '8', '--', 'true'], '--memory: "8" is less than the 6 MB', 'in bytes', '"6g"'],
    [['--mount', 'relative', '--', 'true'], 'relative', 'absolute paths'],
  ])('%j is rejected', async (args, ...message) => {
    const result = await awf(args);
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 2, stdout: '' });
    for (const part of message) expect(result.stderr).toContain(part);
    expect(result.stderr).toMatch(/^awf: error: /);
  });

  test('without an engine it explains what to do', async () => {
    const result = await awf(['--', 'true'], { DOCKER_HOST: 'unix:///nonexistent.sock' });
    expect(result.code, result.stdout + result.stderr).toBe(1);
    expect(said(result).join('\n')).toMatch(
      /awf: error: No Docker engine answers\.\nStart one .*\nCause: unix:\/\/\/nonexistent\.sock: /,
    );
  });

  test('is an executable program with a shebang line', () => {
    const { status, stdout } = spawnSync(PROGRAM, ['--help'], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain('awf [options]');
  });
});
