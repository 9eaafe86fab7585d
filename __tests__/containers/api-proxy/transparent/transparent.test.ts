/** Connections of programs that ask no proxy: to the sidecar's ports, and from there to a proxy of the test's. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../../containers/api-proxy/src/limits.ts';
import { Transparent, type TransparentPorts } from '../../../../containers/api-proxy/src/transparent/transparent.ts';
import { clientHello, records, serverNames } from '../../../../testing/client-hello.ts';
import { eventually } from '../../../../testing/sidecar/sidecar.ts';

const LIMITS = { ...DEFAULT_LIMITS, headTimeoutMs: 400, connectTimeoutMs: 400, checkIntervalMs: 50 };
const ALERT = Buffer.from('15030300020270', 'hex');

/** What Squid was asked for: the lines of each head, without the values that vary. */
interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['rawHeaders'];
  body: string;
}
const asked: Asked[] = [];
/** One of its own: a port that is free for UDP has to be free for TCP too. */
const LOOPBACK = '127.0.7.54';

let answerConnect: (socket: Socket) => void;
/** The octets that came through the last tunnel. */
let tunnelled: Buffer;
let squid: Server;
let transparent: Transparent;
let ports: TransparentPorts;
/** A port that an entry names. */
let further: number;
const accepted: { host: string; first: Buffer | null }[] = [];

beforeAll(async () => {
  squid = createServer((request, response) => {
    const one: Asked = { method: request.method ?? '', url: request.url ?? '', headers: request.rawHeaders, body: '' };
    asked.push(one);
    request.on('data', (chunk: Buffer) => (one.body += chunk.toString()));
    request.on('end', () => {
      const odd = /odd=(.*)/.exec(request.url ?? '')?.[1];
      if (odd !== undefined) request.socket.end(`HTTP/1.1 ${decodeURIComponent(odd)}\r\nContent-Length: 0\r\n\r\n`);
      else if (request.url?.includes('denied') === true)
        response.writeHead(403, { 'x-squid-error': 'ERR' }).end('denied\n');
      else
        response.writeHead(200, { 'x-kept': 'yes', 'keep-alive': 'timeout=5' }).end(`answer to ${request.url ?? ''}`);
    });
  });
  squid.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push({ method: 'CONNECT', url: request.url ?? '', headers: request.rawHeaders, body: '' });
    socket.on('error', () => undefined);
    answerConnect(socket);
  });
  squid.listen(0, '127.0.0.1');
  await once(squid, 'listening');
  const { port } = squid.address() as AddressInfo;
  further = await freePort();
  transparent = new Transparent(
    { address: LOOPBACK, proxyUrl: `http://127.0.0.1:${port}`, allow: [], deny: [], tlsPorts: [further] },
    {
      has: (host) => host === 'named.example',
      acceptDirect: (socket) => {
        accepted.push({ host: 'named.example', first: socket.read() as Buffer | null });
        socket.end('named\n');
      },
    },
    LIMITS,
    {
      ...{ request: () => undefined, notice: () => undefined, close: () => Promise.resolve(), isDebug: false },
      event: () => undefined,
    },
  );
  ports = await transparent.listen({ dns: 0, http: 0, ssh: 0, tls: 0 }, LOOPBACK);
});
beforeEach(() => {
  asked.length = 0;
  accepted.length = 0;
  tunnelled = Buffer.alloc(0);
  answerConnect = (socket) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.on('data', (chunk) => {
      tunnelled = Buffer.concat([tunnelled, chunk]);
    });
    socket.on('end', () => socket.end('the last octets'));
  };
});
afterAll(() => {
  transparent.close();
  squid.close();
  squid.closeAllConnections();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, LOOPBACK);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  return port;
}

