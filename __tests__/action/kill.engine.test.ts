import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  actionStep,
  startLocalProvider,
  waitFor,
  type ActionStep,
  type LocalProvider,
} from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { startArtifactService, type ArtifactService } from '../../testing/runner/artifact-service.ts';
import { copyAction, descendants, kill, killTree, startProgram } from '../../testing/runner/program.ts';
import { remains, runIdOf, volumesOf } from '../../testing/runner/remains.ts';
import { untilSaid, type EntryResult, type RunningEntry } from '../../testing/runner/run-entry.ts';
import { startEngineProxy } from '../../testing/engine/engine-proxy.ts';
import { newImageName } from '../../testing/engine/test-image.ts';
import { readZip } from '../../testing/zip.ts';

/** Milliseconds until the runner sends SIGKILL. */
const RUNNER_PATIENCE = 10_000;

/** One model call, one refused tunnel, and one that stays open. */
const TRAFFIC = `
curl -sS -o /tmp/answer -H 'content-type: application/json' "$ANTHROPIC_BASE_URL/v1/messages" \\
  -d '{"model":"test","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}'
proxy=\${https_proxy#http://}
connect() {
  exec {tunnel}<> "/dev/tcp/\${proxy%:*}/\${proxy#*:}"
  printf 'CONNECT %s:443 HTTP/1.1\\r\\nHost: %s:443\\r\\n\\r\\n' "$1" "$1" >&$tunnel
  read -r answer <&$tunnel
  echo "$1 $answer"
}
connect refused.example
connect open.example
echo "all requests are made"
sleep 60`;

let provider: LocalProvider;
let service: ArtifactService;
let step: ActionStep | undefined;

beforeAll(async () => {
  provider = await startLocalProvider();
  service = await startArtifactService();
});
afterAll(async () => {
  await provider.server.close();
  await service.close();
});
afterEach(() => {
  step?.runner.remove();
  step = undefined;
});

/** The entry's result. Fails if the entry takes longer than a runner waits. */
async function ended({ done }: RunningEntry): Promise<EntryResult> {
  const result = await Promise.race([done, sleep(RUNNER_PATIENCE)]);
  if (result === undefined) throw new Error('The main step did not end before the runner would have killed it.');
  return result;
}

/** How a main step is killed: by the kernel, and by a runner whose grace period is over. */
const KILLS: readonly [string, (entry: RunningEntry) => void][] = [
  ['the process alone', (entry) => entry.signal('SIGKILL')],
  ['its process tree', (entry) => killTree(entry.pid)],
];

