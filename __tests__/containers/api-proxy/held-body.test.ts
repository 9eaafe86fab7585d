import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Capacity } from '../../../containers/api-proxy/src/capacity.ts';
import { HeldBody } from '../../../containers/api-proxy/src/held-body.ts';
import { post } from '../../../testing/sidecar/client.ts';
import { openDirect, sendOver } from '../../../testing/sidecar/tunnel-client.ts';
import { eventually, useSidecar } from '../../../testing/sidecar/sidecar.ts';

describe('a body that waits', () => {
  const LIMITS = { allRequests: 1, heldBytes: 10_000 };

  test.each([1, 7, 5_000])('is what was pushed, %i octets at a time', (size) => {
    const body = Buffer.from(Array.from({ length: 9_000 }, (_, i) => i & 255));
    const held = new HeldBody(new Capacity({ ...LIMITS, heldBytes: 100_000 }), 0);
    for (let at = 0; at < body.length; at += size) expect(held.push(body.subarray(at, at + size))).toBe(true);
    expect(held.octets).toEqual(body);
  });

  test('takes no more than all of them may, and gives it back', () => {
    const capacity = new Capacity(LIMITS);
    const [first, second] = [new HeldBody(capacity, 0), new HeldBody(capacity, 0)];
    expect(first.push(Buffer.alloc(6_000))).toBe(true);
    expect(second.push(Buffer.alloc(6_000))).toBe(false);
    expect(second.isEmpty).toBe(true);
    first.release();
    first.release();
    expect(second.push(Buffer.alloc(6_000))).toBe(true);
  });

  test('has room for all of it from its first octet, if its length is known', () => {
    const capacity = new Capacity(LIMITS);
    const held = new HeldBody(capacity, 9_000);
    expect(held.push(Buffer.alloc(1))).toBe(true);
    expect(capacity.hold(1_001)).toBe(false);
    expect(held.push(Buffer.alloc(8_999))).toBe(true);
    expect(held.octets).toHaveLength(9_000);
    held.release();
    expect(capacity.hold(10_000)).toBe(true);
  });

  test('takes nothing before its first octet', () => {
    const capacity = new Capacity(LIMITS);
    new HeldBody(capacity, 9_000);
    expect(capacity.hold(10_000)).toBe(true);
  });
});

const HOST = 'lfs.example.com';
const LIMIT = 1024 * 1024;

describe('D2 bodies that are judged as a whole', () => {
  const rule = { method: 'POST', path: '/**', members: { operation: ['download'] }, source: 'lfs' } as const;
  const t = useSidecar({
    hosts: [{ name: HOST, rules: [rule], credentials: [] }],
    limits: { heldBytes: 2 * LIMIT, requestTimeoutMs: 60_000 },
  });
  const send = async (headers: Record<string, string>, body: Buffer): Promise<number> => {
    const socket = await openDirect(t.hostPorts().direct, HOST, { ca: t.ca.certPem });
    const options = { method: 'POST', path: '/batch', headers: { 'content-type': 'application/json', ...headers } };
    const { status } = await sendOver(socket, HOST, options, body);
    socket.destroy();
    return status;
  };
  const body = (length: number): Buffer => Buffer.from('{"operation":"download"}'.padEnd(length));

  test('one of 1 MiB passes, with a length and chunked', async () => {
    expect(await send({ 'content-length': String(LIMIT) }, body(LIMIT))).toBe(200);
    expect(await send({ 'transfer-encoding': 'chunked' }, body(LIMIT))).toBe(200);
    expect(Buffer.concat(t.upstream.requests[1]!.body)).toEqual(body(LIMIT));
  });

  test('a larger one is refused, by its length and by its octets', async () => {
    expect(await send({ 'content-length': String(LIMIT + 1) }, body(LIMIT + 1))).toBe(413);
    expect(await send({ 'transfer-encoding': 'chunked' }, body(LIMIT + 1))).toBe(413);
    expect(t.upstream.requests.filter(({ complete }) => complete)).toEqual([]);
  });
});

describe('D2 short bodies beyond what may be held', () => {
  const t = useSidecar({ configured: ['openai'], limits: { heldBytes: 100_000 } });

  test('are judged as they pass, and what is held comes back', async () => {
    const head =
      'POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n';
    const waiting = connect(t.port('openai'), '127.0.0.1').on('error', () => undefined);
    waiting.write(`${head}{`);
    await eventually('it is under way', () => t.proxy.connects.length > 0);
    const large = Buffer.from('{"tools":[]}'.padEnd(60_000));
    expect((await post(t.port('openai'), '/v1/responses', large)).status).toBe(200);
    const hosted = Buffer.from('{"tools":[{"type":"web_search"}]}'.padEnd(60_000));
    expect((await post(t.port('openai'), '/v1/responses', hosted)).status).toBe(403);
    expect(t.upstream.requests.filter(({ complete }) => complete)).toHaveLength(1);
    waiting.destroy();
  });
});

describe('D2 requests at all ports together', () => {
  const t = useSidecar({ configured: ['openai', 'anthropic'], limits: { allRequests: 2 } });

  test('have a limit, and a port whose own is not reached refuses the next one', async () => {
    t.upstream.handler = () => undefined;
    const begin = (): void => void post(t.port('openai'), '/v1/responses', '{}').catch(() => undefined);
    begin();
    begin();
    await eventually('both are under way', () => t.upstream.requests.length === 2);
    const refused = await post(t.port('anthropic'), '/v1/messages', '{}');
    expect(refused.status).toBe(429);
    expect(refused.body.toString()).toContain('Too many requests are under way at the same time.');
  });
});
