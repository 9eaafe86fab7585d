/** Hosts that the sidecar answers for under their own names. Real TLS and HTTP; the upstream is the test's. */

import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { RequestOptions } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SidecarHost } from '../../../../src/shared/sidecar-config.ts';
import { configured } from '../../../../testing/sidecar/configured.ts';
import type { ClientAnswer } from '../../../../testing/sidecar/client.ts';
import { eventually, realCredential, useSidecar } from '../../../../testing/sidecar/sidecar.ts';
import { openConnect, openDirect, openHost, sendOver } from '../../../../testing/sidecar/tunnel-client.ts';
import { createTestCa } from '../../../../testing/tls.ts';

const REGISTRY = 'registry.example.com';
const OTHER = 'other.example.com';
const OPENAI = 'api.openai.com';
const HOOK = 'hooks.example.com';
const HOOK_SECRET = 'T0000000/B0000000/xxxxxxxx';
const TOKEN = 'registry-token-0123456789';
const OTHER_TOKEN = 'other-token-0123456789';

const providerHost = (id: 'openai' | 'anthropic' | 'gemini', name: string): SidecarHost => {
  const { target, injection } = configured(id, realCredential(id));
  return { name, provider: id, target, injection };
};

const HOSTS: readonly SidecarHost[] = [
  {
    name: REGISTRY,
    rules: [
      { method: 'GET', path: '/private/secret', refuse: true, source: 'first' },
      { method: 'GET', path: '/git/info/refs', query: 'service=git-upload-pack', credential: 1, source: 'git' },
      { method: 'PUT', path: '/upload/**', credential: 0, source: 'uploads' },
      { method: 'WEBSOCKET', path: '/socket', credential: 0, source: 'sockets' },
      { method: 'GET', path: '/public/**', source: 'public' },
      { method: 'GET', path: '/teams/*/members', credential: 0, source: 'members' },
      { method: 'GET', path: '/git/**', refuse: true, source: 'no other git' },
      { method: 'GET', path: '/packages/**', credential: 0, source: 'packages' },
    ],
    credentials: [
      { header: 'authorization', value: `Bearer ${TOKEN}`, secrets: [TOKEN] },
      {
        header: 'authorization',
        value: `Basic ${Buffer.from(`user:${TOKEN}`).toString('base64')}`,
        secrets: [TOKEN, Buffer.from(`user:${TOKEN}`).toString('base64')],
      },
    ],
  },
  {
    name: OTHER,
    rules: [{ method: 'GET', path: '/**', credential: 0, source: 'all' }],
    credentials: [{ header: 'x-api-token', value: OTHER_TOKEN, secrets: [OTHER_TOKEN] }],
  },
  {
    name: HOOK,
    rules: [{ method: 'POST', path: '/services/placeholder', credential: 0, source: 'hook' }],
    credentials: [{ header: '', value: '', secrets: [HOOK_SECRET], path: `/services/${HOOK_SECRET}` }],
  },
  providerHost('openai', OPENAI),
  providerHost('gemini', 'generativelanguage.googleapis.com'),
];

const fixture = useSidecar({ hosts: HOSTS });

const open = async (host = REGISTRY): Promise<TLSSocket> => {
  const socket = await openHost(fixture.hostPorts().connect, host, { ca: fixture.ca.certPem });
  onTestFinished(() => void socket.destroy());
  return socket;
};

const ask = async (host: string, options: RequestOptions, body?: string | Buffer): Promise<ClientAnswer> =>
  sendOver(await open(host), host, { ...options }, body);

const upstreamHeaders = () => fixture.upstream.requests[0]?.headers ?? {};

