/** The run's credentials, which nobody in the sandbox gets, and the agent's own, which arrive nowhere. */

import { generateKeyPairSync } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_LIB, AGENT_PLACES } from '../../src/shared/contract.ts';
import { docker } from '../../testing/engine/engine.ts';
import { startSandbox } from '../../testing/engine/sandbox-run.ts';
import { waitFor } from '../../testing/runner/action.ts';
import { openConnect } from '../../testing/sidecar/tunnel-client.ts';
import { accept, agree, wish } from '../../testing/sidecar/websocket-handshake.ts';
import { clientFrame, TEXT } from '../../testing/sidecar/client-frame.ts';
import { commandLines, engineFilesWith, filesWith, keysIn, partsOf } from './key-search.ts';
import {
  arrived,
  ask,
  BASIC,
  CREDENTIAL,
  exchange,
  KEY,
  OPEN,
  opened,
  OTHER,
  OTHER_TOKEN,
  PASSWORD,
  received,
  REGISTRY,
  request,
  requestsIn,
  TOKEN,
  UNLISTED,
  useNamedWorld,
} from './named-host-world.ts';

const OWN = 'agent-own-secret';
const SECRETS = [TOKEN, OTHER_TOKEN, PASSWORD, Buffer.from(`user:${PASSWORD}`).toString('base64'), KEY];
const started = new Date(Date.now() - 1000);
const held = useNamedWorld();

/** Begun before the tests, because they take seconds. */
let silent: Socket[];
let slow: Promise<{ readonly status: number; readonly ms: number }>;
const SILENT = 1_000;

beforeAll(async () => {
  const { ports } = held.world;
  const begin = performance.now();
  const socket = (await opened(held.world, REGISTRY)) as TLSSocket;
  slow = new Promise((resolve) => {
    socket.once('data', (data: Buffer) => {
      resolve({ status: Number(data.toString().split(' ')[1]), ms: performance.now() - begin });
      socket.destroy();
    });
  });
  socket.write(`GET /slow HTTP/1.1\r\nHost: ${REGISTRY}\r\n`);
  silent = [];
  // In parts, because the relay's queue is shorter.
  while (silent.length < SILENT) {
    const opening = Array.from({ length: 100 }, () => openConnect(ports.squid, `${REGISTRY}:443`));
    silent.push(...(await Promise.all(opening)).map(({ socket }) => socket));
  }
});
afterAll(() => {
  for (const socket of silent) socket.destroy();
});

describe('N10 1,000 tunnels that say nothing', () => {
  test('other requests are answered meanwhile', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(held.world, REGISTRY, '/n10')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(silent.filter(({ destroyed }) => destroyed)).toEqual([]);
  });
});

/** Names of headers in which clients put a credential. */
const HEADERS = [
  ...['Authorization', 'authorization', 'AUTHORIZATION', 'Proxy-Authorization', 'Cookie', 'X-Api-Key', 'Api-Key'],
  ...['X-Api-Token', 'Private-Token', 'Job-Token', 'Deploy-Token', 'X-Auth-Token', 'X-GitLab-Token', 'X-Vault-Token'],
  ...[
    'X-JFrog-Art-Api',
    'X-Auth-Key',
    'X-RapidAPI-Key',
    'X-Functions-Key',
    'Ocp-Apim-Subscription-Key',
    'X-NuGet-ApiKey',
  ],
  ...['X-Amz-Security-Token', 'X-Goog-Api-Key', 'X-Access-Token', 'X-Client-Secret', 'X-Password', 'X-Authorization'],
];

