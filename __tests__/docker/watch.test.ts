import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ensureImages } from '../../src/docker/ensure-images.ts';
import { watched, type Clock } from '../../src/docker/watch.ts';
import { FakeEngine } from '../../testing/engine/fake-engine.ts';

/** A clock that goes on when it is told to. */
function handMade() {
  let time = 0;
  const ticks = new Set<() => void>();
  const clock: Clock = {
    now: () => time,
    every: (_, tick) => {
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
  };
  const pass = (ms: number): void => {
    time += ms;
    for (const tick of ticks) tick();
  };
  return { clock, pass, running: () => ticks.size };
}

describe('slow work', () => {
  test('is told every ten seconds, with the last line of its output', async () => {
    const { clock, pass, running } = handMade();
    const said: string[] = [];
    const done = watched(
      'Building awf-squid (1 of 3)',
      (text) => said.push(text),
      async (onLine) => {
        pass(10_000);
        onLine('#8 apt-get install squid');
        onLine('  ');
        pass(10_000);
        onLine(`\u001b[31m${'x'.repeat(500)}`);
        pass(10_000);
        return Promise.resolve('built');
      },
      clock,
    );
    expect(await done).toBe('built');
    expect(said.slice(0, 2)).toEqual([
      'Building awf-squid (1 of 3), 10 s so far',
      'Building awf-squid (1 of 3), 20 s so far: #8 apt-get install squid',
    ]);
    expect(said[2]).toMatch(/30 s so far: \\x1b\[31mx+$/);
    expect(said[2]?.length).toBeLessThan(200);
    expect(running()).toBe(0);
  });

  test('that fails is told no longer', async () => {
    const { clock, running } = handMade();
    const failing = watched(
      'Pulling x',
      () => undefined,
      () => Promise.reject(new Error('no')),
      clock,
    );
    await expect(failing).rejects.toThrow('no');
    expect(running()).toBe(0);
  });
});

test('an image that takes long to pull is told of after ten seconds', async () => {
  const said: string[] = [];
  const keep = (text: string): number => said.push(text);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const engine = new FakeEngine({
    onCall: (verb) => (verb === 'pull' ? vi.advanceTimersByTimeAsync(10_500) : undefined),
    image: (name) =>
      name === 'own:1' ? undefined : { platform: 'linux/amd64', volumes: [], builtAt: Date.now(), isStandIn: false },
  });
  const images = { squid: 'a:1', 'api-proxy': 'b:1', agent: 'c:1' };
  const reporter = { debug: keep, info: keep, warning: keep, error: keep };
  await ensureImages(engine, images, { name: 'own:1', option: 'agent-image' }, { root: '/nonexistent' }, reporter);
  expect(said).toEqual(['Pulling own:1: the engine does not have it.', 'Pulling own:1, 10 s so far']);
});
