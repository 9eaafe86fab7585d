import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ImageNames } from '../../src/docker/images.ts';
import { DEFAULT_SUBNET } from '../../src/shared/network.ts';
import { actionStep, startLocalProvider, TEST_KEYS, type ActionStep } from '../../testing/runner/action.ts';
import { docker } from '../../testing/engine/engine.ts';
import { startEngineProxy } from '../../testing/engine/engine-proxy.ts';
import { copyAction, give, ordinaryUser, runProgram, type ActionCopy } from '../../testing/runner/program.ts';
import { containerOf, remains, runIdOf } from '../../testing/runner/remains.ts';
import { untilSaid, type EntryResult } from '../../testing/runner/run-entry.ts';
import { imageThatRuns, newImageName } from '../../testing/engine/test-image.ts';

const MARK = 'the command has run';

let step: ActionStep;

/** A step whose command prints {@link MARK} when it runs. */
function aStep(inputs: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}): ActionStep {
  step = actionStep({ run: `echo "${MARK}"`, ...inputs }, { env });
  return step;
}

/** A copy of the action that uses other images. */
function aCopy(images: Partial<ImageNames> = {}): ActionCopy {
  return copyAction(join(step.runner.workspace, '..'), images);
}

function runMain(copy: ActionCopy): Promise<EntryResult> {
  return runProgram(copy.argv('main'), { env: step.runner.main.env, cwd: step.runner.workspace });
}

/** The text of the step's only `::error::` command. */
function errorOf({ stdout }: EntryResult): string {
  const errors = [...stdout.matchAll(/^::error title=[^:]+::(.*)$/gm)].map(([, message = '']) => message);
  expect(errors).toHaveLength(1);
  return errors[0]!.replaceAll('%0A', '\n').replaceAll('%0D', '\r').replaceAll('%25', '%');
}

/**
 * Checks that the step's error contains every part of `message`, that the command has not run, and that nothing is
 * left.
 */
function expectFailure(result: EntryResult, ...message: readonly (string | RegExp)[]): void {
  const error = errorOf(result);
  for (const part of message) expect(error).toMatch(part);
  expect(error).not.toMatch(/^ +at |undefined|\[object/m);
  expect(result, result.stdout + result.stderr).toMatchObject({ code: 1, stderr: '' });
  expect(result.stdout).not.toContain(MARK);
  expect(step.runner.main.outputs()).toMatchObject({ outcome: 'error', 'exit-code': '1' });
  expect(remains(step.runner)).toEqual([]);
}

beforeEach(() => {
  aStep();
});
afterEach(() => {
  step.runner.remove();
});

describe('without an engine', () => {
  beforeEach(() => {
    step.runner.remove();
  });

  test('no docker command, where it is needed', async () => {
    aStep({}, { PATH: '/nonexistent', DOCKER_HOST: 'tcp://127.0.0.1:2375' });
    expectFailure(await step.main(), 'no docker command in PATH', 'Install the Docker command line');
  });

  test.each([
    ['unix:///nonexistent.sock', 'unix:///nonexistent.sock'],
    ['tcp://127.0.0.1:1', '127.0.0.1:1: connect: connection refused'],
  ])('none at %s', async (host, cause) => {
    aStep({}, { DOCKER_HOST: host });
    expectFailure(await step.main(), 'No Docker engine answers', 'systemctl start docker', 'DOCKER_HOST', cause);
  });

  test('an engine that the user may not talk to', async () => {
    aStep();
    const { workspace, main } = step.runner;
    const directory = join(workspace, '..');
    const copy = aCopy();
    give(directory, ordinaryUser());
    // For an ordinary user the socket belongs to another user. For the others it is closed to everybody else.
    const socket = join(directory, 'engine.sock');
    const server = createServer().listen(socket);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    chmodSync(socket, process.getuid?.() === 0 ? 0o600 : 0);
    const argv = [...ordinaryUser().prefix, ...copy.argv('main')];
    const result = await runProgram(argv, { env: { ...main.env, DOCKER_HOST: `unix://${socket}` }, cwd: workspace });
    expectFailure(result, 'engine refuses this user', 'docker group', 'DOCKER_HOST');
  });
});

describe('an engine at a port of this machine', () => {
  /** @returns variables that choose a context in a directory of the client's own */
  function contextFor(endpoint: string, directory: string): Readonly<Record<string, string>> {
    docker([`--config=${directory}`, 'context', 'create', 'at-a-port', `--docker=host=${endpoint}`]);
    return { DOCKER_CONFIG: directory, DOCKER_CONTEXT: 'at-a-port' };
  }

  test.each([
    ['DOCKER_HOST', (endpoint: string) => ({ DOCKER_HOST: endpoint })],
    ['a context', contextFor],
  ])('is reached through the client, set by %s', async (_, variables) => {
    const directory = mkdtempSync(join(tmpdir(), 'test-awf-client-'));
    onTestFinished(() => {
      rmSync(directory, { recursive: true });
    });
    const engine = await startEngineProxy(undefined, 'port');
    onTestFinished(engine.close);
    const env = variables(engine.endpoint, directory);
    step.runner.remove();
    aStep({ run: `echo "${MARK}"; cat; exit 7` }, env);
    const result = await step.main();
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 7, stderr: '' });
    expect(result.stdout).toContain(MARK);
    expect(remains(step.runner)).toEqual([]);
  });
});

