import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMAND_FILE_VARIABLES, NOTHING_WRITTEN } from '../../src/agent/command-files.ts';
import { UserError } from '../../src/errors.ts';
import type { Lock } from '../../src/host/lock.ts';
import { lockWorkspace } from '../../src/host/workspace-lock.ts';
import { roleOf } from '../../src/shared/network.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import type { FakeEngineOptions, Program, Verb } from '../../testing/engine/fake-engine.ts';
import { EARLY_FAILURES } from './early-failures.ts';
import { aWorld, CONCURRENT, endless, refusing, removeWorlds, type World } from './world.ts';

const endsWith =
  (code: number): Program =>
  async () =>
    code;

afterAll(removeWorlds);

describe('a command that ran', CONCURRENT, () => {
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

  test('has its output relayed, and its files read', async () => {
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

  test('memory that ran out may be noted by the engine a moment later', async () => {
    let looks = 0;
    const world = aWorld({ command: endsWith(137), outOfMemory: () => (looks += 1) === 3 });
    expect(await world.run()).toMatchObject({ exitCode: 137, outOfMemory: '6g' });
  });

  test('out of memory: its exit code is kept, and the reason is reported', async () => {
    const world = aWorld({ command: endsWith(137), outOfMemory: true });
    expect(await world.run()).toMatchObject({ outcome: 'failure', exitCode: 137, error: undefined, outOfMemory: '6g' });
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

describe('a run that fails before the command starts', CONCURRENT, () => {
  test.each(EARLY_FAILURES)('$what', async ({ engine = {}, config = () => ({}), context, error, asked }) => {
    const world = aWorld(engine, context);
    const result = await world.run(config(world));
    expect(result).toMatchObject({ outcome: 'error', exitCode: 1 });
    expect((result.error as Error).message).toContain(error);
    expect(result.written).toEqual({ output: NOTHING_WRITTEN, summary: NOTHING_WRITTEN });
    expect(world.left()).toEqual([]);
    // The caller reports the error. Nothing else went wrong.
    expect({ warnings: world.warnings, errors: world.errors }).toEqual({ warnings: [], errors: [] });
    if (asked === 'nothing') expect(world.engine.calls).toEqual([]);
    else expect(world.engine.calls).not.toEqual([]);
  });
});

describe('on the command line, a run that fails before its command starts has the exit code', CONCURRENT, () => {
  const wrong = EARLY_FAILURES.filter(({ isOption }) => isOption);
  const others = EARLY_FAILURES.filter(({ isOption, asked }) => !isOption && asked === 'nothing');
  test.each([
    ...wrong.map((failure) => ({ ...failure, exitCode: 2 })),
    ...others.map((failure) => ({ ...failure, exitCode: 1 })),
  ])('$exitCode: $what', async ({ engine = {}, config = () => ({}), context, exitCode }) => {
    const world = aWorld(engine, context);
    const result = await world.run({ ...config(world), frontEnd: 'cli' });
    expect(result).toMatchObject({ outcome: 'error', exitCode });
    expect(world.left()).toEqual([]);
  });
});

test('E16 a run in the workspace of another one is refused, and afterwards the workspace is free', async () => {
  const world = aWorld({ command: endsWith(0) });
  const lock = await lockWorkspace(world.workspace);
  const refused = await world.run();
  expect(String(refused.error)).toContain(`Another run works in ${world.workspace}`);
  expect(refused).toMatchObject({ outcome: 'error', exitCode: 1 });
  expect(world.engine.calls.filter((call) => /^(create|run|start)/.test(call))).toEqual([]);
  lock.release();
  expect(await world.run()).toMatchObject({ outcome: 'success' });
  (await lockWorkspace(world.workspace)).release();
});

test('a run whose logs would be mixed with those of another one is refused, and writes nothing there', async () => {
  const top = temporaryDirectory();
  const world = aWorld({
    command: async () => {
      const other = aWorld({ command: endsWith(0) });
      // The api-proxy's directory is the same.
      const refused = await other.run({ proxyLogsDir: join(top, 'second') });
      expect(String(refused.error)).toContain('--proxy-logs-dir: another run writes its logs to');
      expect(refused).toMatchObject({ outcome: 'error', logs: undefined });
      expect(readdirSync(join(top, 'second'))).toEqual([]);
      return 0;
    },
  });
  const first = { proxyLogsDir: join(top, 'first') };
  expect(await world.run(first)).toMatchObject({ outcome: 'success' });
  expect(await aWorld({ command: endsWith(0) }).run(first)).toMatchObject({ outcome: 'success' });
});

test('E16 the workspace is taken while the command runs', async () => {
  let second: Promise<Lock> | undefined;
  const world = aWorld({
    command: async () => {
      second = lockWorkspace(world.workspace);
      await second.catch(() => undefined);
      return 0;
    },
  });
  expect(await world.run()).toMatchObject({ outcome: 'success' });
  await expect(second).rejects.toThrow('Another run');
});

describe('a run that fails during the command', CONCURRENT, () => {
  test.each<[string, FakeEngineOptions, string]>([
    [
      'the engine is restarted',
      {
        command: async () => {
          throw new UserError('The Docker engine ended the connection.');
        },
      },
      'The Docker engine ended the connection.',
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

describe('a run that is cancelled', CONCURRENT, () => {
  const REASON = new UserError('The run was cancelled (SIGINT).');

  /** The first call of `verb` cancels the run, and fails a little later, because Ctrl-C also stops docker's clients. */
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

  test('with --keep-containers, stops what the engine still creates afterwards', async () => {
    const world: World = aWorld({
      command: endless,
      onCall: async (verb, name) => {
        if (verb !== 'run' || roleOf(name) !== 'agent') return;
        world.abort.abort(REASON);
        await sleep(200);
      },
    });
    expect(await world.run({ keepContainers: true })).toMatchObject({ outcome: 'error', error: REASON });
    expect(world.engine.left.map(roleOf)).toContain('agent');
    expect(world.engine.running).toEqual([]);
  });
});