describe('D5 SIGKILL during the command, then the post step', () => {
  test.each(KILLS)('leaves nothing, and the logs are complete: %s', async (_, end) => {
    const inputs = provider.inputs('anthropic');
    step = actionStep(
      {
        ...inputs,
        run: TRAFFIC,
        // It may have a tunnel of its own.
        'check-keys': 'false',
        'allow-domains': 'open.example',
        'add-hosts': `${inputs['add-hosts'] ?? ''}\nopen.example:${inputs['add-hosts']?.split(':')[1] ?? ''}`,
      },
      { ca: provider.ca, env: service.env },
    );
    const main = await step.start();
    await untilSaid(main, 'all requests are made');
    expect(main.stdout()).toContain('refused.example HTTP/1.1 403 Forbidden');
    expect(main.stdout()).toContain('open.example HTTP/1.1 200 Connection established');
    const volumes = volumesOf(runIdOf(step.runner)!);
    expect(volumes).not.toHaveLength(0);
    end(main);
    const post = await step.post();

    // How much the post step removes is not certain: another test's run may find the left-overs first.
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(post.stdout).not.toContain('::warning');
    expect(remains(step.runner, volumes)).toEqual([]);

    const artifact = service.artifacts.at(-1)!;
    expect(artifact.name).toBe(`awf-logs-${runIdOf(step.runner) ?? ''}`);
    expect(artifact.finalized).toBe(true);
    const files = readZip(artifact.zip);
    const content = (name: string): string =>
      files.get([...files.keys()].find((path) => path.endsWith(name))!)!.toString();
    // The logs must be complete: every tunnel, including those open at the kill, and every model request. Only
    // timings.json is missing, because the killed process would have written it. The post step writes usage.json.
    const accesses = content('/access.log').trim().split('\n');
    expect(accesses.filter((line) => line.includes('CONNECT refused.example 443'))).toHaveLength(1);
    expect(accesses.filter((line) => line.includes('CONNECT open.example 443'))).toHaveLength(1);
    expect(accesses.filter((line) => line.includes('CONNECT api.anthropic.com '))).toHaveLength(1);
    expect(accesses).toHaveLength(3);
    expect(content('/api-proxy.log')).toContain('"path":"/v1/messages","status":200,"upstreamStatus":200');
    expect([...files.keys()].map((path) => path.replace(/^.*\//, '')).sort()).toEqual([
      'access.log',
      'api-proxy.log',
      'cache.log',
      'requests.jsonl',
      'usage.json',
    ]);
    expect(JSON.parse(content('usage.json'))).toMatchObject({ requests: 1 });
  });
});

describe('D5 SIGKILL during the start, then the post step', () => {
  test.each([250, 400, 700, 1000].map((ms, index) => [ms, ...KILLS[index % KILLS.length]!] as const))(
    'leaves nothing: after %i ms, %s',
    async (ms, _, end) => {
      step = actionStep({ run: 'sleep 60' });
      const main = await step.start();
      await sleep(ms);
      end(main);
      const runId = runIdOf(step.runner);
      const volumes = runId === undefined ? [] : volumesOf(runId);
      const post = await step.post();
      expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
      expect(post.stdout).not.toContain('::warning');
      expect(remains(step.runner, volumes)).toEqual([]);
    },
  );

  // The engine goes on with what a process asked for that has ended since.
  test.each([
    [3_000, ...KILLS[0]!],
    [1_200, ...KILLS[1]!],
  ] as const)('waits %i ms for what a slow engine still creates: %s', async (delayMs, _, end) => {
    step = actionStep({ run: 'sleep 60' });
    let asked = 0;
    const engine = await startEngineProxy(() => {
      asked += 1;
      return sleep(delayMs);
    });
    onTestFinished(engine.close);
    const env = { ...step.runner.main.env, DOCKER_HOST: engine.endpoint };
    const entry = join(ROOT, 'dist', 'main', 'index.js');
    const main = await startProgram([process.execPath, entry], { env, cwd: step.runner.workspace });
    await waitFor('the creation of all containers', () => asked === 3).catch((cause: unknown) => {
      throw new Error(`${asked} containers were asked for: ${main.stdout()}${main.stderr()}`, { cause });
    });
    end(main);
    const post = await step.post();
    expect(post.code, post.stdout + post.stderr).toBe(0);
    expect(remains(step.runner)).toEqual([]);
    await sleep(1_000);
    expect(remains(step.runner)).toEqual([]);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test.each([100, 250, 400, 700])(
    'during the start, after %i ms: the main step removes everything itself',
    async (ms) => {
      step = actionStep({ run: 'echo started; sleep 60' });
      const main = await step.start();
      await sleep(ms);
      main.signal(signal);
      const result = await ended(main);
      expect(result.code).not.toBe(0);
      expect(remains(step.runner)).toEqual([]);
      if (runIdOf(step.runner) !== undefined) {
        // There was already something to remove.
        expect(result.stdout).toMatch(new RegExp(`::error title=[^:]+::The run was cancelled \\(${signal}\\)\\.`));
        expect(step.runner.main.outputs()).toMatchObject({ outcome: 'error', 'exit-code': '1' });
      }
      await expectSilentPost();
    },
  );

  test('during the command: the main step removes everything itself and reports; further signals change nothing', async () => {
    step = actionStep(
      { ...provider.inputs('anthropic'), run: `trap '' INT TERM\nnohup setsid sleep 60 &\n${TRAFFIC}` },
      { ca: provider.ca },
    );
    const main = await step.start();
    await untilSaid(main, 'all requests are made');
    const volumes = volumesOf(runIdOf(step.runner)!);
    main.signal(signal);
    await sleep(100);
    main.signal('SIGTERM');
    const result = await ended(main);
    expect(result.code, result.stdout + result.stderr).toBe(1);
    expect(result.stdout).toMatch(new RegExp(`::error title=[^:]+::The run was cancelled \\(${signal}\\)\\.`));
    expect(remains(step.runner, volumes)).toEqual([]);

    const outputs = step.runner.main.outputs();
    const blocked = '["open.example","refused.example"]';
    expect(outputs).toMatchObject({ outcome: 'error', 'exit-code': '1', 'blocked-domains': blocked });
    expect(step.runner.main.summary()).toMatch(/^\| `[^`]+` \| Anthropic \|$|^Anthropic: 1 request/m);
    expect(readdirSync(outputs['logs-path']!).sort()).toEqual([
      ...['access.jsonl', 'access.log', 'cache.log', 'policy.json', 'summary.md', 'timings.json'],
    ]);
    const log = readFileSync(join(outputs['logs-path']!, 'access.log'), 'utf8');
    expect(log).toContain('CONNECT api.anthropic.com ');
    await expectSilentPost();
  });

  async function expectSilentPost(): Promise<void> {
    const post = await step!.post();
    expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(post.stdout).not.toMatch(/::warning|::error|Removed/);
  }
});

describe('a cancelled step', () => {
  test('does not wait for an image that is being built', async () => {
    step = actionStep({ run: 'true', 'log-level': 'debug' });
    const { env } = step.runner.main;
    const name = newImageName('agent');
    const copy = copyAction(join(step.runner.workspace, '..'), { agent: name });
    writeFileSync(
      join(copy.root, 'containers', 'agent', 'Dockerfile'),
      // The unique name keeps the engine from using its cache for the layer.
      `FROM debian:trixie-slim\nRUN echo "the build waits" && sleep 60 && echo ${name}\n`,
    );
    const main = await startProgram(copy.argv('main'), { env, cwd: step.runner.workspace });
    // The build belongs to the engine and would go on, but the process that asked for it is ours.
    let processes: number[] = [];
    onTestFinished(() => {
      kill(processes);
    });
    await untilSaid(main, /^AWF debug: agent: the build waits$/m);
    processes = [main.pid, ...descendants(main.pid)];
    main.signal('SIGINT');
    const result = await ended(main);
    expect(result.code, result.stdout + result.stderr).toBe(1);
    expect(result.stdout).toMatch(/::error title=[^:]+::The run was cancelled \(SIGINT\)\./);
    expect(remains(step.runner)).toEqual([]);
  });
});