describe('images', () => {
  test('agent-image that does not exist', async () => {
    step.runner.remove();
    aStep({ 'agent-image': 'localhost:1/nobody/nothing:0' });
    const result = await step.main();
    expectFailure(result, 'agent-image: localhost:1/nobody/nothing:0', 'could not be pulled', 'Check the name');
  });

  test.each(['UPPER case', '--privileged'])('agent-image that is not a valid name: %s', async (name) => {
    step.runner.remove();
    aStep({ 'agent-image': name });
    expectFailure(await step.main(), `agent-image: "${name}"`, 'ghcr.io/owner/image:tag');
  });

  test('a missing image of AWF’s own is built from containers/', async () => {
    const name = newImageName('api-proxy');
    const result = await runMain(aCopy({ 'api-proxy': name }));
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('AWF: Building awf-api-proxy (1 of 1): the engine does not have it.');
    expect(result.stdout).toContain(MARK);
    expect(docker(['image', 'ls', '--quiet', name])).not.toBe('');
    expect(remains(step.runner)).toEqual([]);
  });

  test('a missing image of AWF’s own that cannot be built', async () => {
    const name = newImageName('api-proxy');
    const copy = aCopy({ 'api-proxy': name });
    writeFileSync(join(copy.root, 'containers', 'api-proxy', 'Dockerfile'), 'FROM scratch\nCOPY nowhere /\n');
    expectFailure(await runMain(copy), `The image ${name} could not be built`, 'script/bootstrap', 'nowhere');
  });
});

