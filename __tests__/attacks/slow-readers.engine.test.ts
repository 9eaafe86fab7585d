import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/run/report.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { startOutside } from '../../testing/outside/outside.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';

/** RFC 5737 reserves 198.51.100.0/24 for documentation: it belongs to nobody. */
const RESOLVER = '198.51.100.53';
const TUNNEL = { name: 'tunnel.example', address: '198.51.100.7' };
const PROVIDER = { name: 'api.openai.com', address: '198.51.100.8' };

/** As many as Squid accepts, apart from a few for the control. */
const TUNNELS = 2_400;

/**
 * Runs in the agent's container: tunnels to a server that sends without end, and reads nothing. Neither does the client, and it
 * writes as much as it gets rid of, so that everything that Squid keeps of a tunnel fills up in both directions.
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
  for (let i = 0; i < 60 && open < ${TUNNELS}; i++) await sleep(500);
  await sleep(5_000);
  console.log(JSON.stringify({ open, closed, status: await ask() }));
  process.exit(0);
})();
`;

describe('D8 2,400 tunnels that are full in both directions', () => {
  let run: SandboxRun;
  let result: RunResult;
  let counted: { readonly open: number; readonly closed: number; readonly status: number | string };

  beforeAll(async () => {
    const ca = await createTestCa();
    run = startSandbox({
      options: {
        'allow-domains': TUNNEL.name,
        'add-hosts': [TUNNEL, PROVIDER].map(({ name, address }) => `${name}:${address}`).join('\n'),
        'upstream-ca': 'ca.pem',
      },
      credentials: { OPENAI_API_KEY: 'sk-proj-limits-sentinel-0f1e2d3c' },
      script: 'echo started; ulimit -n "$(ulimit -Hn)"; node program.cjs',
      resolver: RESOLVER,
      files: { 'ca.pem': ca.certPem, 'program.cjs': PROGRAM },
    });
    await untilSaid(run, 'started');
    const { squid } = run.containers();
    const world = { ...(await ca.issue([TUNNEL.name, PROVIDER.name])), resolver: RESOLVER, names: {}, pointer: '' };
    const addresses = [TUNNEL.address, PROVIDER.address];
    const outside = await startOutside(squid, run.images, { ...world, endless: TUNNEL.address }, addresses);
    run.writeFile('go', '');
    result = await run.done;
    counted = JSON.parse(/\{"open".*\}/.exec(run.stdout())?.[0] ?? '{}') as typeof counted;
    await outside.stop();
  }, 200_000);
  afterAll(() => {
    run.removeFiles();
  });

  test('Squid lives, keeps all of them, and carries a model request meanwhile', () => {
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
    expect(counted).toEqual({ open: TUNNELS, closed: 0, status: 200 });
  });
});
