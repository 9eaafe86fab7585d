import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/run/report.ts';
import { CONNECTIONS_PER_CLIENT } from '../../src/squid/limits.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { startOutside, type Outside } from '../../testing/outside/outside.ts';
import { createTestCa } from '../../testing/tls.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { PROVIDER, RESOLVER, startTunnelRun, TUNNEL } from './tunnel-run.ts';

/** Runs in the agent's container, on the host's Node.js: 12,000 connections of three kinds, and model requests beside them. */
const PROGRAM = `
const { connect } = require('node:net');
const { existsSync } = require('node:fs');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const proxy = new URL(process.env.https_proxy);
const kinds = {
  silent: '',
  head: 'GET http://refused.example/ HTTP/1.1\\r\\nX: ' + 'x'.repeat(60_000),
  tunnel: 'CONNECT ${TUNNEL.name}:443 HTTP/1.1\\r\\n\\r\\n',
};
let [tunnels, open, most] = [0, 0, 0];
const flood = (kind) => {
  const socket = connect(Number(proxy.port), proxy.hostname).on('error', () => undefined);
  socket.once('data', (data) => {
    if (!String(data).includes(' 200 ')) return;
    tunnels++;
    most = Math.max(most, ++open);
    socket.once('close', () => open--);
  });
  socket.write(kinds[kind]);
};
const ask = async () => {
  const from = performance.now();
  const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(60_000),
  }).catch(({ name }) => ({ status: name }));
  return { status: answer.status, ms: Math.round(performance.now() - from) };
};
(async () => {
  while (!existsSync('go')) await sleep(20);
  const answers = [await ask()];
  for (let i = 0; i < 4_000; i++) {
    for (const kind of Object.keys(kinds)) flood(kind);
    if (i % 50 === 0) await sleep(10);
    if (i % 500 === 499) answers.push(await ask());
  }
  for (let i = 0; i < 5; i++) { await sleep(500); answers.push(await ask()); }
  console.log(JSON.stringify({ answers, tunnels, most }));
  process.exit(0);
})();
`;

interface Outcome {
  readonly answers: readonly { readonly status: number | string; readonly ms: number }[];
  readonly tunnels: number;
  /** Tunnels that were open at the same time. */
  readonly most: number;
}