describe('inputs', () => {
  beforeEach(() => {
    step.runner.remove();
  });

  test.each<[input: string, value: string, ...message: string[]]>([
    ['run', ' \n ', 'run is empty', 'Give the command'],
    ['shell', 'fish', 'shell: "fish"', 'bash, sh', '{0}'],
    ['working-directory', 'missing', 'working-directory', 'missing'],
    ['working-directory', '..', 'working-directory: ..', 'outside the workspace', 'name a directory inside it'],
    ['allow-domains', 'example.com\nhttps://b.example/path', 'allow-domains, line 2', 'Write "https://b.example"'],
    [
      'allow-domains',
      'example.com, exa mple.com',
      'allow-domains, line 1: "exa mple.com"',
      'Separate entries by commas or lines',
    ],
    ['allow-domains', '10.1.2.3', 'allow-domains, line 1: "10.1.2.3"', 'add-hosts'],
    ['add-hosts', 'gateway.example', 'add-hosts, line 1', '"gateway.example.com:10.1.2.3"'],
    [
      'openai-api-target',
      'https://proxy.example',
      'openai-api-target: "https://proxy.example"',
      'Write "proxy.example"',
    ],
    ['upstream-ca', 'missing.pem', 'upstream-ca: missing.pem cannot be read', 'PEM file that exists'],
    ['env', 'NO-NAME=1', 'env, line 1', 'NAME=value'],
    ['env', 'OPENAI_API_KEY=sk-x', 'env: OPENAI_API_KEY', 'api-proxy injects it'],
    ['env-all', 'yes', 'env-all: "yes"', 'true, false'],
    ['mounts', 'relative', 'mounts, line 1: "relative"', 'absolute paths'],
    ['mounts', '/does/not/exist', 'mounts, line 1: /does/not/exist', 'does not exist'],
    ['memory', 'lots', 'memory: "lots"', '"6g"'],
    ['memory', '1m', 'memory: "1m" is less than the 6 MB', '"6g"'],
    ['pids', '0', 'pids: "0"', 'a whole number from 1'],
    ['pids', '4194305', 'pids: "4194305"', 'a whole number from 1 to 4194304'],
    ['upload-logs', 'sometimes', 'upload-logs: "sometimes"', 'always, on-failure, never'],
    ['retention-days', 'ever', 'retention-days: "ever"', 'a whole number from 1'],
    ['log-level', 'verbose', 'log-level: "verbose"', 'error, warn, info, debug'],
  ])('%s: %j', async (input, value, ...message) => {
    aStep({ [input]: value });
    expectFailure(await step.main(), ...message);
  });

  test('a key with a line break inside, which is never printed', async () => {
    aStep({ 'anthropic-api-key': 'sk-ant-first\nsecond-half' });
    const result = await step.main();
    expectFailure(result, 'anthropic-api-key contains', 'line break', 'single line');
    // The runner removes this command from the log. The command itself keeps the value out of the log.
    const log = result.stdout.replace(/^::add-mask::.*$/gm, '');
    expect(log).not.toMatch(/sk-ant-first|second-half/);
    expect(step.runner.main.summary()).toMatch(/^## ❌ AWF: the inputs are not valid\n/);
    expect(step.runner.main.summary()).not.toMatch(/sk-ant-first|second-half/);
  });

  test('a key with line breaks around it works', async () => {
    const provider = await startLocalProvider();
    onTestFinished(provider.server.close);
    const run =
      'node -e \'fetch(process.env.GEMINI_API_BASE_URL + "/v1beta/models").then((r) => console.log(r.status))\'';
    step = actionStep(
      { ...provider.inputs('gemini'), 'gemini-api-key': `\n ${TEST_KEYS.gemini}\r\n`, run },
      { ca: provider.ca },
    );
    expect((await step.main()).code).toBe(0);
    expect(provider.server.requests.map(({ headers }) => headers['x-goog-api-key'])).toEqual([TEST_KEYS.gemini]);
  });

  test('RUNNER_TEMP that does not exist', async () => {
    aStep({}, { RUNNER_TEMP: '/does/not/exist' });
    expectFailure(await step.main(), '/does/not/exist', 'RUNNER_TEMP');
  });
});

describe('networks', () => {
  test('takes another subnet if the default is taken, and everything follows', async () => {
    step.runner.remove();
    const provider = await startLocalProvider();
    onTestFinished(provider.server.close);
    await occupyDefaultSubnet();
    step = actionStep(
      {
        ...provider.inputs('openai'),
        run: `
          env | grep -E '^(https_proxy|NO_PROXY|AWF_API_PROXY_IP|OPENAI_BASE_URL)=' | sort
          curl -sS -H 'content-type: application/json' "$OPENAI_BASE_URL/chat/completions" \\
            -d '{"model":"test","messages":[{"role":"user","content":"hi"}]}'`,
      },
      { ca: provider.ca },
    );
    const result = await step.main();
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, stderr: '' });
    const [, prefix = ''] = /^AWF_API_PROXY_IP=(.+)\.30$/m.exec(result.stdout) ?? [];
    expect(prefix).toMatch(/^(172\.30|10\.213)\.\d+$/);
    expect(prefix).not.toBe('172.30.0');
    expect(result.stdout).toContain(
      [
        `AWF_API_PROXY_IP=${prefix}.30`,
        `NO_PROXY=localhost,127.0.0.1,${prefix}.30,${prefix}.20,awf-agent,0.0.0.0`,
        `OPENAI_BASE_URL=http://${prefix}.30:10000/v1`,
        `https_proxy=http://${prefix}.10:3128`,
      ].join('\n'),
    );
    expect(result.stdout).toContain('Hello from the local provider.');
    expect(remains(step.runner)).toEqual([]);
  });
});

