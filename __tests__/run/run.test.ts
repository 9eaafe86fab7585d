import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { COMMAND_FILE_VARIABLES, NOTHING_WRITTEN } from '../../src/agent/command-files.ts';
import { UserError } from '../../src/errors.ts';
import type * as limits from '../../src/run/limits.ts';
import type { RunContext } from '../../src/run/run.ts';
import { roleOf } from '../../src/shared/network.ts';
import type { ConfigOverrides } from '../../testing/builders.ts';
import type { FakeEngineOptions, Program, Verb } from '../../testing/engine/fake-engine.ts';
import { aWorld, endless, refusing, type World } from './world.ts';

vi.mock('../../src/run/limits.ts', async (original) => ({
  ...(await original<typeof limits>()),
  SWEEP_LIMIT_MS: 500,
  TIMEOUT_GRACE_MS: 200,
}));

const endsWith =
  (code: number): Program =>
  async () =>
    code;

describe.concurrent('a command that ran', () => {
  test.each([
    [0, 'success'],
    [7, 'failure'],
    [124, 'failure'],
    [137, 'failure'],
  ] as const)('with exit code %i: %s', async (code, outcome) => {
    const world = aWorld({ command: endsWith(code) });
    expect(await world.run()).toMatchObject({ outcome, exitCode: code, error: undefined });
    expect({ left: world.left(), warnings: world.warnings, errors: world.errors }).toEqual({
      left: [],
      warnings: [],
      errors: [],
    });
  });

  test('has its output relayed, and what it wrote to its files read', async () => {
    const world = aWorld({
      command: async (io) => {
        await io.stdout('to-out ');
        await io.stderr('to-err');
        writeFileSync(io.hostPath(COMMAND_FILE_VARIABLES.GITHUB_OUTPUT), 'a=b\n');
        writeFileSync(io.hostPath(COMMAND_FILE_VARIABLES.GITHUB_STEP_SUMMARY), '# c');
        return 0;
      },
    });
    const { written, timings } = await world.run();
    expect(world.output()).toBe('to-out to-err');
    expect(written).toEqual({ output: { text: 'a=b\n', isCut: false }, summary: { text: '# c', isCut: false } });
    expect(timings.startupMs).toBeGreaterThan(0);
  });

  test('out of memory: its exit code stays, and the reason is told', async () => {
    const world = aWorld({ command: endsWith(137), outOfMemory: true });
    expect(await world.run()).toMatchObject({ outcome: 'failure', exitCode: 137, error: undefined });
    expect(world.errors).toEqual([expect.stringContaining('needed more memory than 6g')]);
  });

  test('and whose end the engine cannot explain keeps its exit code', async () => {
    const world = aWorld({ command: endsWith(137), onCall: refusing('ranOutOfMemory') });
    expect(await world.run()).toMatchObject({ outcome: 'failure', exitCode: 137, error: undefined });
    expect(world.warnings).toEqual([
      'Could not find out whether the command ran out of memory: docker ranOutOfMemory failed: no',
    ]);
    expect(world.left()).toEqual([]);
  });
});

describe.concurrent('a command that runs out of time', () => {
  const timeoutMinutes = 0.1 / 60;

  test.each<[string, Program]>([
    [
      'and ends',
      async ({ later }) => {
        await later;
        return 3;
      },
    ],
    ['and does not', endless],
  ])('%s has exit code 124', async (_, command) => {
    const world = aWorld({ command });
    expect(await world.run({ timeoutMinutes })).toMatchObject({ outcome: 'timeout', exitCode: 124, error: undefined });
    expect(world.errors).toEqual([expect.stringContaining('The command ran longer than')]);
    expect({ left: world.left(), warnings: world.warnings }).toEqual({ left: [], warnings: [] });
  });
});

interface Failure {
  readonly what: string;
  readonly engine?: FakeEngineOptions;
  readonly config?: (world: World) => ConfigOverrides;
  readonly context?: Partial<RunContext>;
  /** A part of the error's message. */
  readonly error: string;
  /** What the engine has been asked for; everything by default. */
  readonly asked?: 'nothing';
}

