import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROVIDER_TOOLS } from '../../../src/shared/provider-tools.ts';
import { PROVIDERS } from '../../../src/shared/providers.ts';
import type { Limits } from '../../../containers/api-proxy/src/limits.ts';
import { configured } from '../../../testing/sidecar/configured.ts';
import { startSidecarProcess, type SidecarProcess } from '../../../testing/sidecar/process.ts';
import type { Holdings } from './leaks-probe-entry.ts';
import { startTestTunnelProxy, type TestTunnelProxy } from '../../../testing/sidecar/tunnel-proxy.ts';
import { startTestUpstream, type TestUpstream } from '../../../testing/sidecar/upstream.ts';
import { createWorkload, upstreamOfWorkload } from './leaks-workload.ts';
import { createTestCa, type TestCa } from '../../../testing/tls.ts';

const ENTRY = fileURLToPath(new URL('leaks-probe-entry.ts', import.meta.url));
const REQUESTS = 3_000;
/**
 * Octets that a request may leave on the heap. It is less than an empty object in a Map takes (16 for its slot, 56 for
 * itself), and more than V8 itself still gains after the warm-up through better code and object shapes.
 */
const HEAP_PER_REQUEST = 50;
/**
 * V8 compiles no code for the processor, collects what it knows of code from its first call on, and forgets none of it: on
 * a busy machine, all three come at any time, and look like a leak.
 */
const INTERPRETED = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--no-lazy-feedback-allocation',
  '--no-flush-bytecode',
];
/** Requests after which all code is compiled, and every pool and buffer has its final size. */
const WARM_UP = 1_500;
/** Idle connections and tunnels end soon, so nothing at all is open before and after. */
const LIMITS: Partial<Limits> = { tunnelIdleMs: 300, keepAliveMs: 300, lingerMs: 20, checkIntervalMs: 50 };

describe('the sidecar’s process', () => {
  const { id, defaultTarget } = PROVIDERS[0]!;
  let ca: TestCa;
  let upstream: TestUpstream;
  let proxy: TestTunnelProxy;

  beforeAll(async () => {
    ca = await createTestCa();
    upstream = await startTestUpstream(ca, [defaultTarget]);
    upstream.handler = upstreamOfWorkload;
    proxy = await startTestTunnelProxy(upstream.port);
  });
  afterAll(async () => {
    await proxy.close();
    await upstream.close();
  });

  const start = (leak: string): Promise<SidecarProcess> =>
    startSidecarProcess(
      {
        providers: {
          [id]: configured(id, 'real-credential'),
        },
        proxyUrl: proxy.url,
        upstreamCa: ca.certPem,
        maxBodyBytes: 100_000,
        // The octets that are sent need not be JSON.
        allowProviderTools: PROVIDER_TOOLS,
      },
      { entry: ENTRY, args: [JSON.stringify(LIMITS), leak], execArgv: ['--expose-gc', ...INTERPRETED] },
    );

  async function look({ child }: SidecarProcess): Promise<Holdings> {
    const held = once(child, 'message') as Promise<[Holdings]>;
    child.send('look');
    return (await held)[0];
  }

  /** Measures until nothing changes. Connections take their time to end, and garbage is collected in several rounds. */
  async function lookWhenQuiet(sidecar: SidecarProcess): Promise<Holdings> {
    let last = await look(sidecar);
    for (let same = 0, looks = 0; same < 3 && looks < 40; looks++) {
      await sleep(250);
      const next = await look(sidecar);
      const settled = next.heap > last.heap - 20_000 && next.descriptors === last.descriptors;
      same = settled && JSON.stringify(next.resources) === JSON.stringify(last.resources) ? same + 1 : 0;
      last = next;
    }
    return last;
  }

  /** @returns what the process holds before and after, with all connections to it closed */
  async function measure(leak: string, warmUp: number, requests: number) {
    const sidecar = await start(leak);
    try {
      const port = sidecar.ports[id];
      const load = async (count: number) => {
        const workload = createWorkload(16);
        await workload.run(port, count);
        workload.close();
        upstream.requests.length = 0;
        return { held: await lookWhenQuiet(sidecar), statuses: workload.statuses };
      };
      const before = await load(warmUp);
      const after = await load(requests);
      return { before: before.held, after: after.held, statuses: after.statuses };
    } finally {
      await sidecar.stop();
    }
  }

  test(`holds no more after ${REQUESTS} requests than before`, { timeout: 300_000 }, async () => {
    const isLarger = ({ before, after }: Awaited<ReturnType<typeof measure>>): boolean =>
      after.heap - before.heap >= HEAP_PER_REQUEST * REQUESTS;
    const first = await measure('none', WARM_UP, REQUESTS);
    // On a busy machine, V8 may still compile something while it is measured. A leak is there every time.
    const { before, after, statuses } = isLarger(first) ? await measure('none', WARM_UP, REQUESTS) : first;
    expect({ ...after, heap: 0 }).toEqual({ ...before, heap: 0 });
    expect(after.heap - before.heap, `${before.heap} before, ${after.heap} after`).toBeLessThan(
      HEAP_PER_REQUEST * REQUESTS,
    );
    // All kinds of requests were sent: each status has its share, and the other requests were cancelled.
    for (const status of [400, 403, 405, 500, 502]) expect(statuses[status]).toBeGreaterThan(REQUESTS / 30);
    expect(statuses[200]).toBeGreaterThan(REQUESTS / 3);
  });

  test('control: the test notices one entry of a Map per request', { timeout: 300_000 }, async () => {
    const { before, after } = await measure('entry', 500, 1_500);
    expect(after.heap - before.heap).toBeGreaterThan(HEAP_PER_REQUEST * 1_500);
  });

  test('control: the test notices one timer per request', { timeout: 300_000 }, async () => {
    const { before, after } = await measure('timer', 100, 300);
    expect(after.resources.Timeout).toBeGreaterThanOrEqual((before.resources.Timeout ?? 0) + 250);
  });
});