describe('a host with rules', () => {
  test('gets the credential of the rule, and the log names the rule', async () => {
    const answer = await ask(REGISTRY, { path: '/packages/left-pad?full=1', headers: { accept: 'application/json' } });
    expect(answer.status).toBe(200);
    expect(fixture.upstream.requests[0]).toMatchObject({
      method: 'GET',
      url: '/packages/left-pad?full=1',
      serverName: REGISTRY,
      headers: { host: REGISTRY, authorization: `Bearer ${TOKEN}`, accept: 'application/json' },
    });
    expect(fixture.proxy.connects).toEqual([`${REGISTRY}:443`]);
    const [record] = await fixture.records(1);
    expect(record).toMatchObject({
      ...{ provider: null, host: REGISTRY, rule: 'packages', path: '/packages/left-pad', status: 200 },
      ...{ forwarded: true, requests: 0, model: null, usage: null, error: null },
    });
  });

  test('gets another credential, or none, where the rule says so', async () => {
    await ask(REGISTRY, { path: '/git/info/refs?service=git-upload-pack' });
    await ask(REGISTRY, { path: '/public/a', headers: { authorization: 'Bearer mine' } });
    expect(fixture.upstream.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from(`user:${TOKEN}`).toString('base64')}`,
      undefined,
    ]);
  });

  test.each([
    ['a method that no rule has', { method: 'POST', path: '/packages/a' }],
    ['a path that no rule has', { path: '/elsewhere' }],
    ['the path itself, one segment less', { path: '/teams/members' }],
    ['a segment more', { path: '/teams/a/b/members' }],
    ['another query', { path: '/git/info/refs?service=git-receive-pack' }],
    ['a query with more in it', { path: '/git/info/refs?service=git-upload-pack&x=1' }],
    ['a parameter twice', { path: '/git/info/refs?service=git-upload-pack&service=git-upload-pack' }],
    ['a second query in the first', { path: '/git/info/refs?service=git-upload-pack;service=git-receive-pack' }],
    ['what an earlier rule refuses', { path: '/private/secret' }],
    ['a segment with a slash in it, where a server could see two', { path: '/teams/a%2fb/members' }],
    ['a path beside an open one', { path: '/packagesx/a' }],
    ['another case', { path: '/Packages/a' }],
  ])('refuses %s', async (_, options: RequestOptions) => {
    const answer = await ask(REGISTRY, options);
    expect(answer.status).toBe(403);
    expect(fixture.upstream.requests).toEqual([]);
    const { message, code } = JSON.parse(answer.body.toString()) as { message: string; code: string };
    expect(code).toBe('request_not_allowed');
    expect(message).toContain(`add this line to host-rules: ${REGISTRY} ${options.method ?? 'GET'} /`);
    expect(await fixture.records(1)).toMatchObject([{ rule: null, forwarded: false, error: 'request_not_allowed' }]);
  });

  test.each([
    ['/packages/../private', 'dot segment'],
    ['/packages/%2e%2e/private', 'dot segment'],
    ['/packages/a%2f..%2fb', 'dot segment'],
    ['/packages/a%2F%2Fb', 'empty segment'],
    ['/packages//b', 'empty segment'],
    ['/packages/a%c0%afb', 'UTF-8'],
    ['/packages/%252e', 'escaped character'],
    ['/packages/a%5cb', 'escaped character'],
    ['/packages/a%00b', 'escaped character'],
    ['https://other.example.com/packages/a', 'starts with a slash'],
  ])('has one spelling for a path: %s', async (path, reason) => {
    const answer = await ask(REGISTRY, { path });
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain(reason);
    expect(fixture.upstream.requests).toEqual([]);
  });

  test.each([
    ['/packages/@scope%2fname', '/packages/@scope%2Fname'],
    ['/packages/caf%c3%a9', '/packages/caf%C3%A9'],
    ['/packages/a%20b', '/packages/a%20b'],
    ['/packages/%61', '/packages/a'],
    ['/packages', '/packages'],
    ['/packages/', '/packages/'],
  ])('forwards %s', async (path, forwarded) => {
    expect((await ask(REGISTRY, { path })).status).toBe(200);
    expect(fixture.upstream.requests[0]?.url).toBe(forwarded);
  });

  test("takes nothing of the client's that carries a credential or overrides the request", async () => {
    const mine = 'credential-of-the-agent';
    await ask(REGISTRY, {
      path: `/packages/a?access_token=${mine}&Private_Token=${mine}&%61pi_key=${mine}&page=2`,
      headers: {
        authorization: `token ${mine}`,
        cookie: mine,
        'proxy-authorization': mine,
        'private-token': mine,
        'x-api-key': mine,
        'x-auth-token': mine,
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        'x-original-url': '/elsewhere',
        'x-rewrite-url': '/elsewhere',
        'x-http-method-override': 'DELETE',
        'x-method-override': 'DELETE',
        connection: 'keep-alive, authorization, x-kept',
        'x-kept': 'nominated',
        'npm-command': 'install',
        'if-none-match': '"1"',
        range: 'bytes=0-1',
      },
    });
    const [request] = fixture.upstream.requests;
    expect(JSON.stringify([request?.url, request?.rawHeaders])).not.toContain(mine);
    expect(request?.url).toBe('/packages/a?page=2');
    expect(Object.keys(request?.headers ?? {}).toSorted()).toEqual(
      ['accept-encoding', 'authorization', 'connection', 'host', 'if-none-match', 'npm-command', 'range'].toSorted(),
    );
    expect(upstreamHeaders().authorization).toBe(`Bearer ${TOKEN}`);
  });

  test('has its credential masked in every form in which an answer may repeat it', async () => {
    const basic = Buffer.from(`user:${TOKEN}`).toString('base64');
    fixture.upstream.handler = (request, response) => {
      request.resume();
      response.writeHead(200, { 'x-echo': request.headers.authorization ?? '', 'set-cookie': ['session=1', 'b=2'] });
      response.write(`${TOKEN} ${basic.slice(0, 9)}`);
      setTimeout(() => response.end(`${basic.slice(9)} end`), 10);
    };
    const answer = await ask(REGISTRY, { path: '/git/info/refs?service=git-upload-pack' });
    const masked = [TOKEN, basic].map((text) => '*'.repeat(text.length));
    expect(answer.body.toString()).toBe(`${masked.join(' ')} end`);
    expect(answer.headers['x-echo']).toBe(`Basic ${masked[1] ?? ''}`);
    // A session that began with the credential.
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test.each([1, 8])('an answer that ends with the first %i octets of its credential is the same', async (octets) => {
    const body = `the end: ${TOKEN.slice(0, octets)}`;
    fixture.upstream.handler = (_, response) => response.writeHead(200, { 'content-length': body.length }).end(body);
    const socket = await open();
    socket.write(`GET /packages/a HTTP/1.1\r\nHost: ${REGISTRY}\r\nConnection: close\r\n\r\n`);
    expect((await text(socket)).split('\r\n\r\n')[1]).toBe(body);
  });

  test('takes a body of any size, as a stream', async () => {
    const body = Buffer.alloc(12 * 1024 * 1024, 'x');
    const answer = await ask(REGISTRY, { method: 'PUT', path: '/upload/big' }, body);
    expect(answer.status).toBe(200);
    expect(Buffer.concat(fixture.upstream.requests[0]?.body ?? []).length).toBe(body.length);
  });

  test('may have a credential that is part of the path, which the log does not show', async () => {
    fixture.upstream.handler = (request, response) => {
      request.resume();
      response.end(`posted to ${request.url ?? ''}`);
    };
    const answer = await ask(HOOK, { method: 'POST', path: '/services/placeholder' }, '{}');
    expect(answer.body.toString()).toBe(`posted to /services/${'*'.repeat(HOOK_SECRET.length)}`);
    expect(fixture.upstream.requests[0]).toMatchObject({ url: `/services/${HOOK_SECRET}` });
    expect(upstreamHeaders().authorization).toBeUndefined();
    expect(await fixture.records(1)).toMatchObject([{ path: '/services/placeholder', rule: 'hook' }]);
    expect((await ask(HOOK, { method: 'POST', path: `/services/${HOOK_SECRET}` }, '{}')).status).toBe(403);
  });

  test('is told to git in plain text', async () => {
    const answer = await ask(REGISTRY, { path: '/git/other', headers: { 'user-agent': 'git/2.39.5' } });
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.body.toString()).toMatch(/^GET \/git\/other is not among .*\n$/);
  });

  test('passes a redirect on, and follows none', async () => {
    fixture.upstream.handler = (_, response) => {
      response.writeHead(302, { location: `https://${OTHER}/signed` }).end();
    };
    const answer = await ask(REGISTRY, { path: '/packages/a' });
    expect(answer).toMatchObject({ status: 302, headers: { location: `https://${OTHER}/signed` } });
    expect(fixture.proxy.connects).toEqual([`${REGISTRY}:443`]);
  });
});

