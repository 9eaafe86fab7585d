import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { FakeEngineOptions, OnCall, Program } from '../../testing/engine/fake-engine.ts';
import { aWorld, CONCURRENT, refusing, removeWorlds, type World } from './world.ts';

afterAll(removeWorlds);

/** A host with a tool cache, and what happens there in the moments when the engine is asked for the agent. */
function aHost(moments: readonly ((toolCache: string) => void)[]): {
  readonly world: World;
  readonly toolCache: string;
} {
  const toolCache = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-tools-')));
  onTestFinished(() => {
    rmSync(toolCache, { recursive: true, force: true });
  });
  const left = [...moments];
  const onCall: OnCall = (verb, subject) => {
    if (verb === 'run' && subject.startsWith('awf-agent')) left.shift()?.(toolCache);
  };
  return { world: aWorld({ onCall }, { environment: { RUNNER_TOOL_CACHE: toolCache } }), toolCache };
}

const agentCalls = ({ engine }: World): string[] =>
  engine.calls.filter((call) => /^(run|removeContainers) awf-agent/.test(call)).map((call) => call.split(' ')[0]!);

describe('a directory of the host', CONCURRENT, () => {
  test('that goes between the look and the engine’s call is not mounted', async () => {
    const { world } = aHost([
      (toolCache) => {
        rmSync(toolCache, { recursive: true });
      },
    ]);
    expect(await world.run()).toMatchObject({ outcome: 'success', exitCode: 0, error: undefined });
    expect(agentCalls(world)).toEqual(['run', 'removeContainers', 'run', 'removeContainers']);
    expect({ left: world.left(), warnings: world.warnings }).toEqual({ left: [], warnings: [] });
  });

  test('that goes and comes all the time is tried three times', async () => {
    const gone = (toolCache: string): void => {
      rmSync(toolCache, { recursive: true, force: true });
    };
    const { world, toolCache } = aHost([
      gone,
      (path) => {
        mkdirSync(path);
        throw new Error('the engine was quicker');
      },
      gone,
    ]);
    const { error } = await world.run();
    expect(error).toMatchObject({ message: expect.stringContaining(`does not exist: ${toolCache}`) as string });
    expect(agentCalls(world).filter((call) => call === 'run')).toHaveLength(3);
    expect(world.left()).toEqual([]);
  });
});

describe('a host that changes', CONCURRENT, () => {
  const changing = (agent: Program): { readonly world: World } => {
    const toolCache = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-tools-')));
    const programs: FakeEngineOptions['programs'] = {
      agent: (io) => {
        rmSync(toolCache, { recursive: true });
        return agent(io);
      },
    };
    return { world: aWorld({ programs }, { environment: { RUNNER_TOOL_CACHE: toolCache } }) };
  };

  test('is no reason to repeat a check that failed', async () => {
    const { world } = changing(async (io) => {
      await io.stderr('a check failed');
      return 1;
    });
    expect(await world.run()).toMatchObject({ error: { message: 'The command was not started: a check failed' } });
    expect(agentCalls(world).filter((call) => call === 'run')).toHaveLength(1);
  });

  test('is no reason to start anything for a run that was cancelled', async () => {
    const { world } = changing(async ({ signal }) => {
      world.abort.abort(new Error('cancelled'));
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      throw new Error('the client was ended');
    });
    world.engine.calls.length = 0;
    expect(await world.run()).toMatchObject({ error: { message: 'cancelled' } });
    expect(agentCalls(world).filter((call) => call === 'run')).toHaveLength(1);
    expect(world.left()).toEqual([]);
  });
});

test('an engine that refuses the agent although nothing has changed is asked once', async () => {
  const world = aWorld({ onCall: refusing('run', 'awf-agent') });
  expect(await world.run()).toMatchObject({ error: { message: 'docker run failed: no' } });
  expect(agentCalls(world).filter((call) => call === 'run')).toHaveLength(1);
  expect(world.left()).toEqual([]);
});
