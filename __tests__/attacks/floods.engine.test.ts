import { describe, expect, test } from 'vitest';
import type { RunResult } from '../../src/run/report.ts';
import { startTunnelRun } from './tunnel-run.ts';

/** Runs in the agent's container: one of the floods below, and model requests beside it. */
const PROGRAM = `
const { connect } = require('node:net');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ip = process.env.AWF_API_PROXY_IP;
/** How often each beginning of an answer came. */
const answers = {};
/** Waits for so many beginnings, of one kind or of all. A busy machine takes its time. */
const came = async (count, answer) => {
  const sum = () => Object.entries(answers).reduce((all, [name, one]) => all + (answer === undefined || name === String(answer) ? one : 0), 0);
  for (let i = 0; i < 200 && sum() < count; i++) await sleep(500);
};
const open = (port, isRead = false) => {
  const socket = connect({ host: ip, port, noDelay: true }).on('error', () => undefined);
  socket.once('data', (data) => {
    const answer = String(data).split(' ')[1];
    answers[answer] = (answers[answer] ?? 0) + 1;
    if (!isRead) socket.pause();
    socket.emit('answer');
  });
  return socket;
};
const connected = async (count, port) => {
  const sockets = Array.from({ length: count }, () => open(port));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))));
  return sockets;
};
const ask = async () => {
  const from = performance.now();
  const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(60_000),
  }).catch(({ name }) => ({ status: name }));
  return { status: answer.status, ms: Math.round(performance.now() - from) };
};
if (!isMainThread) {
  parentPort.on('message', async () => parentPort.postMessage(await ask()));
  return;
}
/** The flood keeps this thread busy. */
const asker = new Worker(__filename);
const askBeside = () => new Promise((resolve) => { asker.once('message', resolve); asker.postMessage('ask'); });
/** Writes without end. */
const pour = (socket, octets) => {
  const more = () => { while (!socket.destroyed && socket.write(octets)); };
  socket.on('drain', more);
  more();
};
const webSocket = (path) => 'GET ' + path + ' HTTP/1.1\\r\\nHost: a\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n' +
  'Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n';

const floods = {
  async answers() {
    const paths = { 10000: '/v1/chat/completions', 10001: '/v1/messages', 10003: '/v1beta/models/x:generateContent' };
    const body = '{"x":"endless-answer"}';
    for (let i = 0; i < 500; i++) {
      for (const [port, path] of Object.entries(paths)) {
        open(port).write('POST ' + path + ' HTTP/1.1\\r\\nHost: a\\r\\nContent-Type: application/json\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
      }
      await sleep(10);
    }
    await came(1_500, 200);
    await sleep(5_000);
  },
  async pipelines() {
    for (const socket of await connected(1_000, 80)) socket.write('GET / HTTP/1.1\\r\\n\\r\\n'.repeat(3_500));
    await came(500, 400);
    await sleep(3_000);
  },
  async frames() {
    // A masked text message with one space.
    const messages = Buffer.alloc(7 * 8_000, Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x20]));
    for (let i = 0; i < 300; i++) {
      const socket = open(10000);
      socket.once('answer', () => pour(socket, messages));
      socket.write(webSocket('/v1/responses'));
    }
    await came(300, 101);
    await sleep(3_000);
  },
  async lookups() {
    const name = ['n', 'x'.repeat(60), 'refused', 'example'].map((label) => Buffer.from(String.fromCharCode(label.length) + label));
    const query = Buffer.concat([Buffer.from([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...name, Buffer.from([0, 0, 1, 0, 1])]);
    const queries = Buffer.alloc((query.length + 2) * 500, Buffer.concat([Buffer.from([0, query.length]), query]));
    for (const socket of await connected(250, 53)) pour(socket, queries);
    await came(100);
    await sleep(500);
  },
};
(async () => {
  while (!require('node:fs').existsSync('go')) await sleep(20);
  const asked = [await askBeside()];
  await floods[require('node:fs').readFileSync('flood', 'utf8')]();
  for (let i = 0; i < 3; i++) asked.push(await askBeside());
  console.log(JSON.stringify({ asked, answers }));
  process.exit(0);
})();
`;

interface Outcome {
  readonly asked: readonly { readonly status: number | string; readonly ms: number }[];
  readonly answers: Readonly<Record<string, number>>;
}

async function flood(name: string): Promise<Outcome & { readonly result: RunResult }> {
  const { run, outside } = await startTunnelRun(PROGRAM, { files: { flood: name } });
  try {
    const result = await run.done;
    const outcome = /\{"asked".*\}/.exec(run.stdout())?.[0] ?? '{"asked":[],"answers":{}}';
    await outside.stop();
    return { ...(JSON.parse(outcome) as Outcome), result };
  } finally {
    run.removeFiles();
  }
}

/** Milliseconds that a model request may take beside a flood. Without one, it takes ten. */
const PATIENCE = 15_000;

describe('D2 the api-proxy lives, and answers model requests meanwhile', () => {
  test.each([
    ['answers', '1,500 requests to three providers, whose answers have no end, and nobody reads them', '200', 1_500],
    ['pipelines', '3,500,000 requests in 1,000 connections to the port of HTTP', '400', 500],
    ['frames', 'the smallest messages in 300 WebSockets, without end', '101', 300],
    ['lookups', 'lookups in 250 connections to the resolver, without end', undefined, 100],
  ])('%s: %s', { timeout: 400_000 }, async (name, _, answer, count) => {
    const { asked, answers, result } = await flood(name);
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
    expect(asked).toHaveLength(4);
    expect(asked.filter(({ status, ms }) => status !== 200 || ms > PATIENCE)).toEqual([]);
    // Control: the flood was not refused as a whole. An answer of the resolver's is not text, and some are lost at the end.
    const came = answer === undefined ? Object.values(answers).reduce((a, b) => a + b, 0) : (answers[answer] ?? 0);
    expect(came, JSON.stringify(answers)).toBeGreaterThanOrEqual(count);
  });
});