describe('D8 12,000 connections to Squid: silent ones, heads without an end, tunnels that say nothing', () => {
  let run: SandboxRun;
  let outside: Outside;
  let result: RunResult;
  let outcome: Outcome;

  beforeAll(async () => {
    ({ run, outside } = await startTunnelRun(PROGRAM));
    await untilSaid(run, 'answers', { limitMs: 120_000 });
    result = await run.done;
    outcome = JSON.parse(/\{.*"answers".*\}/.exec(run.stdout())?.[0] ?? '{"answers":[]}') as Outcome;
    await outside.stop();
  }, 200_000);
  afterAll(() => {
    run.removeFiles();
  });

  test('control: the flood was not refused as a whole', () => {
    expect(outcome.tunnels).toBeGreaterThan(100);
  });

  test('the command has no more connections at a time than one client may', () => {
    expect(outcome.most).toBeLessThanOrEqual(CONNECTIONS_PER_CLIENT);
  });

  test('Squid lives, and every model request is answered', () => {
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
    expect(outcome.answers.length).toBeGreaterThan(10);
    expect(outcome.answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

/**
 * Runs in the agent's container: heads without an end, in both sizes and to both sidecars, and model requests beside them.
 * Octets come in pieces, so that a sidecar that reads on gets all of them.
 */
const HEADS = `
const { connect } = require('node:net');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const urls = { squid: new URL(process.env.https_proxy), 'api-proxy': new URL(process.env.OPENAI_BASE_URL) };
const start = (target) => target === 'squid'
  ? 'GET http://refused.example/ HTTP/1.1\\r\\nHost: refused.example\\r\\n' : 'GET /health HTTP/1.1\\r\\nHost: ' + urls[target].host + '\\r\\n';
const lines = (bytes) => ('X: ' + 'x'.repeat(995) + '\\r\\n').repeat(bytes / 1_000);
/** Counts what became of each kind of head. */
const outcomes = {};
const send = (kind, target, bytes, end) => new Promise((resolve) => {
  const socket = connect(Number(urls[target].port), urls[target].hostname);
  let answer;
  const count = (what) => { const counts = (outcomes[kind + ' ' + target] ??= {}); counts[what] = (counts[what] ?? 0) + 1; };
  socket.once('data', (data) => { answer ??= String(data).split(' ')[1]; socket.end(); resolve(); });
  socket.on('error', () => undefined).once('close', () => { count(answer ?? 'closed'); resolve(); });
  socket.write(start(target));
  (async () => {
    for (let sent = 0; sent < bytes && !socket.destroyed; sent += 5_000) { socket.write(lines(Math.min(5_000, bytes - sent))); await sleep(5); }
    if (end !== '') socket.write(end);
  })();
});
const ask = async () => {
  const from = performance.now();
  const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(30_000),
  }).catch(({ name }) => ({ status: name }));
  return { status: answer.status, ms: Math.round(performance.now() - from) };
};
(async () => {
  while (!require('node:fs').existsSync('go')) await sleep(20);
  const answers = [await ask()];
  for (const target of Object.keys(urls)) await send('whole', target, 10_000, '\\r\\n');
  for (let i = 0; i < 10; i++) {
    for (const target of Object.keys(urls)) for (let j = 0; j < 100; j++) {
      void send('long', target, 60_000, '');
      // Below the limit, it takes its memory until the time for a head is over.
      void send('short', target, 10_000, '');
    }
    answers.push(await ask());
    await sleep(100);
  }
  // Their time is 15 seconds.
  for (let i = 0; i < 24; i++) { await sleep(1_000); if (i % 4 === 0) answers.push(await ask()); }
  console.log(JSON.stringify({ answers, outcomes }));
  process.exit(0);
})();
`;

describe('D8 4,000 heads without an end, of 60 KB and of 10 KB, to Squid and to the api-proxy', () => {
  let run: SandboxRun;
  let outside: Outside;
  let result: RunResult;
  let answers: Outcome['answers'];
  let outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;

  beforeAll(async () => {
    const ca = await createTestCa();
    run = startSandbox({
      options: { 'add-hosts': `${PROVIDER.name}:${PROVIDER.address}`, 'upstream-ca': 'ca.pem' },
      credentials: { OPENAI_API_KEY: 'sk-proj-limits-sentinel-0f1e2d3c' },
      script: 'echo started; ulimit -n "$(ulimit -Hn)"; node program.cjs',
      resolver: RESOLVER,
      files: { 'ca.pem': ca.certPem, 'program.cjs': HEADS },
    });
    await untilSaid(run, 'started');
    const { squid } = run.containers();
    const world = { ...(await ca.issue([PROVIDER.name])), resolver: RESOLVER, names: {}, pointer: '' };
    outside = await startOutside(squid, run.images, world, [PROVIDER.address]);
    run.writeFile('go', '');
    await untilSaid(run, 'answers', { limitMs: 120_000 });
    result = await run.done;
    ({ answers, outcomes } = JSON.parse(/\{.*"answers".*\}/.exec(run.stdout())?.[0] ?? '{}') as {
      answers: typeof answers;
      outcomes: typeof outcomes;
    });
    await outside.stop();
  }, 200_000);
  afterAll(() => {
    run.removeFiles();
  });

  test('control: a head of 10 KB that has an end is read', () => {
    expect(outcomes['whole squid']).toEqual({ 403: 1 });
    expect(outcomes['whole api-proxy']).toEqual({ 200: 1 });
  });

  test.each(['squid', 'api-proxy'])(
    '%s refuses a head above its limit, and waits 15 seconds for the end of others',
    (sidecar) => {
      // Whoever is still sending may see the end of the connection before the answer.
      const total = ({ 431: refused = 0, 408: late = 0, closed = 0 }: Readonly<Record<string, number>>): number =>
        refused + late + closed;
      const [long, short] = [outcomes[`long ${sidecar}`] ?? {}, outcomes[`short ${sidecar}`] ?? {}];
      expect(total(long)).toBe(1_000);
      expect(long['431']).toBeGreaterThan(100);
      expect(total(short)).toBe(1_000);
      expect(short['431']).toBeUndefined();
    },
  );

  test('both live, and every model request is answered meanwhile', () => {
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

/** Runs in the agent's container: many requests in each packet, whose answers nobody reads. */
const PIPELINES = `
const { connect } = require('node:net');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const base = new URL(process.env.OPENAI_BASE_URL);
(async () => {
  for (let i = 0; i < 300; i++) {
    const socket = connect(Number(base.port), base.hostname).on('error', () => undefined);
    socket.write('GET /health HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'.repeat(3_000));
  }
  await sleep(3_000);
  const answer = await fetch(base.origin + '/health', { signal: AbortSignal.timeout(8_000) });
  console.log('health', answer.status, await answer.text());
  process.exit(0);
})();
`;

describe('D2 900,000 requests in 300 connections, whose answers nobody reads', () => {
  let run: SandboxRun;
  let result: RunResult;

  beforeAll(async () => {
    run = startSandbox({
      options: {},
      credentials: { OPENAI_API_KEY: 'sk-proj-limits-sentinel-0f1e2d3c' },
      script: 'ulimit -n "$(ulimit -Hn)"; node program.cjs',
      resolver: RESOLVER,
      files: { 'program.cjs': PIPELINES },
    });
    result = await run.done;
  }, 100_000);
  afterAll(() => {
    run.removeFiles();
  });

  test('the api-proxy lives, and answers', () => {
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
    expect(run.stdout()).toContain('health 200 {"status":"ok","provider":"openai"');
  });
});