describe('N11 the agent’s own credentials', () => {
  test.each([REGISTRY, OTHER, BASIC])('in any header to %s: none arrives, the run’s does', async (host) => {
    for (const name of HEADERS) {
      await ask(held.world, host, `/n11-${name}`, { headers: { [name]: `Bearer ${OWN}`, 'X-Harmless': 'yes' } });
    }
    expect(received(held.world)).not.toContain(OWN);
    const [name = '', value] = CREDENTIAL[host] ?? [];
    expect(requestsIn(held.world).map(({ headers }) => [headers[name], headers['x-harmless']])).toEqual(
      HEADERS.map(() => [value, 'yes']),
    );
  });

  test.each([
    `/n11?Access_Token=${OWN}&kept=1`,
    `/n11?%61ccess%5ftoken=${OWN}&kept=1`,
    `/n11?kept=1;access_token=${OWN}&kept=1`,
    `/n11?PRIVATE_TOKEN=${OWN}&kept=1`,
    `/n11?api%5Fkey=${OWN}&apikey=${OWN}&kept=1`,
    `/n11?kept=1&oauth_token=${OWN}`,
  ])('in the query %s: it does not arrive, the rest does', async (path) => {
    expect((await ask(held.world, REGISTRY, path)).status).toBe(200);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/n11?kept=1`]);
  });

  test('in the URL and in .netrc, with curl: they do not arrive', async () => {
    const status = `curl -s -o /dev/null -w '%{http_code}\\n'`;
    const output = await held.world.command(`
      ${status} https://me:${OWN}@${REGISTRY}/n11-url
      echo 'default login me password ${OWN}' > netrc; ${status} --netrc-file netrc https://${REGISTRY}/n11-netrc
      ${status} -b 'session=${OWN}' --oauth2-bearer ${OWN} https://${OTHER}/n11-cookie`);
    expect(output).toBe('200\n200\n200\n');
    expect(arrived(held.world)).toHaveLength(3);
    expect(received(held.world)).not.toContain(OWN);
    expect(received(held.world)).not.toContain(Buffer.from(`me:${OWN}`).toString('base64'));
  });
});

