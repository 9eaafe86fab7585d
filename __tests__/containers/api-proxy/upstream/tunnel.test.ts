import { describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../../../src/shared/providers.ts';
import { post, send } from '../../../../testing/sidecar/client.ts';
import { eventually, INFERENCE, useSidecar } from '../../../../testing/sidecar/sidecar.ts';

const DENIED = 'HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_AWF_NOT_LISTED 0';
const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error:';
const UNREACHABLE = `${UNAVAILABLE} ERR_DNS_FAIL 0`;

describe('tunnels', () => {
  const t = useSidecar({ configured: ['openai'] });
  const call = () => post(t.port('openai'), '/v1/responses', '{}');
  const errorOf = (body: Buffer) => (JSON.parse(body.toString()) as { error: { code: string; message: string } }).error;

  test('are reused', async () => {
    for (let i = 0; i < 50; i++) expect((await call()).status).toBe(200);
    expect(t.proxy.connects).toEqual(['api.openai.com:443']);
    expect(t.upstream.handshakes).toBe(1);
  });

  test('are replaced if the upstream has closed an idle one', async () => {
    await call();
    for (const tunnel of t.proxy.tunnels) tunnel.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await call()).status).toBe(200);
    expect(t.upstream.handshakes).toBe(2);
  });

  test('a request that broke on a reused tunnel is not sent again', async () => {
    await call();
    t.upstream.handler = (_, __, socket) => socket.destroy();
    const answer = await call();
    expect(answer.status).toBe(502);
    expect(errorOf(answer.body).code).toBe('upstream_closed');
    expect(t.upstream.requests).toHaveLength(2);
    expect(await t.records(2)).toMatchObject([
      { status: 200, error: null },
      { status: 502, upstreamStatus: null, error: 'upstream_closed (ECONNRESET)' },
    ]);
  });

  test('that the firewall denies: a clear 403 at once, with the line to add', async () => {
    t.proxy.refusal = DENIED;
    const answer = await call();
    expect(answer.status).toBe(403);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(errorOf(answer.body)).toMatchObject({ code: 'target_not_allowed' });
    expect(errorOf(answer.body).message).toContain('Add this line to allow-domains: api.openai.com\n');
    expect(t.proxy.connects).toHaveLength(1);
    expect(await t.records(1)).toMatchObject([{ error: 'target_not_allowed (CONNECT 403 ERR_AWF_NOT_LISTED)' }]);
  });

  test('are tried once more if they could not be opened', async () => {
    Object.assign(t.proxy, { refusal: UNREACHABLE, refusals: 1 });
    expect((await call()).status).toBe(200);
    expect(t.proxy.connects).toHaveLength(2);
    expect(t.upstream.requests).toHaveLength(1);
  });

  test.each([
    ['a name without an address', UNREACHABLE, 502, 'upstream_dns_error', 'openai-api-target'],
    ['a refused connection', `${UNAVAILABLE} ERR_CONNECT_FAIL 111`, 502, 'upstream_unreachable', 'ERR_CONNECT_FAIL'],
    ['no route', `${UNAVAILABLE} ERR_CONNECT_FAIL 113`, 502, 'upstream_unreachable', 'ERR_CONNECT_FAIL'],
    ['a connection that timed out', `${UNAVAILABLE} ERR_CONNECT_FAIL 110`, 504, 'upstream_connect_timeout', 'in time'],
    ['a time-out of Squid’s', 'HTTP/1.1 504 Gateway Timeout', 504, 'upstream_connect_timeout', 'in time'],
    ['a trouble of Squid’s', 'HTTP/1.1 500 Internal Server Error', 502, 'upstream_unreachable', 'CONNECT 500'],
    ['Squid refuses', DENIED, 403, 'target_not_allowed', 'allow-domains'],
    ['the network’s proxy refuses', 'HTTP/1.1 403 Forbidden', 502, 'upstream_proxy_refused', 'own proxy'],
    [
      'a Squid of the network’s refuses',
      'HTTP/1.1 403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0',
      ...([502, 'upstream_proxy_refused', 'own proxy'] as const),
    ],
    [
      'the network’s proxy wants another credential',
      'HTTP/1.1 407 Proxy Authentication Required',
      ...([502, 'upstream_proxy_refused', 'the password in upstream-proxy'] as const),
    ],
    ['the handshake is cut', 'HTTP/1.1 200 Connection established', 502, 'upstream_handshake_closed', 'TLS handshake'],
  ])('%s has its own status, code and message', async (_, refusal, status, code, text) => {
    t.proxy.refusal = refusal;
    const answer = await call();
    expect([answer.status, errorOf(answer.body).code]).toEqual([status, code]);
    expect(errorOf(answer.body).message).toContain(text);
    expect(t.upstream.requests).toEqual([]);
    expect(await t.records(1)).toMatchObject([
      { status, upstreamStatus: null, error: expect.stringContaining(code) as string },
    ]);
  });

  test.each([
    ['no HTTP', 'nonsense\r\n\r\n'],
    ['a header with a line break', 'HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['another transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    [
      'a protocol that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    ],
  ])('an answer with %s: 502', async (_, octets) => {
    t.upstream.handler = (__, ___, socket) => socket.end(octets);
    expect((await call()).status).toBe(502);
  });
});

describe('a tunnel before the first request', () => {
  const t = useSidecar({ keepStart: true });

  test('is opened for each configured provider, whose first request uses it', async () => {
    await eventually('all tunnels open', () => t.upstream.handshakes === PROVIDERS.length);
    for (const { id } of PROVIDERS) expect((await post(t.port(id), INFERENCE[id], '{}')).status).toBe(200);
    expect(t.upstream.handshakes).toBe(PROVIDERS.length);
    expect([...t.proxy.connects].sort()).toEqual(PROVIDERS.map(({ defaultTarget }) => `${defaultTarget}:443`).sort());
  });
});

describe('an unused tunnel', () => {
  const t = useSidecar({ keepStart: true, limits: { tunnelIdleMs: 100 } });

  test('is closed, whether it was ever used or not', async () => {
    await eventually('all tunnels open', () => t.upstream.handshakes === PROVIDERS.length);
    await eventually('all tunnels closed', () => t.proxy.tunnels.size === 0);
    expect((await send(t.port('openai'))).status).toBe(200);
    expect(t.proxy.tunnels.size).toBe(1);
    await eventually('the used tunnel closed', () => t.proxy.tunnels.size === 0);
  });
});

describe('a provider that stays silent', () => {
  const t = useSidecar({ configured: ['openai'], limits: { connectTimeoutMs: 1_000, upstreamIdleMs: 300 } });

  test('while connecting: 504', async () => {
    t.proxy.silent = true;
    const answer = await send(t.port('openai'));
    expect(answer.status).toBe(504);
    expect(answer.body.toString()).toContain('upstream_connect_timeout');
  });

  test('before its answer: 504', async () => {
    t.upstream.handler = () => undefined;
    const answer = await send(t.port('openai'));
    expect(answer.status).toBe(504);
    expect(answer.body.toString()).toContain('upstream_timeout');
    await eventually('upstream aborted', () => t.upstream.requests.every(({ aborted }) => aborted));
  });

  test('in the middle of its answer: the stream breaks', async () => {
    t.upstream.handler = (_, response) => response.writeHead(200).write('data: 1\n\n');
    await expect(send(t.port('openai'))).rejects.toThrow();
    expect(await t.records(1)).toMatchObject([{ status: 200, error: 'upstream_timeout' }]);
  });
});

describe('a provider whose certificate is not trusted', () => {
  const t = useSidecar({ configured: ['openai'], distrustful: true });

  test('gets no octet: 502 that names the input for a private CA', async () => {
    const answer = await post(t.port('openai'), '/v1/responses', '{}');
    expect(answer.status).toBe(502);
    expect(answer.body.toString()).toContain('upstream_tls_error');
    expect(answer.body.toString()).toContain('upstream-ca');
    expect(t.upstream.requests).toEqual([]);
  });
});

describe('a provider whose certificate is for another name', () => {
  const t = useSidecar({
    configured: ['openai'],
    target: { host: 'other.example' },
    certifiedHosts: ['api.openai.com'],
  });

  test('gets no octet', async () => {
    const answer = await send(t.port('openai'));
    expect(answer.status).toBe(502);
    expect(answer.body.toString()).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(t.upstream.requests).toEqual([]);
  });
});

describe('a custom target', () => {
  const t = useSidecar({
    configured: ['openai'],
    target: { host: 'llm.internal', port: 8443, basePath: '/openai/v9' },
  });

  test('uses its port and base path', async () => {
    await post(t.port('openai'), '/responses?api-version=1', '{}');
    expect(t.proxy.connects).toEqual(['llm.internal:8443']);
    expect(t.upstream.requests[0]).toMatchObject({
      url: '/openai/v9/responses?api-version=1',
      headers: { host: 'llm.internal:8443' },
    });
  });
});

describe('no Squid', () => {
  const t = useSidecar({ configured: ['anthropic'], config: { proxyUrl: 'http://127.0.0.1:1' } });

  test('502, in the provider’s format', async () => {
    const answer = await post(t.port('anthropic'), '/v1/messages', '{}');
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ type: 'error', error: { type: 'api_error' } });
    expect(await t.records(1)).toMatchObject([{ error: 'proxy_unreachable (ECONNREFUSED)' }]);
  });
});