/** Makes sure that the default subnet is taken while the test runs. */
async function occupyDefaultSubnet(): Promise<void> {
  const name = `test-awf-${process.pid}-${Date.now()}`;
  const end = performance.now() + 60_000;
  for (;;) {
    const { status, stderr } = spawnSync('docker', ['network', 'create', `--subnet=${DEFAULT_SUBNET}`, name], {
      encoding: 'utf8',
    });
    if (status === 0) break;
    // Another run uses it, and might release it before ours starts.
    if (performance.now() > end) throw new Error(`The subnet could not be taken: ${stderr}`);
    await sleep(200);
  }
  onTestFinished(() => void docker(['network', 'rm', name]));
}

describe('sidecars', () => {
  test('a PEM file without a certificate stops the api-proxy, and the error says why', async () => {
    step.runner.remove();
    aStep({ 'upstream-ca': 'broken.pem', 'gemini-api-key': TEST_KEYS.gemini });
    writeFileSync(
      join(step.runner.workspace, 'broken.pem'),
      '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n',
    );
    expectFailure(
      await step.main(),
      'The api-proxy ended unexpectedly with exit code 1',
      'The api-proxy cannot start',
      /CA|certificate/i,
    );
  });

  test.each(['squid', 'api-proxy'] as const)(
    '%s that exits at its start: the error contains its last lines',
    async (role) => {
      const script =
        'cat > /dev/null; { for i in {1..20}; do echo "line $i"; done; echo "the disk is on fire"; } >&2; exit 3';
      const result = await runMain(aCopy({ [role]: imageThatRuns(role, script) }));
      const title = { squid: 'Squid', 'api-proxy': 'The api-proxy' }[role];
      expectFailure(result, `${title} ended unexpectedly with exit code 3`, 'line 20\nthe disk is on fire');
      expect(errorOf(result)).not.toContain('line 1\n');
    },
  );

  test.each(['squid', 'api-proxy'] as const)('%s that dies during the command stops the run', async (role) => {
    step.runner.remove();
    aStep({ run: 'echo started; sleep 60; echo "$0 goes on"' });
    const main = await step.start();
    await untilSaid(main, 'started');
    docker(['kill', containerOf(runIdOf(step.runner)!, role)]);
    const result = await main.done;
    const title = { squid: 'Squid', 'api-proxy': 'The api-proxy' }[role];
    expectFailure(result, `${title} ended unexpectedly with exit code 137`);
    expect(result.stdout).not.toContain('goes on');
  });

  test('a link that Squid leaves among its logs is not followed', async () => {
    const image = imageThatRuns(
      'squid',
      'ln -s "$(cat /proc/1/environ | tr "\\0" "\\n" | sed -n s/^VICTIM=//p)" /var/log/squid/timings.json; exec awf-squid',
    );
    const victim = join(step.runner.temp, '..', 'victim');
    writeFileSync(victim, 'untouched');
    const copy = aCopy({ squid: image });
    // A subverted Squid would have to guess the host's paths. Here the test gives it the path.
    docker(['build', `--tag=${image}`, '-'], `FROM ${image}\nENV VICTIM=${victim}\n`);
    const result = await runMain(copy);
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(readFileSync(join(step.runner.main.outputs()['logs-path']!, 'timings.json'), 'utf8')).toContain('startupMs');
  });
});