/** Sends octets, ends its side if asked to, and reads until the other side ends. */
async function send(port: number, octets: Buffer | string, ends = false): Promise<Buffer> {
  const client = connect({ port, host: LOOPBACK, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  client.on('data', (chunk) => chunks.push(chunk));
  client.on('error', () => undefined);
  client.write(octets);
  if (ends) client.end();
  client.on('end', () => client.end());
  await once(client, 'close');
  return Buffer.concat(chunks);
}

const helloTo = (...names: string[]): Buffer => records(clientHello(serverNames(...names)));

describe('TLS', () => {
  test('goes through a tunnel to the host that it names, octet by octet, and each side ends when it likes', async () => {
    const octets = Buffer.concat([helloTo('Allowed.example'), Buffer.alloc(300_000, 7)]);
    expect((await send(ports.tls, octets, true)).toString()).toBe('the last octets');
    expect(asked).toMatchObject([{ method: 'CONNECT', url: 'allowed.example:443' }]);
    expect(tunnelled.equals(octets)).toBe(true);
  });

  test('at a port that an entry names goes to that port of the host, a named one too', async () => {
    await send(further, helloTo('allowed.example'), true);
    await send(further, helloTo('named.example'), true);
    expect(asked.map(({ url }) => url)).toEqual([`allowed.example:${further}`, `named.example:${further}`]);
    expect(accepted).toEqual([]);
  });

  test('of a named host stays here, with the hello still to be read', async () => {
    const octets = helloTo('named.example');
    expect((await send(ports.tls, octets)).toString()).toBe('named\n');
    expect(accepted).toEqual([{ host: 'named.example', first: octets }]);
    expect(asked).toEqual([]);
  });

  test.each([
    ['Squid refuses', helloTo('denied.example'), 1],
    ['has no server name', records(clientHello()), 0],
    ['has an odd server name', helloTo('a b.example'), 0],
    ['has a line break in its server name', helloTo('a.example:443 HTTP/1.1\r\nx: y'), 0],
  ])('that %s ends with an alert that the name is unknown', async (_, octets, requests) => {
    answerConnect = (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    expect(await send(ports.tls, octets)).toEqual(ALERT);
    expect(asked).toHaveLength(requests);
  });

  test.each([
    ['Squid breaks off', (socket: Socket) => void socket.destroy()],
    ['Squid does not answer', () => undefined],
    ['Squid says something before the hello', (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\nhello')],
  ])('ends with an alert if %s', async (_, answer) => {
    answerConnect = answer;
    expect(await send(ports.tls, helloTo('allowed.example'))).toEqual(ALERT);
  });

  test.each([
    ['is not TLS', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['never gets ready', helloTo('allowed.example').subarray(0, 20)],
    ['says nothing', Buffer.alloc(0)],
  ])('what %s is cut off', async (_, octets) => {
    expect(await send(ports.tls, octets)).toHaveLength(0);
    expect(asked).toEqual([]);
  });

  test('a client that leaves takes its tunnel with it', async () => {
    let tunnel: Socket | undefined;
    answerConnect = (socket) => {
      tunnel = socket;
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.resume();
    };
    const client = connect(ports.tls, LOOPBACK);
    client.write(helloTo('allowed.example'));
    await eventually('the tunnel', () => tunnel !== undefined);
    client.resetAndDestroy();
    await eventually('its end', () => tunnel?.readableEnded === true);
  });
});

const statuses = (octets: Buffer): string[] => octets.toString().match(/(?<=HTTP\/1\.1 )\d+/g) ?? [];

describe('HTTP', () => {
  test('X20 goes to Squid request by request, each with the host that it names', async () => {
    const answers = await send(
      ports.http,
      'GET /1?q=%20 HTTP/1.1\r\nHost: Allowed.example\r\nX-Own: 1\r\n\r\n' +
        'POST /denied HTTP/1.1\r\nHost: other.example:80\r\nContent-Length: 4\r\n\r\nbody' +
        'PUT /3 HTTP/1.1\r\nHost: third.example.\r\nTransfer-Encoding: chunked\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    );
    expect(statuses(answers)).toEqual(['200', '403', '200']);
    expect(answers.toString()).toMatch(/x-kept: yes/);
    expect(answers.toString()).not.toContain('timeout=5');
    expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['GET', 'http://allowed.example/1?q=%20', ''],
      ['POST', 'http://other.example/denied', 'body'],
      ['PUT', 'http://third.example/3', 'hello'],
    ]);
    expect(asked.map(({ headers }) => headers)).toEqual([
      ['host', 'allowed.example', 'X-Own', '1', 'Connection', 'close'],
      ['host', 'other.example', 'Content-Length', '4', 'Connection', 'close'],
      ['host', 'third.example', 'transfer-encoding', 'chunked', 'Connection', 'close'],
    ]);
  });

  test('D2 nothing is read behind a request that is refused, and what came before it has its answer', async () => {
    const get = (path: string, host: string): string => `GET ${path} HTTP/1.1\r\n${host}\r\n`;
    const [good, bad] = ['Host: a.example\r\n', ''];
    const answers = await send(ports.http, get('/1', good) + get('/2', bad) + get('/3', good) + 'no HTTP');
    expect(statuses(answers)).toEqual(['200', '400']);
    expect(asked.map(({ url }) => url)).toEqual(['http://a.example/1']);
  });

  test('a body of a GET keeps its end', async () => {
    await send(
      ports.http,
      'GET / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    );
    await send(
      ports.http,
      'GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nConnection: content-length, close\r\n\r\nabc',
    );
    expect(asked.map(({ body }) => body)).toEqual(['abc', 'abc']);
  });

  test.each([
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n'],
    ['another port', 'GET / HTTP/1.1\r\nHost: a.example:8080\r\n\r\n'],
    ['a host with a user', 'GET / HTTP/1.1\r\nHost: a.example@b.example\r\n\r\n'],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: a.example/x\r\n\r\n'],
    ['an IPv6 host', 'GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n'],
    ['an absolute target', 'GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n'],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['another coding', 'POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['what is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('with %s is refused', async (_, octets) => {
    expect(statuses(await send(ports.http, octets))).toEqual(['400']);
    expect(asked).toEqual([]);
  });

  test.each(['256.256.256.256', '1.2.3.4.5', '0x100000000', '08', '..', 'xn--a'])(
    'D2 to %s, which is no host for a parser of URLs, is for Squid to judge, and ends nothing here',
    async (host) => {
      const answer = await send(ports.http, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(statuses(answer)).toEqual(['200']);
      expect(asked).toMatchObject([{ url: `http://${host.replace(/\.$/, '')}/`, method: 'GET' }]);
    },
  );

  test.each(['000 OK', '099 OK', '200 O\x01K', '200 O\x7fK'])(
    'D2 an answer that Node reads and does not write (%j) ends nothing but itself',
    async (line) => {
      const path = `/odd=${encodeURIComponent(line)}`;
      const get = `GET ${path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`;
      expect(statuses(await send(ports.http, get))).toEqual(['502']);
      expect(statuses(await send(ports.http, get.replace(path, '/odd=299%20Fine')))).toEqual(['299']);
    },
  );

  test('a tunnel or a WebSocket is not carried', async () => {
    expect(await send(ports.http, 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n')).toHaveLength(0);
    const upgrade = 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(statuses(await send(ports.http, upgrade))).toEqual(['501']);
    expect(asked).toEqual([]);
  });
});
