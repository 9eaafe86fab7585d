/** Every endpoint of every provider with each of its credentials, from the agent's container through a real Squid. */

import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../../src/shared/endpoints.ts';
import { networkNames } from '../../../src/shared/network.ts';
import { PROVIDERS, type Provider } from '../../../src/shared/providers.ts';
import { BINARY, clientFrame, PING, TEXT } from '../../../testing/sidecar/client-frame.ts';
import { openRaw, post, sendRaw } from '../../../testing/sidecar/client.ts';
import { configured } from '../../../testing/sidecar/configured.ts';
import { eventually } from '../../../testing/sidecar/sidecar.ts';
import { SENTINELS } from '../../../testing/builders.ts';
import { docker } from '../../../testing/engine/engine.ts';
import { useProviderWorld } from './provider-world.ts';
import { askSquid } from '../../../testing/engine/sandbox-run.ts';
import { agree, WEBSOCKET_KEY, wish } from '../../../testing/sidecar/websocket-handshake.ts';

/** Credentials in many spellings, and headers that name another host. */
const HOSTILE = [
  'Host: evil.example',
  ...['Authorization', 'AUTHORIZATION', 'x-api-key', 'X-API-Key', 'X-Goog-Api-Key', 'x-gOOG-aPI-kEY'].map(
    (name) => `${name}: Bearer stolen`,
  ),
  'Proxy-Authorization: Basic stolen',
  'Cookie: session=stolen',
  'X-Forwarded-Host: stolen.example',
];

/**
 * Round 0 uses the default targets and the first credentials. The others use the next credentials and custom targets.
 */
const ROUNDS = Array.from(
  { length: Math.max(...PROVIDERS.map(({ credentials }) => credentials.length)) },
  (_, round) => ({
    round,
    title: round === 0 ? 'the default target' : `credential ${round + 1}, a custom target with port and base path`,
    credentialOf: ({ credentials }: Provider) => credentials[Math.min(round, credentials.length - 1)]!.variable,
    targetOf: ({ id, port, defaultTarget }: Provider) =>
      // Like Azure: a deployment in the base path, and api-version in the query of each request.
      round === 0 ? defaultTarget : `llm-${id}.internal.example:${port - 1_557}/openai/deployments/${id}`,
  }),
);

const concrete = ({ path }: Endpoint): string => path.replaceAll('*', 'm-1');
const isHttp = ({ method }: Endpoint): boolean => method !== 'WEBSOCKET';

/** Each provider's endpoints that `which` selects. */
const rows = (which: (endpoint: Endpoint) => boolean) =>
  PROVIDERS.flatMap((provider) =>
    provider.endpoints
      .filter(which)
      .map((endpoint) => ({ provider, endpoint, id: provider.id, method: endpoint.method, path: concrete(endpoint) })),
  );

const pairs = (raw: readonly string[]): string[] =>
  raw
    .flatMap((name, i) => (i % 2 === 0 ? [`${name.toLowerCase()}: ${raw[i + 1] ?? ''}`] : []))
    .map((line) => line.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, '<an id>'))
    .toSorted();

/** The path in the provider's own spelling. A custom target keeps what a gateway may want. */
const asSent = ({ spelling }: Endpoint, path: string, isCustom: boolean): string =>
  spelling === undefined || (isCustom && spelling.ownHostsOnly)
    ? path
    : path.replace(new RegExp(`^${spelling.written}`), spelling.sent);

const extraEndpoint = { request: '/extra/thing-1/run', line: ({ id }: Provider) => `${id} POST /extra/*/run` };