describe('a WebSocket', () => {
  const handshake = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': 'credential-of-the-agent',
  };

  test('passes where a rule allows one, with the credential', async () => {
    fixture.upstream.upgrade = (_, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello',
      );
    };
    const socket = await open();
    const head = Object.entries(handshake).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /socket HTTP/1.1\r\nHost: ${REGISTRY}\r\n${head.join('')}\r\n`);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await eventually('the first frame', () => text.endsWith('hello'));
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(upstreamHeaders()).toMatchObject({ authorization: `Bearer ${TOKEN}` });
    expect(upstreamHeaders()['sec-websocket-protocol']).toBeUndefined();
  });

  test('does not pass where only a GET is allowed', async () => {
    const answer = await ask(REGISTRY, { path: '/packages/a', headers: handshake });
    expect(answer.status).toBe(403);
    expect(fixture.upstream.requests).toEqual([]);
  });
});

describe("a provider's own host", () => {
  test('is the provider, with its key and its endpoints', async () => {
    const answer = await ask(OPENAI, {
      path: '/v1/models',
      headers: { authorization: 'Bearer sk-of-the-agent', 'openai-beta': 'x' },
    });
    expect(answer.status).toBe(200);
    expect(fixture.upstream.requests[0]).toMatchObject({
      serverName: OPENAI,
      headers: { authorization: `Bearer ${realCredential('openai')}` },
    });
    expect(await fixture.records(1)).toMatchObject([{ provider: 'openai', host: OPENAI, requests: 1 }]);
    const refused = await ask(OPENAI, { path: '/v1/files' });
    expect(JSON.parse(refused.body.toString())).toMatchObject({ error: { code: 'endpoint_not_allowed' } });
  });

  test('has no health check of its own', async () => {
    expect((await ask(OPENAI, { path: '/health' })).status).toBe(403);
  });

  test('drops a key in the query', async () => {
    const path = '/v1beta/models/gemini-3-pro:generateContent?key=mine';
    await ask('generativelanguage.googleapis.com', { method: 'POST', path, headers: {} }, '{}');
    expect(fixture.upstream.requests[0]).toMatchObject({
      url: '/v1beta/models/gemini-3-pro:generateContent',
      headers: { 'x-goog-api-key': realCredential('gemini') },
    });
  });
});

describe('which host a request is for', () => {
  test.each([OTHER, `${REGISTRY}:8443`, `${REGISTRY}.evil.example`, '127.0.0.1', ''])(
    'refuses the Host %j on a connection for another one, also later on',
    async (host) => {
      const socket = await open();
      const first = await sendOver(socket, REGISTRY, { path: '/packages/a', headers: { connection: 'keep-alive' } });
      expect(first.status).toBe(200);
      const answer = await sendOver(await open(), host, { path: '/packages/a' });
      expect(answer.status).toBe(421);
      expect(answer.body.toString()).toContain('and its Host header names another host.');
      expect(fixture.upstream.requests).toHaveLength(1);
    },
  );

  test('is decided for every request on a connection', async () => {
    const socket = await open();
    const text = (host: string): string => `GET /packages/a HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.write(text(REGISTRY));
    await eventually('the first answer', () => received.includes('{"ok":true}'));
    socket.write(text(OTHER));
    await eventually('the second answer', () => received.includes('HTTP/1.1 421'));
    await eventually('the end of the connection', () => socket.destroyed);
    expect(fixture.upstream.requests.map(({ headers }) => headers.host)).toEqual([REGISTRY]);
  });

  test.each([
    ['another named host', OTHER],
    ['a host that is not named', 'unnamed.example.com'],
    ['a name below', `sub.${REGISTRY}`],
    ['a name above', 'example.com'],
  ])('ends a tunnel whose server name is %s, without a certificate', async (_, servername) => {
    const { socket } = await openConnect(fixture.hostPorts().connect, `${REGISTRY}:443`);
    await expect(openHandshake(socket, servername)).rejects.toThrow();
    expect(fixture.upstream.requests).toEqual([]);
  });

  test('ends a tunnel without a server name', async () => {
    const { socket } = await openConnect(fixture.hostPorts().connect, `${REGISTRY}:443`);
    await expect(openHandshake(socket, '')).rejects.toThrow();
  });

  test.each([
    'unnamed.example.com:443',
    `sub.${REGISTRY}:443`,
    'example.com:443',
    `${REGISTRY}:8443`,
    `${REGISTRY}:80`,
    `user@${REGISTRY}:443`,
    '127.0.0.1:443',
  ])('opens no tunnel to %s', async (authority) => {
    const { status, socket } = await openConnect(fixture.hostPorts().connect, authority);
    socket.destroy();
    expect(status).toBe(403);
  });

  test('speaks HTTP/1.1 only', async () => {
    const options = { ca: fixture.ca.certPem, ALPNProtocols: ['h2'] };
    await expect(openHost(fixture.hostPorts().connect, REGISTRY, options)).rejects.toThrow(/application protocol/i);
    const socket = await open();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
  });

  async function openHandshake(socket: Awaited<ReturnType<typeof openConnect>>['socket'], servername: string) {
    const secured = connectTls({ socket, ...(servername === '' ? {} : { servername }), ca: fixture.ca.certPem });
    onTestFinished(() => void secured.destroy());
    await once(secured, 'secureConnect');
  }
});

