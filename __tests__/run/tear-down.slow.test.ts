import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { EngineGone } from '../../src/docker/failure.ts';
import { workDirectoryOf } from '../../src/host/paths.ts';
import type * as limits from '../../src/run/limits.ts';
import { readBaseline } from '../../src/workspace/baseline.ts';
import type * as inspect from '../../src/workspace/inspect.ts';
import { networkNames, roleOf } from '../../src/shared/network.ts';
import { NOTHING_LEFT } from '../../testing/builders.ts';
import type { OnCall, Verb } from '../../testing/engine/fake-engine.ts';
import { aWorld, CONCURRENT, endless, refusing, removeWorlds, type World } from './world.ts';

vi.mock('../../src/run/limits.ts', async (original) => ({
  ...(await original<typeof limits>()),
  ENGINE_LIMIT_MS: 5_000,
  SWEEP_LIMIT_MS: 3_000,
  ENGINE_RESTART_MS: 2_000,
  TIMEOUT_GRACE_MS: 200,
}));

/** Called with the workspace before the search. */
const searches = vi.hoisted(() => ({ onSearch: new Map<string, () => void>() }));

vi.mock('../../src/workspace/inspect.ts', async (original) => {
  const real = await original<typeof inspect>();
  const inspectWorkspace: typeof real.inspectWorkspace = async (baseline, limitMs) => {
    searches.onSearch.get(baseline.workspace)?.();
    return real.inspectWorkspace(baseline, limitMs);
  };
  return { ...real, inspectWorkspace };
});

/** The roles whose programs are running when the workspace is searched, as one list per search. */
function runningAtSearch({ engine, workspace }: World): string[][] {
  const found: string[][] = [];
  searches.onSearch.set(workspace, () => found.push(engine.running.map((name) => roleOf(name) ?? name)));
  return found;
}

const SHORT = { timeoutMinutes: 0.1 / 60 };

afterAll(() => {
  removeWorlds();
});