describe.each(ROUNDS)('$title', ({ round, credentialOf, targetOf }) => {
  const t = useProviderWorld({
    credentials: PROVIDERS.map(credentialOf),
    targetOf,
    options: {
      'allow-domains': 'internal.example',
      'allow-endpoints': PROVIDERS.map(extraEndpoint.line).join('\n'),
    },
  });
  const secretOf = (provider: Provider): string => SENTINELS.get(credentialOf(provider))!;

  /** What the upstream must receive in addition to the request's own headers. */
  function composed(provider: Provider): { base: string; host: string; headers: string[] } {
    const { host, port, basePath } = t.target(provider.id);
    const credential = secretOf(provider);
    const { injection } = configured(provider.id, credential, { host, port, basePath }, credentialOf(provider));
    const { header, prefix, defaults, entries, ids } = injection;
    const authority = port === 443 ? host : `${host}:${port}`;
    const ours = Object.entries({
      host: authority,
      ...defaults,
      ...entries,
      ...Object.fromEntries(ids.map((name) => [name, '<an id>'])),
      // A user's own gateway may echo the request, and nothing can be found in compressed answers.
      ...(round > 0 && { 'accept-encoding': 'identity' }),
      [header]: `${prefix}${credential}`,
    });
    return { base: basePath, host, headers: ours.map(([name, value]) => `${name}: ${value}`) };
  }

  test.each(rows(isHttp))('$id: $method $path', async ({ provider, endpoint, id, method, path }) => {
    const names = endpoint.query === 'any' ? ['x'] : endpoint.query;
    const query = names.map((name) => `${encodeURIComponent(name)}=1`);
    const sent = [...query, ...provider.credentialQuery.map((name) => `${name}=stolen`)].join('&');
    const body = method === 'POST' ? '{"model":"m-1","n":1}' : '';
    const lines = [
      `${method} ${path}${sent === '' ? '' : `?${sent}`} HTTP/1.1`,
      ...HOSTILE,
      ...(body === '' ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`]),
    ];
    const answer = await sendRaw(t.port(id), `${lines.join('\r\n')}\r\n\r\n${body}`);
    expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('{"ok":true}')]);

    const { base, host, headers } = composed(provider);
    const [request, ...others] = t.upstream.requests;
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      method,
      url: `${base}${asSent(endpoint, path, round > 0)}${query.length === 0 ? '' : `?${query.join('&')}`}`,
      serverName: host,
      complete: true,
    });
    const framing = body === '' ? [] : ['content-type: application/json', `content-length: ${body.length}`];
    expect(pairs(request!.rawHeaders)).toEqual([...headers, ...framing, 'connection: keep-alive'].toSorted());
    expect(Buffer.concat(request!.body).toString()).toBe(body);
    expect(await t.records(1)).toMatchObject([
      { provider: id, method, path, status: 200, upstreamStatus: 200, requestBytes: body.length, error: null },
    ]);
  });

  test.each(PROVIDERS)('$id: what Connection nominates does not affect what is injected', async (provider) => {
    const { header, defaults, others } = provider.injection;
    const names = [header, ...others.map((other) => other.header), ...Object.keys(defaults)];
    const nominations = ['keep-alive', ...names].join(', ');
    const { path } = rows(isHttp).find(({ id, method }) => id === provider.id && method === 'POST')!;
    const lines = [`POST ${path} HTTP/1.1`, ...HOSTILE, `Connection: ${nominations}`, 'Content-Length: 2'];
    expect((await sendRaw(t.port(provider.id), `${lines.join('\r\n')}\r\n\r\n{}`)).status).toBe(200);
    expect(t.upstream.requests.map(({ rawHeaders }) => pairs(rawHeaders))).toEqual([
      [...composed(provider).headers, 'content-length: 2', 'connection: keep-alive'].toSorted(),
    ]);
    await t.records(1);
  });

  // If an earlier round used the same credential, one endpoint is enough to show that a custom target streams.
  const streaming = rows(({ method }) => method === 'POST').filter(
    ({ provider, endpoint }, _, all) =>
      provider.credentials.length > round || all.find(({ id }) => id === provider.id)?.endpoint === endpoint,
  );
  test.each(streaming)('$id: $method $path streams events', async ({ id, path }) => {
    let upstream: ServerResponse | undefined;
    t.upstream.handler = (_, response) => {
      upstream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      upstream.flushHeaders();
    };
    const request = httpRequest({ host: '127.0.0.1', port: t.port(id), path, method: 'POST', agent: false });
    request.end('{"stream":true}');
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect(answer.headers['content-type']).toBe('text/event-stream');
    let received = '';
    answer.setEncoding('utf8').on('data', (text: string) => (received += text));
    const events = ['event: a\ndata: {"x":"\u00e9"}\n\n', ': ping\r\n\r\n', 'data: [DONE]\n\n'];
    // Each event is sent only after the previous one has arrived, so nothing waits for more or for the end.
    for (const [index, event] of events.entries()) {
      upstream!.write(event);
      await eventually(`event ${index}`, () => received === events.slice(0, index + 1).join(''));
    }
    const ended = once(answer, 'end');
    upstream!.end();
    await ended;
    expect(answer.complete).toBe(true);
    expect(await t.records(1)).toMatchObject([
      { status: 200, upstreamStatus: 200, responseBytes: Buffer.byteLength(events.join('')), error: null },
    ]);
  });

  describe.each(rows(({ method }) => method === 'WEBSOCKET'))('$id: a WebSocket at $path', (row) => {
    const { provider, endpoint, id, path } = row;
    test('echoes frames both ways, with the credential in its handshake', async () => {
      t.upstream.upgrade = agree();
      const { socket, head, received } = await openRaw(t.port(id), wish(path, ...HOSTILE));
      expect(head).toMatch(/^HTTP\/1\.1 101 /);
      let sent = '';
      const long = JSON.stringify({ text: '\0\xff'.repeat(30_000) });
      for (const frame of [clientFrame(TEXT, '{"a":1}'), clientFrame(PING, '\r\n\r\n'), clientFrame(BINARY, long)]) {
        socket.write(frame);
        sent += frame.toString('latin1');
        await eventually('the echo', () => received().length >= sent.length);
      }
      expect(received() === sent).toBe(true);
      socket.destroy();
      const { base, host, headers } = composed(provider);
      const url = `${base}${asSent(endpoint, path, round > 0)}`;
      expect(t.upstream.requests).toMatchObject([{ method: 'GET', url, serverName: host }]);
      const handshake = ['connection: Upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'];
      expect(pairs(t.upstream.requests[0]!.rawHeaders)).toEqual(
        [...headers, ...handshake, `sec-websocket-key: ${WEBSOCKET_KEY}`].toSorted(),
      );
      expect(await t.records(1)).toMatchObject([
        { provider: id, path, status: 101, upstreamStatus: 101, requestBytes: sent.length, responseBytes: sent.length },
      ]);
    });

    test.each([
      [426, 426],
      [403, 403],
      [404, 426],
    ])('is refused at once if the upstream answers %i: with %i', async (upstreamStatus, status) => {
      t.upstream.handler = (_, response) => response.writeHead(upstreamStatus).end('no WebSocket here');
      const { head, socket, received } = await openRaw(t.port(id), wish(path));
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      await eventually('the end', () => socket.destroyed || socket.readableEnded);
      expect(received()).toContain(status === 403 ? 'no WebSocket here' : 'Use plain HTTP');
      expect(await t.records(1)).toMatchObject([{ status, upstreamStatus }]);
    });
  });

  test.each(PROVIDERS)('$id: allow-endpoints adds a path, and no more than that', async ({ id }) => {
    expect((await post(t.port(id), `${extraEndpoint.request}?any=1`, '{}')).status).toBe(200);
    for (const other of ['/extra/thing-1', '/extra/a/b/run', '/extra/thing-1/run/x', '/files']) {
      expect((await post(t.port(id), other, '{}')).status).toBe(403);
    }
    expect((await sendRaw(t.port(id), `GET ${extraEndpoint.request} HTTP/1.1\r\nHost: a\r\n\r\n`)).status).toBe(403);
    const { basePath } = t.target(id);
    expect(t.upstream.requests.map(({ url }) => url)).toEqual([`${basePath}${extraEndpoint.request}?any=1`]);
    expect(await t.records(6)).toMatchObject(
      [null, ...Array.from({ length: 5 }, () => 'endpoint_not_allowed')].map((error) => ({ error })),
    );
  });

  test('Squid opens exactly each target’s port at each target’s host, only to the api-proxy', async () => {
    const targets = PROVIDERS.map(({ id }) => t.target(id));
    const authorities = [...new Set(targets.flatMap(({ host }) => targets.map(({ port }) => `${host}:${port}`)))];
    const permitted = targets.map(({ host, port }) => `${host}:${port}`);
    const { squid, 'api-proxy': apiProxy } = t.run.containers();
    const network = `{{(index .NetworkSettings.Networks "${networkNames(t.run.runId).internal}").IPAddress}}`;
    const address = docker(['inspect', `--format=${network}`, squid]);
    const more = [...authorities, `${targets[0]!.host}:22`, 'other.internal.example:8443'];
    const answers = askSquid(t.run.images, `container:${apiProxy}`, address, more);
    expect(more.filter((_, index) => answers[index]?.includes(' 200 '))).toEqual(permitted);
    expect(answers.filter((answer) => !answer.includes(' 200 ')).every((answer) => answer.includes(' 403 '))).toBe(
      true,
    );
    for (const { host, port } of targets) {
      const asAgent = await sendRaw(t.squidPort(), `CONNECT ${host}:${port} HTTP/1.1\r\n\r\n`);
      // Under its own name and at the usual port, the api-proxy answers for it.
      const isNamed = PROVIDERS.some(({ defaultTarget }) => defaultTarget === host) && port === 443;
      expect([host, port, asAgent.status]).toEqual([host, port, isNamed ? 200 : 403]);
    }
  });

  test('the log contains no credential, real or stolen', () => {
    const log = t.log();
    expect(log).toContain('"event":"request"');
    for (const provider of PROVIDERS) expect(log).not.toContain(secretOf(provider).slice(0, 10));
    expect(log).not.toContain('stolen');
  });

  test('every tunnel went through Squid', async () => {
    await t.hangUp();
    for (const { id } of PROVIDERS) {
      const { host, port } = t.target(id);
      expect(t.accesses().join('\n')).toMatch(
        new RegExp(` TCP_TUNNEL/200 .* CONNECT ${RegExp.escape(`${host} ${port}`)} `),
      );
    }
  });
});