describe('without a proxy', () => {
  test('a program finds the host by its name in the handshake', async () => {
    const socket = await openDirect(fixture.hostPorts().direct, OTHER, { ca: fixture.ca.certPem });
    const answer = await sendOver(socket, OTHER, { path: '/a' });
    expect(answer.status).toBe(200);
    expect(upstreamHeaders()).toMatchObject({ host: OTHER, 'x-api-token': OTHER_TOKEN });
  });

  test('the Host is still the one of the handshake', async () => {
    const socket = await openDirect(fixture.hostPorts().direct, OTHER, { ca: fixture.ca.certPem });
    expect((await sendOver(socket, REGISTRY, { path: '/packages/a' })).status).toBe(421);
  });

  test('no other host is there', async () => {
    const options = { ca: fixture.ca.certPem };
    await expect(openDirect(fixture.hostPorts().direct, 'unnamed.example.com', options)).rejects.toThrow();
    expect(fixture.upstream.requests).toEqual([]);
  });
});

describe('a client that does not trust the certificate', () => {
  const distrustful = useSidecar({ hosts: HOSTS });
  const told = () => distrustful.lines.filter((line) => 'event' in line && line.event === 'certificate-refused');

  // Node's client completes the handshake before it looks at the certificate, so it sends no alert.
  test('is told in the log, once', async () => {
    const stranger = await createTestCa();
    const attempt = () => openHost(distrustful.hostPorts().connect, REGISTRY, { ca: stranger.certPem });
    await expect(attempt()).rejects.toThrow();
    await expect(attempt()).rejects.toThrow();
    await eventually('the line', () => told().length > 0);
    expect(told()).toMatchObject([{ level: 'warn', host: REGISTRY }]);
  });

  test('is told by its alert too', async () => {
    const { socket } = await openConnect(distrustful.hostPorts().connect, `${OTHER}:443`);
    // A hello for TLS 1.2, read as far as the server's own, and then the alert "unknown CA" (RFC 5246, section 7.2).
    const hello = await clientHello(OTHER);
    socket.write(hello);
    await once(socket, 'data');
    socket.write(Buffer.from([21, 3, 3, 0, 2, 2, 48]));
    await eventually('the line', () => told().length > 0);
    expect(told()).toMatchObject([{ level: 'warn', host: OTHER }]);
    socket.destroy();
  });
});

/** The first record of a client that speaks TLS 1.2. */
async function clientHello(servername: string): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectTls({ port: (server.address() as AddressInfo).port, servername, maxVersion: 'TLSv1.2' });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [record] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  server.close();
  return record;
}