describe('the removal', CONCURRENT, () => {
  test('kills the agent first, asks the sidecars to end, then removes them and finally the networks', async () => {
    const world = aWorld();
    await world.run();
    // The search for what killed runs left goes on beside it.
    const calls = world.engine.calls.filter((call) => call !== 'objectMarks');
    const ending = calls.slice(calls.findLastIndex((call) => /^(start|run) /.test(call)) + 1);
    const name = (role: string): string =>
      calls.find((call) => call.startsWith(`run awf-${role}`))!.slice('run '.length);
    const squid = name('agent').replace('agent', 'squid');
    const { internal, outer } = networkNames(world.context.runId);
    expect(ending).toEqual([
      `removeContainers ${name('agent')}`,
      `stop 1 ${squid} ${name('api-proxy')}`,
      `removeContainers ${squid} ${name('api-proxy')}`,
      `removeNetworks ${internal}`,
      `removeNetworks ${outer}`,
    ]);
  });

  test.each<[what: string, verb: Verb, subject: string]>([
    ['the agent', 'removeContainers', 'awf-agent'],
    ['the sidecars', 'removeContainers', 'awf-squid'],
    ['a network', 'removeNetworks', 'awf-internal'],
  ])('is repeated if the engine fails once: %s', async (_, verb, subject) => {
    const world = aWorld({ onCall: refusing(verb, subject, 1) });
    expect(await world.run()).toMatchObject({ outcome: 'success', exitCode: 0, error: undefined });
    expect(world.engine.calls.filter((call) => call.startsWith(`${verb} ${subject}`)).length).toBeGreaterThan(1);
    expect({ left: world.left(), warnings: world.warnings }).toEqual({ left: [], warnings: [] });
  });

  test('finds the volume of a container that somebody removed without it', async () => {
    const world: World = aWorld({
      command: async () => {
        for (const name of world.engine.running.filter((one) => roleOf(one) === 'agent')) world.engine.forget(name);
        return 137;
      },
    });
    expect(await world.run()).toMatchObject({ exitCode: 137, error: undefined });
    expect({ left: world.left(), warnings: world.warnings }).toEqual({ left: [], warnings: [] });
  });

  test('does not depend on asking the sidecars to end', async () => {
    const world = aWorld({ onCall: refusing('stop') });
    expect(await world.run()).toMatchObject({ outcome: 'success', exitCode: 0, error: undefined });
    expect(world.left()).toEqual([]);
  });

  test('of the sidecars does not wait for an agent that cannot be removed, because the sidecars hold the keys', async () => {
    const world = aWorld({ command: endless, onCall: refusing('removeContainers', 'awf-agent') });
    expect(await world.run(SHORT)).toMatchObject({ outcome: 'error', exitCode: 124 });
    expect(world.engine.running.map(roleOf)).toEqual(['agent']);
  });

  /** Fails every call while the engine is gone, which it is from the command's end on. */
  const goneWhile =
    (isGone: () => boolean): OnCall =>
    () => {
      if (isGone()) throw new EngineGone('No Docker engine answers.');
    };

  test('waits for an engine that is restarted, whose containers may run on', async () => {
    let backAt = 0;
    const command = async (): Promise<number> => {
      backAt = performance.now() + 1_000;
      throw new EngineGone('The Docker engine ended the connection.');
    };
    const world = aWorld({ command, onCall: goneWhile(() => performance.now() < backAt) });
    expect((await world.run()).error).toMatchObject({ message: 'The Docker engine ended the connection.' });
    expect(world.left()).toEqual([]);
    expect(world.warnings.filter((text) => text.includes('may run on'))).toEqual([]);
  });

  test('does not wait for ever for one that stays away, and says what may be left', async () => {
    let isGone = false;
    const command = async (): Promise<number> => {
      isGone = true;
      throw new EngineGone('The Docker engine ended the connection.');
    };
    const world = aWorld({ command, onCall: goneWhile(() => isGone) });
    expect((await world.run()).error).toMatchObject({ message: 'The Docker engine ended the connection.' });
    expect(world.warnings).toContainEqual(
      expect.stringMatching(/^The containers of this run could not be removed, because the Docker engine is gone\./),
    );
  });

  test('does not wait for an engine that was never there', async () => {
    const world = aWorld({ onCall: goneWhile(() => true) });
    const start = performance.now();
    expect((await world.run()).error).toMatchObject({ message: 'No Docker engine answers.' });
    expect(performance.now() - start).toBeLessThan(1_900);
    expect(world.warnings).toEqual([]);
  });

  test('is not waited for when the engine hangs: the report has everything', async () => {
    const hanging: Verb[] = ['removeContainers', 'objectsOf', 'objectMarks'];
    const onCall: OnCall = (verb) => (hanging.includes(verb) ? new Promise<never>(() => undefined) : undefined);
    const world = aWorld({ command: async () => 3, onCall });
    const result = await world.run();
    expect(result).toMatchObject({ outcome: 'error', exitCode: 3, aftermath: NOTHING_LEFT });
    expect(result.error).toMatchObject({ message: 'The Docker engine has not answered within 5 seconds.' });
    expect(result.traffic.domains).toBeDefined();
    expect(world.warnings).toEqual([expect.stringMatching(/^Could not look for what killed runs left: /)]);
  });

  describe.each([
    [0, 1],
    [3, 3],
  ])('that fails after a command with exit code %i', CONCURRENT, (ended, exitCode) => {
    test(`fails the run with ${exitCode}, and says why`, async () => {
      const world = aWorld({ command: async () => ended, onCall: refusing('removeNetworks') });
      const result = await world.run();
      expect(result).toMatchObject({ outcome: 'error', exitCode });
      expect(result.error).toMatchObject({ message: 'docker removeNetworks failed: no' });
    });
  });
});