const BEFORE: readonly Failure[] = [
  {
    what: 'the temporary directory does not exist',
    context: { temporary: '/nonexistent' },
    error: 'The directory for temporary files cannot be used: /nonexistent/awf-',
    asked: 'nothing',
  },
  {
    what: 'the workspace holds the run’s own directory',
    config: ({ temporary }) => ({ workspace: temporary, workingDirectory: temporary }),
    error: "holds the run's temporary directory",
    asked: 'nothing',
  },
  {
    what: 'a log directory cannot be made',
    config: ({ workspace }) => {
      writeFileSync(join(workspace, '..', 'file'), '');
      return { proxyLogsDir: join(workspace, '..', 'file', 'squid') };
    },
    error: 'The log directory squid cannot be created',
    asked: 'nothing',
  },
  {
    what: 'the state for the post step cannot be saved',
    context: {
      onLogs: () => {
        throw new Error('no space left on device');
      },
    },
    error: 'no space left on device',
    asked: 'nothing',
  },
  {
    what: 'the source of a mount does not exist',
    config: () => ({ mounts: [{ source: '/nonexistent', target: '/data', writable: false }] }),
    error: 'mounts: /nonexistent',
    asked: 'nothing',
  },
  {
    what: 'a mount lies over a guarded path, which only the plan shows',
    config: ({ workspace }) => {
      mkdirSync(join(workspace, '.claude'));
      return {
        mounts: [{ source: '/usr/share', target: join(workspace, '.claude'), writable: false }],
        protectPaths: [{ path: '.claude', mode: 'read-only', line: 1 }],
      };
    },
    error: 'is guarded',
  },
  ...(['createNetwork', 'imagesOf', 'create', 'connect', 'start'] as const).map((verb) => ({
    what: `the engine fails at ${verb}`,
    engine: { onCall: refusing(verb) },
    error: `docker ${verb} failed: no`,
  })),
  ...['awf-agent', 'awf-api-proxy'].map((name) => ({
    what: `the engine fails to run ${name}`,
    engine: { onCall: refusing('run', name) },
    error: 'docker run failed: no',
  })),
  {
    what: 'the engine does not tell its places',
    engine: { onCall: refusing('places') },
    config: () => ({ mounts: [{ source: '/usr/share', target: '/data', writable: false }] }),
    error: 'docker places failed: no',
  },
  {
    what: 'an image cannot be built',
    engine: { image: () => undefined, onCall: refusing('build', 'awf-squid') },
    error: 'The image awf-squid:0 could not be built.',
  },
  {
    what: 'an image cannot be pulled',
    engine: {
      image: (name) =>
        name === 'debian:13' ? undefined : { platform: '', volumes: [], builtAt: Date.now(), isStandIn: false },
      onCall: refusing('pull'),
    },
    config: () => ({ agentImage: 'debian:13' }),
    error: 'agent-image: debian:13 is missing and could not be pulled.',
  },
  {
    what: 'the container that lends its files cannot be created',
    engine: { onCall: refusing('create', 'awf-library') },
    config: () => ({ agentImage: 'debian:13' }),
    error: 'docker create failed: no',
  },
  {
    what: 'Squid ends',
    engine: {
      programs: {
        squid: async (io) => {
          await io.stderr('FATAL: no\n');
          return 1;
        },
      },
    },
    error: 'Squid ended unexpectedly with exit code 1. Its last lines:\nFATAL: no',
  },
  {
    what: 'the pre-flight check fails',
    engine: {
      programs: {
        agent: async (io) => {
          await io.stderr('Squid does not answer.\n');
          return 1;
        },
      },
    },
    error: 'The command was not started: Squid does not answer.',
  },
];

describe.concurrent('a run that fails before the command starts', () => {
  test.each(BEFORE)('$what', async ({ engine = {}, config = () => ({}), context, error, asked }) => {
    const world = aWorld(engine, context);
    const result = await world.run(config(world));
    expect(result).toMatchObject({ outcome: 'error', exitCode: 1 });
    expect((result.error as Error).message).toContain(error);
    expect(result.written).toEqual({ output: NOTHING_WRITTEN, summary: NOTHING_WRITTEN });
    expect(world.left()).toEqual([]);
    // The error is the caller's to tell, and nothing else went wrong.
    expect({ warnings: world.warnings, errors: world.errors }).toEqual({ warnings: [], errors: [] });
    if (asked === 'nothing') expect(world.engine.calls).toEqual([]);
    else expect(world.engine.calls).not.toEqual([]);
  });
});

