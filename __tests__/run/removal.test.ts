import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/docker/engine.ts';
import { removeRun } from '../../src/run/removal.ts';

/** An engine with the run's objects; every call is recorded. */
class FakeEngine {
  readonly calls: string[] = [];
  containers: string[];
  networks: string[];
  /** Called before a removal; what it throws is the engine's answer. */
  onRemove: (names: readonly string[]) => void = () => undefined;

  constructor(containers: readonly string[] = [], networks: readonly string[] = []) {
    this.containers = [...containers];
    this.networks = [...networks];
  }

  async objectsOf(): Promise<{ containers: string[]; networks: string[] }> {
    return { containers: [...this.containers], networks: [...this.networks] };
  }

  async removeContainers(names: readonly string[]): Promise<void> {
    if (names.length > 0) this.calls.push(`rm ${names.join(' ')}`);
    this.onRemove(names);
    this.containers = this.containers.filter((name) => !names.includes(name));
  }

  async removeNetworks(names: readonly string[]): Promise<void> {
    if (names.length > 0) this.calls.push(`network rm ${names.join(' ')}`);
    this.onRemove(names);
    this.networks = this.networks.filter((name) => !names.includes(name));
  }

  async signal(name: string, signal: string): Promise<void> {
    this.calls.push(`kill ${signal} ${name}`);
  }

  asEngine(): Engine {
    return this as unknown as Engine;
  }
}

const CONTAINERS = ['awf-agent-1', 'awf-squid-1', 'awf-library-1', 'awf-api-proxy-1'];
const NETWORKS = ['awf-internal-1', 'awf-outer-1'];

/** The outcome of a removal, an error included. */
function removal(engine: FakeEngine, isSettled = () => true, limitMs?: number): Promise<unknown> {
  return removeRun(engine.asEngine(), '1', isSettled, limitMs).catch((error: unknown) => error);
}

describe('removeRun', () => {
  test('has nothing to do where nothing is left', async () => {
    const engine = new FakeEngine();
    expect(await removal(engine)).toEqual({ containers: 0, networks: 0 });
    expect(engine.calls).toEqual([]);
  });

  test('ends the agent first, the api-proxy in peace, Squid after it and the networks last', async () => {
    const engine = new FakeEngine(CONTAINERS, NETWORKS);
    expect(await removal(engine)).toEqual({ containers: 4, networks: 2 });
    expect(engine.calls).toEqual([
      'rm awf-agent-1 awf-library-1',
      'kill TERM awf-api-proxy-1',
      'rm awf-squid-1 awf-api-proxy-1',
      'network rm awf-internal-1 awf-outer-1',
    ]);
  });

  test('tries again when the engine refuses', async () => {
    const engine = new FakeEngine(CONTAINERS, NETWORKS);
    let refusals = 0;
    engine.onRemove = (names) => {
      if (!names.includes('awf-internal-1') || refusals === 3) return;
      refusals += 1;
      throw new Error('network awf-internal-1 has active endpoints');
    };
    expect(await removal(engine)).toEqual({ containers: 4, networks: 2 });
    expect(refusals).toBe(3);
    expect(engine.networks).toEqual([]);
  });

  test('goes on looking while something may still be created', async () => {
    const engine = new FakeEngine([], NETWORKS);
    let looks = 0;
    const isSettled = (): boolean => {
      looks += 1;
      if (looks === 4) engine.containers.push('awf-agent-1');
      return looks >= 4;
    };
    expect(await removal(engine, isSettled)).toEqual({ containers: 1, networks: 2 });
    expect(engine.containers).toEqual([]);
  });

  test('gives up after a limit, and says why', async () => {
    const engine = new FakeEngine([], NETWORKS);
    engine.onRemove = () => {
      throw new Error('network awf-internal-1 has active endpoints');
    };
    expect(String(await removal(engine, undefined, 200))).toContain('has active endpoints');
  });

  test('does not wait for ever for something to settle that leaves nothing', async () => {
    expect(await removal(new FakeEngine(), () => false, 200)).toEqual({ containers: 0, networks: 0 });
  });
});
