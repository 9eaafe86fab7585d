import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Resolver as Client } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Resolver } from '../../../../containers/api-proxy/src/transparent/resolver.ts';
import { parsed, query } from './dns-query.ts';

const ADDRESS = '172.30.0.30';
/** One of its own: a port that is free for UDP has to be free for TCP too. */
const LOOPBACK = '127.0.7.53';
const refused: object[] = [];
const resolver = new Resolver(
  {
    address: ADDRESS,
    proxyUrl: 'http://127.0.0.1:1',
    allow: [{ host: 'allowed.example', match: 'domain' }],
    deny: [{ host: 'denied.allowed.example', match: 'domain' }],
    tlsPorts: [],
  },
  { headTimeoutMs: 300 },
  {
    ...{ request: () => undefined, notice: () => undefined, close: () => Promise.resolve(), isDebug: false },
    event: (_, event, fields) => refused.push({ event, ...fields }),
  },
);
const answer = (message: Buffer) => {
  const found = resolver.answer(message);
  return found && parsed(found);
};

let port: number;
beforeAll(async () => {
  port = await resolver.listen(0, LOOPBACK);
});
afterAll(() => {
  resolver.close();
});

describe('what it answers', () => {
  test.each([
    ['an allowed name', query('allowed.example'), { code: 0, address: ADDRESS }],
    ['its subdomain, in capitals', query('A.B.Allowed.EXAMPLE'), { code: 0, address: ADDRESS }],
    ['IPv6: the name exists, without an address', query('allowed.example', 'AAAA'), { code: 0, address: undefined }],
    ['HTTPS records: the same', query('allowed.example', 'HTTPS'), { code: 0, address: undefined }],
    ['text records: the same', query('allowed.example', 'TXT'), { code: 0, address: undefined }],
    ['the sandbox itself', query('localhost'), { code: 0, address: '127.0.0.1' }],
    ['a name of the sandbox’s', query('App.LOCALHOST'), { code: 0, address: '127.0.0.1' }],
    ['a name of the sandbox’s over IPv6', query('app.localhost', 'AAAA'), { code: 0, address: undefined }],
    ['a name that only looks like one', query('notlocalhost'), { code: 3, address: undefined }],
    ['another that does', query('localhost.attacker.example'), { code: 3, address: undefined }],
    ['another name: it does not exist', query('other.example'), { code: 3, address: undefined }],
    ['X1 data in a name: it does not exist', query('c2VjcmV0.attacker.example'), { code: 3, address: undefined }],
    ['a denied name: it does not exist', query('a.denied.allowed.example'), { code: 3, address: undefined }],
    ['an odd name below an allowed one', query('a|b.allowed.example'), { code: 3, address: undefined }],
    ['an address for a name', query('30.0.30.172.in-addr.arpa', 'PTR'), { code: 3, address: undefined }],
    ['an update', query('allowed.example', 'A', 0x2800), { code: 4, address: undefined }],
  ])('%s', (_, message, expected) => {
    expect(answer(message)).toEqual({ id: 0x1234, isAnswer: true, ...expected });
  });

  test('a message without a readable question gets an error, and an answer gets nothing', () => {
    expect(answer(query('allowed.example').subarray(0, 14))).toMatchObject({ code: 1 });
    expect(answer(query('allowed.example', 'A', 0x8180))).toBeUndefined();
  });

  test('logs each refused name once', () => {
    answer(query('twice.example'));
    answer(query('TWICE.example', 'AAAA'));
    expect(refused.filter((line) => JSON.stringify(line).includes('twice'))).toEqual([
      { event: 'lookup-refused', name: 'twice.example' },
    ]);
  });
});

describe('over the network', () => {
  test('a client of Node’s finds an allowed name, and no other', async () => {
    const client = new Client({ timeout: 1_000, tries: 1 });
    client.setServers([`${LOOPBACK}:${port}`]);
    expect(await client.resolve4('allowed.example')).toEqual([ADDRESS]);
    await expect(client.resolve6('allowed.example')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(client.resolve4('other.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('UDP: a message that is too long, or none at all, does not end it', async () => {
    const client = createSocket('udp4');
    for (const message of [
      Buffer.alloc(5_000, 1),
      Buffer.alloc(0),
      query('x').subarray(0, 3),
      query('allowed.example'),
    ])
      client.send(message, port, LOOPBACK);
    const [found] = (await once(client, 'message')) as [Buffer];
    expect(parsed(found)).toMatchObject({ address: ADDRESS });
    client.close();
  });

  const framed = (message: Buffer): Buffer =>
    Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);

  test('TCP: queries in a row, octet by octet, get their answers in order', async () => {
    const client = connect(port, LOOPBACK);
    client.setNoDelay(true);
    const chunks: Buffer[] = [];
    client.on('data', (chunk) => chunks.push(chunk));
    for (const octet of Buffer.concat([framed(query('allowed.example')), framed(query('other.example'))])) {
      client.write(Buffer.from([octet]));
    }
    client.end();
    await once(client, 'close');
    const octets = Buffer.concat(chunks);
    const first = octets.readUInt16BE(0);
    expect(parsed(octets.subarray(2, 2 + first))).toMatchObject({ address: ADDRESS });
    expect(parsed(octets.subarray(4 + first))).toMatchObject({ code: 3 });
  });

  test('D2 TCP: a connection gets a hundred answers, and then ends', async () => {
    const client = connect(port, LOOPBACK);
    let octets = Buffer.alloc(0);
    client.on('error', () => undefined).on('data', (chunk) => (octets = Buffer.concat([octets, chunk])));
    client.write(Buffer.concat(Array.from({ length: 99 }, () => framed(query('allowed.example')))));
    while (octets.length === 0) await once(client, 'data');
    client.write(Buffer.concat(Array.from({ length: 5 }, () => framed(query('allowed.example')))));
    await once(client, 'close');
    const length = 2 + octets.readUInt16BE(0);
    expect(octets.length / length).toBe(100);
  });

  test.each([
    ['says nothing', Buffer.alloc(0)],
    ['announces more than a query has', Buffer.from([0xff, 0xff])],
    ['sends half a query', framed(query('allowed.example')).subarray(0, 9)],
  ])('TCP: a client that %s is cut off', async (_, octets) => {
    const client = connect(port, LOOPBACK);
    client.on('error', () => undefined);
    client.resume().write(octets);
    await once(client, 'close');
    expect(client.bytesRead).toBe(0);
  });
});