describe.concurrent('a run that fails under the command', () => {
  test.each<[string, FakeEngineOptions, string]>([
    [
      'the engine’s client is killed',
      {
        command: async () => {
          throw new UserError('docker run was killed by SIGKILL before it ended.');
        },
      },
      'docker run was killed by SIGKILL',
    ],
    [
      'the api-proxy ends',
      {
        command: endless,
        programs: {
          'api-proxy': async () => {
            await sleep(50);
            return 9;
          },
        },
      },
      'The api-proxy ended unexpectedly with exit code 9.',
    ],
  ])('%s', async (_, engine, message) => {
    const world = aWorld(engine);
    const result = await world.run();
    expect(result).toMatchObject({ outcome: 'error', exitCode: 1 });
    expect((result.error as Error).message).toContain(message);
    expect(world.left()).toEqual([]);
  });
});

describe.concurrent('a run that is cancelled', () => {
  const REASON = new UserError('The run was cancelled (SIGINT).');

  /** The first call of `verb` cancels the run, and fails a little later: Ctrl-C ends docker's clients too. */
  const cancelledBy = (verb: Verb): World => {
    const world: World = aWorld({
      command: endless,
      onCall: async (called) => {
        if (called !== verb || world.abort.signal.aborted) return;
        world.abort.abort(REASON);
        await sleep(20);
        throw new Error(`docker ${verb} was killed`);
      },
    });
    return world;
  };

  test.each<Verb>(['createNetwork', 'imagesOf', 'create', 'connect', 'start', 'run'])('during %s', async (verb) => {
    const world = cancelledBy(verb);
    expect(await world.run()).toMatchObject({ outcome: 'error', exitCode: 1, error: REASON });
    expect(world.left()).toEqual([]);
    expect({ warnings: world.warnings, errors: world.errors }).toEqual({ warnings: [], errors: [] });
  });

  test('before it begins', async () => {
    const world = aWorld();
    world.abort.abort(REASON);
    expect(await world.run()).toMatchObject({ outcome: 'error', exitCode: 1, error: REASON });
    expect({ calls: world.engine.calls, left: world.left() }).toEqual({ calls: [], left: [] });
  });

  test('during the command', async () => {
    const world: World = aWorld({
      command: async (io) => {
        writeFileSync(io.hostPath(COMMAND_FILE_VARIABLES.GITHUB_OUTPUT), 'a=b\n');
        world.abort.abort(REASON);
        return endless(io);
      },
    });
    const result = await world.run();
    expect(result).toMatchObject({ outcome: 'error', exitCode: 1, error: REASON });
    expect(result.written.output.text).toBe('a=b\n');
    expect(result.aftermath).toBeDefined();
    expect(world.left()).toEqual([]);
  });

  test('does not wait for an image that is being built', async () => {
    const world: World = aWorld({
      image: () => undefined,
      onCall: async (verb) => {
        if (verb !== 'build') return;
        world.abort.abort(REASON);
        await sleep(60_000, undefined, { ref: false });
      },
    });
    const from = performance.now();
    expect(await world.run()).toMatchObject({ outcome: 'error', exitCode: 1, error: REASON });
    expect(performance.now() - from).toBeLessThan(10_000);
    expect(world.left()).toEqual([]);
  });

  test('removes what the engine still creates afterwards', async () => {
    const world: World = aWorld({
      onCall: async (verb, name) => {
        if (verb !== 'run' || roleOf(name) !== 'agent') return;
        world.abort.abort(REASON);
        await sleep(300);
      },
    });
    expect(await world.run()).toMatchObject({ outcome: 'error', error: REASON });
    await sleep(400);
    expect(world.left()).toEqual([]);
  });
});
