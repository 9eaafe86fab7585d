import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/run/report.ts';
import type { SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { startTunnelRun, TUNNEL } from './tunnel-run.ts';

/** As many as Squid accepts, apart from a few for the control. */
const TUNNELS = 2_400;

/**
 * Runs in the agent's container: tunnels to a server that sends without end, and reads nothing. Neither does the client, and it
 * writes as much as it gets rid of.
 */
const PROGRAM = `
const { connect } = require('node:net');
const { Duplex } = require('node:stream');
const tls = require('node:tls');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const proxy = new URL(process.env.https_proxy);
const firstFlight = () => new Promise((resolve) => {
  const transport = new Duplex({ read() {}, write: (chunk) => resolve(chunk) });
  tls.connect({ socket: transport, servername: '${TUNNEL.name}' }).on('error', () => undefined);
});
let [open, closed] = [0, 0];
const dig = (hello) => {
  const socket = connect(Number(proxy.port), proxy.hostname).on('error', () => undefined);
  socket.on('close', () => closed++);
  socket.write('CONNECT ${TUNNEL.name}:443 HTTP/1.1\\r\\n\\r\\n');
  const more = () => { while (socket.write(UPLOAD)); };
  socket.once('data', (head) => {
    if (!String(head).includes(' 200 ')) return;
    socket.write(hello);
    socket.once('data', () => { open++; socket.pause(); socket.on('drain', more); more(); });
  });
};
const UPLOAD = Buffer.alloc(64 * 1024, '-');
const ask = async () => {
  const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(60_000),
  }).catch(({ name }) => ({ status: name }));
  return answer.status;
};
(async () => {
  while (!require('node:fs').existsSync('go')) await sleep(20);
  const hello = await firstFlight();
  for (let i = 0; i < ${TUNNELS}; i++) { dig(hello); if (i % 20 === 0) await sleep(20); }
  // A machine may be busy: as long as more come, they are waited for.
  for (let [before, still] = [0, 0]; open < ${TUNNELS} && still < 60; still++) {
    if (open > before) still = 0;
    before = open;
    await sleep(500);
  }
  await sleep(5_000);
  console.log(JSON.stringify({ open, closed, status: await ask() }));
  process.exit(0);
})();
`;

describe('D8 2,400 tunnels whose answers nobody reads', () => {
  let run: SandboxRun;
  let result: RunResult;
  let counted: { readonly open: number; readonly closed: number; readonly status: number | string };

  beforeAll(async () => {
    const started = await startTunnelRun(PROGRAM, { isEndless: true });
    ({ run } = started);
    result = await run.done;
    counted = JSON.parse(/\{"open".*\}/.exec(run.stdout())?.[0] ?? '{}') as typeof counted;
    await started.outside.stop();
  }, 400_000);
  afterAll(() => {
    run.removeFiles();
  });

  test('Squid lives, keeps all of them, and carries a model request meanwhile', () => {
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
    expect(counted).toEqual({ open: TUNNELS, closed: 0, status: 200 });
  });
});