describe('N12 WebSockets', () => {
  const shake = async (host: string, path: string, ...lines: string[]) => {
    held.world.upstream.upgrade = agree();
    const socket = (await opened(held.world, host)) as TLSSocket;
    return exchange(socket, wish(path, `Host: ${host}`, ...lines), 200);
  };

  test('by a rule: open, with the run’s credential and none of the agent’s', async () => {
    const subprotocol = `Sec-WebSocket-Protocol: bearer, ${OWN}`;
    const { status } = await shake(REGISTRY, '/socket', subprotocol, `Authorization: Bearer ${OWN}`);
    expect(status).toBe(101);
    expect(requestsIn(held.world)[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(received(held.world)).not.toContain(OWN);
  });

  test.each([
    ['another path', REGISTRY, '/socket/other'],
    ['a host without such a rule, although it may be read', OTHER, '/socket'],
  ])('%s: refused', async (_, host, path) => {
    expect((await shake(host, path)).status).toBe(403);
    expect(arrived(held.world)).toEqual([]);
  });

  test('what the upstream sends in messages is masked', async () => {
    held.world.upstream.upgrade = (message, socket) => {
      accept(message, socket);
      const own = message.headers.authorization ?? '';
      socket.write(clientFrame(TEXT, `hello ${own}`, { isMasked: false }));
    };
    const socket = (await opened(held.world, REGISTRY)) as TLSSocket;
    const { text } = await exchange(socket, wish('/socket', `Host: ${REGISTRY}`), 100);
    expect(text).toContain('hello Bearer ****');
    expect(keysIn(text, SECRETS)).toEqual([]);
  });
});

describe('N13 an upstream that repeats what it was sent', () => {
  test('in headers, in the body, across writes, in trailers: masked', async () => {
    held.world.upstream.handler = (message, response) => {
      const own = message.headers.authorization ?? '';
      response.writeHead(200, { 'x-echo': own, trailer: 'x-end' });
      response.write(`start ${own}`);
      const parts = [own.slice(0, 12), own.slice(12, 13), own.slice(13)];
      void (async () => {
        for (const part of parts) {
          response.write(part);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        response.addTrailers({ 'x-end': own });
        response.end(' end');
      })();
    };
    for (const host of [REGISTRY, BASIC]) {
      const socket = (await opened(held.world, host)) as TLSSocket;
      const { text } = await exchange(
        socket,
        request('GET /n13 HTTP/1.1', `Host: ${host}`, 'Connection: close', 'TE: trailers'),
      );
      expect(text).toContain('start ');
      expect(text.replaceAll(/\r\n[\da-f]+\r\n/g, '')).toContain(' end');
      expect(text).toContain('****');
      expect(keysIn(text, SECRETS)).toEqual([]);
    }
  });

  test('in the reason, in a header’s name, in an early hint: not passed on', async () => {
    held.world.upstream.handler = (message, response) => {
      const own = (message.headers.authorization ?? '').replace('Bearer ', '');
      response.writeEarlyHints({ link: '</a>; rel=preload', 'x-early': own });
      response.writeHead(200, own, { [own]: 'name' }).end('body\n');
    };
    const socket = (await opened(held.world, REGISTRY)) as TLSSocket;
    const { text } = await exchange(socket, request('GET /n13 HTTP/1.1', `Host: ${REGISTRY}`, 'Connection: close'));
    expect(text).toContain('body');
    expect(keysIn(text, SECRETS)).toEqual([]);
    expect(text.toLowerCase()).not.toContain(TOKEN);
  });

  test('compressed, unasked: refused', async () => {
    held.world.upstream.handler = (message, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(message.headers.authorization ?? ''));
    };
    const { status } = await ask(held.world, REGISTRY, '/n13', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(status).toBe(502);
    expect(requestsIn(held.world)[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('N14 an upstream that redirects', () => {
  const follow = (host: string): Promise<string> => {
    held.world.upstream.handler = (message, response) => {
      const isFirst = message.url === '/n14';
      response.writeHead(isFirst ? 302 : 200, isFirst ? { location: `https://${host}/there` } : {}).end();
    };
    return held.world.command(`curl -m 20 -ksL -o /dev/null -w '%{http_code} %{http_connect}' https://${REGISTRY}/n14`);
  };

  test('to a host that is not allowed: Squid refuses the client, which the redirect reached', async () => {
    expect(await follow(UNLISTED)).toMatch(/ 403$/);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/n14`]);
  });

  test('control: to an allowed host, which gets no credential', async () => {
    expect(await follow(OPEN)).toMatch(/^200 /);
    expect(arrived(held.world)).toEqual([`${REGISTRY}|${REGISTRY}|/n14`, `${OPEN}|${OPEN}|/there`]);
    expect(requestsIn(held.world)[1]?.rawHeaders.join()).not.toMatch(/authorization|token/i);
  });

  test('to another named host, which gets its own credential', async () => {
    expect(await follow(OTHER)).toMatch(/^200 /);
    expect(requestsIn(held.world)[1]?.headers).not.toHaveProperty('authorization');
    expect(requestsIn(held.world)[1]?.headers['x-api-token']).toBe(OTHER_TOKEN);
  });
});

describe('N15 the run’s credentials and keys, searched for (R4)', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const control = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const keys = () => [...SECRETS, ...partsOf(held.world.authority.key)];

  test('nothing of them in what the command sees', async () => {
    held.world.run.writeFile('control.pem', control);
    const places = `/tmp /run /var /etc /dev/shm "$HOME" "$PWD" ${AGENT_PLACES.trust} ${AGENT_LIB}`;
    const output = await held.world.command(`{
      cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; env; set
      find ${places} -xdev -type f -not -name "job-*" -size -2000k -exec cat {} +; } 2> /dev/null | base64 -w0`);
    const seen = Buffer.from(output, 'base64').toString('latin1').replace(control, '');
    expect(seen).toContain('AWF_API_PROXY_IP');
    expect(keysIn(seen, keys())).toEqual([]);
    expect(keysIn(`${seen}${control}`, partsOf(control))).toHaveLength(3);
  });

  test('nothing of them on the host: files of the engine and of the run, docker inspect, command lines', () => {
    const { run } = held.world;
    const careless = docker(['create', `--env=KEY=${control}`, run.images.agent]);
    try {
      const found = engineFilesWith([...keys(), ...partsOf(control)], started);
      expect(found.filter((file) => !file.includes(`/containers/${careless}/`))).toEqual([]);
      expect(found).not.toEqual([]);
    } finally {
      docker(['rm', careless]);
    }
    expect(filesWith(dirname(run.workspace), keys()).filter((file) => !file.endsWith('/control.pem'))).toEqual([]);
    expect(keysIn(docker(['inspect', ...Object.values(run.containers())]) + commandLines(), keys())).toEqual([]);
    expect(keysIn(run.stdout(), keys())).toEqual([]);
  });

  test('a command that contains a credential is refused', async () => {
    const start = async () => {
      const run = startSandbox({
        ...{ options: { 'host-credentials': `${REGISTRY} bearer ${TOKEN}` }, credentials: {}, resolver: '127.0.0.53' },
        ...{ script: `echo ${TOKEN}`, files: {} },
      });
      const { error } = await run.done;
      run.removeFiles();
      if (error !== undefined) throw error as Error;
    };
    await expect(start()).rejects.toThrow(/credential|secret/i);
  });
});

describe('N16 a head that does not end', () => {
  test('ends with 408, and tunnels that say nothing end too', async () => {
    const { status, ms } = await slow;
    expect(status).toBe(408);
    expect(ms).toBeLessThan(40_000);
    await waitFor('the end of the silent tunnels', () => silent.every(({ closed }) => closed));
  });
});