describe('the search of the workspace', CONCURRENT, () => {
  test('begins as soon as the agent is gone, while the sidecars are being removed', async () => {
    const world = aWorld();
    const running = runningAtSearch(world);
    const { aftermath } = await world.run();
    expect(running).toEqual([expect.arrayContaining(['squid'])]);
    expect(running.flat()).not.toContain('agent');
    expect(aftermath).toEqual(NOTHING_LEFT);
  });

  test('finds what the command left', async () => {
    const world: World = aWorld({
      command: async () => {
        mkdirSync(join(world.workspace, '.git', 'hooks'), { recursive: true });
        for (const name of ['objects', 'refs']) mkdirSync(join(world.workspace, '.git', name));
        writeFileSync(join(world.workspace, '.git', 'HEAD'), 'ref: refs/heads/main\n');
        writeFileSync(join(world.workspace, '.git', 'hooks', 'post-checkout'), '#!/bin/sh\n', { mode: 0o755 });
        return 0;
      },
    });
    const result = await world.run();
    expect(result).toMatchObject({ outcome: 'success', aftermath: { newRepository: true } });
    expect(world.warnings).toEqual([
      expect.stringContaining('.git (hooks/post-checkout: a hook)'),
      expect.stringContaining('made the workspace a git repository'),
    ]);
    expect(existsSync(join(world.workspace, '.git', 'hooks', 'post-checkout'))).toBe(false);
    expect(existsSync(join(result.logs!.squid, 'workspace.json'))).toBe(true);
    expect(world.left()).toEqual([]);
  });

  test.each([
    [true, 'stays, for the post step'],
    [false, 'goes: nobody would need it'],
  ])('that fails is an error; with a post step: %s, the baseline %s', async (hasPostStep) => {
    const world = aWorld({ command: async () => 3 }, { hasPostStep });
    searches.onSearch.set(world.workspace, () => {
      throw new Error('EIO: i/o error');
    });
    const result = await world.run();
    expect(result).toMatchObject({ outcome: 'error', exitCode: 3, aftermath: undefined });
    expect(result.error).toMatchObject({
      message: `What the command left in ${world.workspace} could not be searched.`,
      cause: { message: 'EIO: i/o error' },
    });
    const { runId, temporary } = world.context;
    expect(world.left()).toEqual(hasPostStep ? [`awf-${runId}`] : []);
    expect(readBaseline(workDirectoryOf(runId, temporary))?.workspace).toBe(hasPostStep ? world.workspace : undefined);
  });

  test('leaves the baseline to the post step while the agent may still be running', async () => {
    const world = aWorld(
      { command: endless, onCall: refusing('removeContainers', 'awf-agent') },
      { hasPostStep: true },
    );
    const { aftermath, error } = await world.run(SHORT);
    expect(error).toMatchObject({ message: 'docker removeContainers failed: no' });
    // What already exists is disarmed all the same.
    expect(aftermath).toBeDefined();
    const { runId, temporary } = world.context;
    expect(readBaseline(workDirectoryOf(runId, temporary))?.workspace).toBe(world.workspace);
  });
});

describe('--keep-containers', CONCURRENT, () => {
  test('stops the agent, then the sidecars, keeps all of them, and searches only then', async () => {
    const world = aWorld({ command: endless });
    const running = runningAtSearch(world);
    expect(await world.run({ ...SHORT, keepContainers: true })).toMatchObject({ outcome: 'timeout', exitCode: 124 });
    const { calls, left } = world.engine;
    const ends = calls.filter((call) => call.startsWith('stop')).map((call) => call.replace(/-[0-9a-f]{8}\b/g, ''));
    expect(ends).toEqual(['stop 0 awf-agent', 'stop 1 awf-squid awf-api-proxy', 'stop 0 awf-squid awf-api-proxy']);
    expect(calls.filter((call) => call.startsWith('remove'))).toEqual([]);
    expect(
      left
        .map((name) => roleOf(name))
        .filter((role) => role !== undefined)
        .toSorted(),
    ).toEqual(['agent', 'api-proxy', 'squid']);
    expect(running).toEqual([[]]);
    expect(world.engine.running).toEqual([]);
  });
});
