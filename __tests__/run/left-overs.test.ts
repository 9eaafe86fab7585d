import { describe, expect, test } from 'vitest';
import type { RunMark } from '../../src/docker/spec.ts';
import { ownerOf } from '../../src/host/owner.ts';
import type { Reporter } from '../../src/reporter.ts';
import { removeLeftOverContainers, removeLeftOverObjects } from '../../src/run/left-overs.ts';
import { networkNames } from '../../src/shared/network.ts';
import { FakeEngine, type FakeEngineOptions } from '../../testing/engine/fake-engine.ts';
import { killedOwner } from '../../testing/killed-process.ts';
import { CONCURRENT, endless, refusing } from './world.ts';

const KILLED = 'dead0001';

/** An engine with the networks of runs and, if they have a role, a container each. */
async function anEngine(
  marks: readonly RunMark[],
  role?: string,
  options: FakeEngineOptions = {},
): Promise<FakeEngine> {
  const engine = new FakeEngine({ programs: { agent: endless }, ...options });
  for (const [index, mark] of marks.entries()) {
    const { internal, outer } = networkNames(mark.runId);
    await engine.createNetwork({ ...mark, name: internal, subnet: `10.213.${index}.0/24`, internal: true });
    await engine.createNetwork({ ...mark, name: outer, subnet: `10.214.${index}.0/24`, internal: false });
    if (role !== undefined) await engine.create(container(mark, role));
  }
  engine.calls.length = 0;
  return engine;
}

const container = (mark: RunMark, role: string) => ({
  ...{ ...mark, name: `awf-${role}-${mark.runId}`, image: 'test', user: '1:1', limits: { memory: '6m', pids: 1 } },
  ...{ network: networkNames(mark.runId).internal },
  ...{ mounts: [{ kind: 'image-files', target: '/lib' } as const], tmpfs: [], environment: {} },
});

const ATTACHMENT = { input: '', later: undefined, onStdout: () => undefined, onStderr: () => undefined };

function surroundings(engine: FakeEngine) {
  const messages: string[] = [];
  const keep = (text: string): number => messages.push(text);
  const reporter: Reporter = { debug: () => undefined, info: keep, warning: keep, error: keep };
  return { engine, reporter, messages };
}

const removeContainers = async (context: ReturnType<typeof surroundings>): Promise<void> =>
  removeLeftOverContainers(await context.engine.containers(), context);

describe('containers', CONCURRENT, () => {
  test('of a killed run are removed with its networks, running or not', async () => {
    const mark = { runId: KILLED, owner: await killedOwner() };
    const context = surroundings(await anEngine([mark], 'squid'));
    void context.engine.run(container(mark, 'agent'), ATTACHMENT);
    await removeContainers(context);
    expect({ left: context.engine.left, running: context.engine.running }).toEqual({ left: [], running: [] });
    expect(context.messages).toEqual([`The run ${KILLED} was killed; removed what it had left.`]);
  });

  test('of a run whose process lives, or may live, are left alone, without a word or another call', async () => {
    const elsewhere = (await killedOwner()).replace(/^[^/]+/, 'another-boot');
    const marks = [
      { runId: 'a11e0001', owner: ownerOf() },
      { runId: 'a11e0002', owner: elsewhere },
      { runId: 'a11e0003', owner: undefined },
    ];
    const context = surroundings(await anEngine(marks, 'agent'));
    const before = context.engine.left;
    await removeContainers(context);
    expect(context.engine.left).toEqual(before);
    expect({ calls: context.engine.calls, messages: context.messages }).toEqual({
      calls: ['containers'],
      messages: [],
    });
  });

  test('that a killed run was to keep are kept, but end', async () => {
    const mark = { runId: KILLED, owner: await killedOwner(), isKept: true };
    const context = surroundings(await anEngine([mark], 'squid'));
    void context.engine.run(container(mark, 'agent'), ATTACHMENT);
    await removeContainers(context);
    const left = ['squid', 'agent', 'internal', 'outer'].map((part) => `awf-${part}-${KILLED}`);
    const volumes = ['squid', 'agent'].map((role) => `volume of awf-${role}-${KILLED}`);
    expect({ left: context.engine.left, running: context.engine.running }).toEqual({
      ...{ left: [...left, ...volumes], running: [] },
    });
    expect(context.messages).toEqual([`The run ${KILLED} was killed; stopped what it had left.`]);

    context.engine.calls.length = 0;
    await removeContainers(context);
    expect(context.engine.calls).toEqual(['containers']);
  });

  test('that cannot be removed are named in a warning', async () => {
    const mark = { runId: KILLED, owner: await killedOwner() };
    const context = surroundings(await anEngine([mark], 'agent', { onCall: refusing('objectsOf') }));
    await removeContainers(context);
    expect(context.messages).toEqual([
      `Could not remove what the run ${KILLED} left when it was killed: docker objectsOf failed: no`,
    ]);
  });
});

describe('networks and volumes', CONCURRENT, () => {
  test('of a killed run whose container somebody removed are removed', async () => {
    const owner = await killedOwner();
    const context = surroundings(await anEngine([{ runId: KILLED, owner }], 'agent'));
    for (const name of context.engine.left.filter((one) => one.includes('agent'))) context.engine.forget(name);
    expect(context.engine.left).toContainEqual(expect.stringContaining('volume of'));
    await removeLeftOverObjects(context);
    expect(context.engine.left).toEqual([]);
  });

  test('of a killed run are removed; those of other runs and of what was kept are not', async () => {
    const owner = await killedOwner();
    const kept = { runId: 'dead0002', owner, isKept: true };
    const alive = { runId: 'a11e0001', owner: ownerOf() };
    const context = surroundings(await anEngine([{ runId: KILLED, owner }, kept, alive]));
    await removeLeftOverObjects(context);
    const names = [kept, alive].flatMap(({ runId }) => Object.values(networkNames(runId)));
    expect(context.engine.left).toEqual(names);
  });

  test('that the engine does not list cost a warning', async () => {
    const context = surroundings(await anEngine([], undefined, { onCall: refusing('objectMarks') }));
    await removeLeftOverObjects(context);
    expect(context.messages).toEqual(['Could not look for what killed runs left: docker objectMarks failed: no']);
  });
});
