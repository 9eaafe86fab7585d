import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ClientHelloReader, type Beginning } from '../../../../containers/api-proxy/src/transparent/client-hello.ts';
import {
  clientHello,
  encryptedClientHello,
  extension,
  records,
  serverNames,
} from '../../../../testing/client-hello.ts';

const readClientHello = (octets: Buffer): Beginning => new ClientHelloReader().read(octets);
const hello = (...extensions: Buffer[]): Buffer => records(clientHello(...extensions));

describe('the server name', () => {
  test.each([
    ['is found', hello(serverNames('allowed.example')), 'allowed.example'],
    ['is in lower case, without a trailing dot', hello(serverNames('Allowed.EXAMPLE.')), 'allowed.example'],
    [
      'is found behind another extension',
      hello(extension(21, Buffer.alloc(30)), serverNames('a.example')),
      'a.example',
    ],
    ['is the first of two', hello(serverNames('a.example', 'b.example')), 'a.example'],
    ['of two extensions is the first one’s', hello(serverNames('a.example'), serverNames('b.example')), 'a.example'],
    [
      'is the outer one of an encrypted hello',
      hello(serverNames('outer.example'), encryptedClientHello()),
      'outer.example',
    ],
    ['may be missing', hello(), undefined],
    ['may be empty', hello(serverNames('')), undefined],
    ['may be no host name', hello(extension(0, Buffer.from([0, 4, 1, 0, 1, 97]))), undefined],
    ['may be broken', hello(extension(0, Buffer.from([0xff, 0xff, 0, 0xff]))), undefined],
  ])('%s', (_, octets, serverName) => {
    expect(readClientHello(octets)).toEqual({ serverName });
  });

  test.each([1, 5, 120])('is found in records of %i octets', (size) => {
    expect(readClientHello(records(clientHello(serverNames('split.example')), size))).toEqual({
      serverName: 'split.example',
    });
  });

  test('is found whatever comes behind the hello', () => {
    expect(readClientHello(Buffer.concat([hello(serverNames('a.example')), randomBytes(50)]))).toEqual({
      serverName: 'a.example',
    });
  });
});

describe('a beginning', () => {
  const whole = hello(serverNames('allowed.example'));

  test('that is a part of a hello needs more, and never more than there is', () => {
    for (let length = 0; length < whole.length; length++) {
      const needed = readClientHello(whole.subarray(0, length));
      expect(needed).toBeTypeOf('number');
      expect(needed).toBeGreaterThan(length);
      expect(needed).toBeLessThanOrEqual(whole.length);
    }
  });

  test('D2 that arrives in thousands of records keeps nobody waiting', () => {
    // It takes 50 ms. Read anew with each record, it took minutes.
    const octets = records(clientHello(extension(21, Buffer.alloc(5_000)), serverNames('allowed.example')), 1);
    const reader = new ClientHelloReader();
    const from = performance.now();
    for (let length = 6; length < octets.length; length += 6) {
      expect(typeof reader.read(octets.subarray(0, length))).toBe('number');
    }
    expect(reader.read(octets)).toEqual({ serverName: 'allowed.example' });
    expect(readClientHello(octets)).toEqual({ serverName: 'allowed.example' });
    expect(performance.now() - from).toBeLessThan(20_000);
  });

  test.each([
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a record of another kind', Buffer.from('1703030004deadbeef', 'hex')],
    ['a record of another version', Buffer.from('1604010005' + '0100000100', 'hex')],
    ['an empty record', Buffer.from('1603010000', 'hex')],
    ['another message', Buffer.from('1603010005' + '0200000100', 'hex')],
    [
      'a hello that claims 16 MB',
      Buffer.concat(
        Array.from({ length: 3 }, () =>
          Buffer.concat([Buffer.from('1603014000', 'hex'), Buffer.from('01ffffff', 'hex'), Buffer.alloc(16_380)]),
        ),
      ),
    ],
  ])('that is not TLS: %s', (_, octets) => {
    expect(readClientHello(octets)).toBe('not-tls');
  });

  test('with random octets in it never throws', () => {
    for (let round = 0; round < 5_000; round++) {
      const octets = Buffer.from(whole);
      for (let at = 0; at < 4; at++) octets[(round * 7 + at * 31) % octets.length] = randomBytes(1)[0]!;
      const beginning = readClientHello(octets);
      if (typeof beginning === 'object') expect(['string', 'undefined']).toContain(typeof beginning.serverName);
    }
  });
});
