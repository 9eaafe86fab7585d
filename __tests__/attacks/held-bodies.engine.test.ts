import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GITHUB_TOKEN_SECRET } from '../../src/config/github-token.ts';
import type { RunResult } from '../../src/run/report.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { GITHUB_HOSTS } from '../../testing/github/server.ts';
import { startOutside } from '../../testing/outside/outside.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';
import { PROVIDER, RESOLVER } from './tunnel-run.ts';

const NAMES = [...GITHUB_HOSTS, PROVIDER.name];

/**
 * Runs in the agent's container: bodies that are judged as a whole, so that nothing of them leaves before their end. One has
 * 700 MB and eight have 1 MB in chunks of one octet.
 */
const PROGRAM = `
const { connect } = require('node:net');
const tls = require('node:tls');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ip = process.env.AWF_API_PROXY_IP;
const base = new URL(process.env.OPENAI_BASE_URL);
const LFS = ['github.com', 'POST /octo/hello.git/info/lfs/objects/batch', 'application/vnd.git-lfs+json'];
const GRAPHQL = ['api.github.com', 'POST /graphql', 'application/json'];
/** Sends a head, then as much of the body as is taken. @returns the answer's status, or how the connection ended */
const send = ([host, start, type], framing, body) => new Promise((resolve) => {
  const socket = tls.connect({ host: ip, port: 443, servername: host, rejectUnauthorized: false });
  let left = body.times;
  const more = () => { while (left > 0 && !socket.destroyed) { left--; if (!socket.write(body.part)) return; } if (left === 0) { left = -1; socket.write(body.end); } };
  socket.on('secureConnect', () => {
    socket.write(start + ' HTTP/1.1\\r\\nHost: ' + host + '\\r\\nContent-Type: ' + type + '\\r\\n' + framing + '\\r\\n\\r\\n');
    more();
  });
  socket.on('drain', more).on('error', () => undefined).on('close', () => resolve('closed'));
  socket.once('data', (data) => { resolve(String(data).split(' ')[1]); socket.destroy(); });
});
const CHUNKED = 'Transfer-Encoding: chunked';
const chunks = (part, times) => ({ part, times, end: '0\\r\\n\\r\\n' });
const ask = async () => {
  const answer = await fetch(base + '/chat/completions', {
    method: 'POST', body: '{}', headers: { 'content-type': 'application/json' }, signal: AbortSignal.timeout(60_000),
  }).catch(({ name }) => ({ status: name }));
  return answer.status;
};
(async () => {
  while (!require('node:fs').existsSync('go')) await sleep(20);
  const say = (name, value) => console.log(JSON.stringify({ [name]: value }));
  say('small', await send(LFS, 'Content-Length: 24', { part: '{"operation":"download"}', times: 1, end: '' }));
  say('large', await send(LFS, CHUNKED, chunks('10000\\r\\n' + ' '.repeat(65_536) + '\\r\\n', 11_000)));
  say('afterLarge', await ask());
  const octets = chunks('1\\r\\n \\r\\n'.repeat(1_000), 1_000);
  say('octets', await Promise.all(Array.from({ length: 8 }, () => send(GRAPHQL, CHUNKED, octets))));
  say('afterOctets', await ask());
  process.exit(0);
})();
`;

interface Outcome {
  readonly small: string;
  readonly large: string;
  readonly afterLarge: number | string;
  readonly octets: readonly string[];
  readonly afterOctets: number | string;
}

describe('D2 bodies that the api-proxy judges as a whole', () => {
  let run: SandboxRun;
  let result: RunResult;
  let outcome: Partial<Outcome>;

  beforeAll(async () => {
    const ca = await createTestCa();
    run = startSandbox({
      options: {
        'github-access': 'read',
        'add-hosts': NAMES.map((name) => `${name}:${PROVIDER.address}`).join('\n'),
        'upstream-ca': 'ca.pem',
      },
      credentials: {
        OPENAI_API_KEY: 'sk-proj-held-sentinel-0f1e2d3c',
        [GITHUB_TOKEN_SECRET]: 'ghs_sentinelOfTheHeldBodies4f1d6f3a9c2e4f',
      },
      environment: { GITHUB_REPOSITORY: 'octo/hello', GITHUB_REPOSITORY_ID: '4242' },
      script: 'echo started; ulimit -n "$(ulimit -Hn)"; node program.cjs',
      resolver: RESOLVER,
      files: { 'ca.pem': ca.certPem, 'program.cjs': PROGRAM },
    });
    await untilSaid(run, 'started');
    const world = { ...(await ca.issue(NAMES)), resolver: RESOLVER, names: {}, pointer: '' };
    const { squid } = run.containers();
    const outside = await startOutside(squid, run.images, world, [PROVIDER.address]);
    run.writeFile('go', '');
    result = await run.done;
    const said = run.stdout().match(/^\{.*\}$/gm) ?? [];
    outcome = Object.assign({}, ...said.map((line) => JSON.parse(line) as object)) as Partial<Outcome>;
    await outside.stop();
  }, 200_000);
  afterAll(() => {
    run.removeFiles();
  });

  test('control: an ordinary one passes', () => {
    expect(outcome.small).toBe('200');
  });

  test('one of 700 MB is refused, or its connection ends', () => {
    // A client that is still sending may see the end of the connection before the answer.
    expect(['413', 'closed']).toContain(outcome.large);
    expect(outcome.afterLarge).toBe(200);
  });

  test('eight of 1 MB each, in chunks of one octet, do not take more memory than others', () => {
    expect(outcome.octets).toHaveLength(8);
    expect(new Set(outcome.octets)).toEqual(new Set(['403']));
    expect(outcome.afterOctets).toBe(200);
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
  });
});
