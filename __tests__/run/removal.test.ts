import { describe, expect, test } from 'vitest';
import type { ContainerSpec } from '../../src/docker/spec.ts';
import { removeRun, stopRun } from '../../src/run/removal.ts';
import { networkNames } from '../../src/shared/network.ts';
import { FakeEngine, type FakeEngineOptions } from '../../testing/engine/fake-engine.ts';
import { CONCURRENT, endless, refusing } from './world.ts';

const { internal: INTERNAL, outer: OUTER } = networkNames('1');
const CONTAINERS = ['awf-agent-1', 'awf-squid-1', 'awf-library-1', 'awf-api-proxy-1'];

const container = (name: string): ContainerSpec => ({
  ...{ name, image: 'test', runId: '1', network: INTERNAL, user: '1:1', limits: { memory: '6m', pids: 1 } },
  ...{ mounts: [], tmpfs: [], environment: {} },
});

const ATTACHMENT = { input: '', later: undefined, onStdout: () => undefined, onStderr: () => undefined };

/** An engine with the networks of a run, and with containers of the run that are not running. */
async function anEngine(containers: readonly string[] = [], options: FakeEngineOptions = {}): Promise<FakeEngine> {
  const engine = new FakeEngine(options);
  for (const [name, subnet] of Object.entries({ [INTERNAL]: '172.30.0.0/24', [OUTER]: '10.214.0.0/24' })) {
    await engine.createNetwork({ name, subnet, runId: '1', internal: name === INTERNAL });
  }
  for (const name of containers) await engine.create(container(name));
  engine.calls.length = 0;
  return engine;
}

/** The calls that change something. */
const changes = ({ calls }: FakeEngine): string[] => calls.filter((call) => !call.startsWith('objectsOf'));

/** The result of a removal, which may be an error. */
function removal(engine: FakeEngine, isSettled = () => true, limitMs?: number): Promise<unknown> {
  return removeRun(engine, '1', isSettled, limitMs === undefined ? {} : { limitMs }).catch((error: unknown) => error);
}

describe('removeRun', CONCURRENT, () => {
  test('does nothing if nothing is left', async () => {
    const engine = new FakeEngine();
    expect(await removal(engine)).toEqual({ containers: 0, networks: 0 });
    expect(engine.calls).toEqual(['objectsOf 1']);
  });

  test('kills the agent first, asks the sidecars to end, then removes them and finally the networks', async () => {
    const engine = await anEngine(CONTAINERS);
    expect(await removal(engine)).toEqual({ containers: 4, networks: 2 });
    expect(changes(engine)).toEqual([
      'removeContainers awf-agent-1 awf-library-1',
      'stop 1 awf-squid-1 awf-api-proxy-1',
      'removeContainers awf-squid-1 awf-api-proxy-1',
      `removeNetworks ${INTERNAL} ${OUTER}`,
    ]);
  });

  test('tries again if the engine fails', async () => {
    const engine = await anEngine(CONTAINERS, { onCall: refusing('removeNetworks', '', 3) });
    expect(await removal(engine)).toEqual({ containers: 4, networks: 2 });
    expect(changes(engine).filter((call) => call.startsWith('removeNetworks'))).toHaveLength(4);
    expect(engine.left).toEqual([]);
  });

  test('keeps checking while something may still be created', async () => {
    const engine = await anEngine();
    let looks = 0;
    const isSettled = (): boolean => {
      looks += 1;
      if (looks === 4) void engine.create({ ...container('awf-library-1'), network: 'none' });
      return looks >= 4;
    };
    expect(await removal(engine, isSettled)).toEqual({ containers: 1, networks: 2 });
    expect(engine.left).toEqual([]);
  });

  test('gives up after a limit, and says why', async () => {
    const engine = await anEngine([], { onCall: refusing('removeNetworks') });
    expect(String(await removal(engine, undefined, 200))).toContain('docker removeNetworks failed: no');
  });

  test('does not wait forever for something to settle that leaves nothing', async () => {
    expect(await removal(new FakeEngine(), () => false, 200)).toEqual({ containers: 0, networks: 0 });
  });
});

describe('stopRun', CONCURRENT, () => {
  test('stops what is still starting, and keeps everything', async () => {
    const engine = await anEngine([], {
      programs: { agent: endless },
    });
    let ended: Promise<number> | undefined;
    let looks = 0;
    const isSettled = (): boolean => {
      looks += 1;
      if (looks === 2) ended = engine.run(container('awf-agent-1'), ATTACHMENT);
      return looks >= 3;
    };
    let runningAtLast: readonly string[] | undefined;
    await stopRun(engine, '1', isSettled, () => (runningAtLast = engine.running));
    expect(await ended).toBe(137);
    expect(runningAtLast).toEqual([]);
    expect(engine.left).toEqual(['awf-agent-1', INTERNAL, OUTER]);
  });
});
