import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  readQuery,
  RESPONSE_CODES,
  writeAnswer,
} from '../../../../containers/api-proxy/src/transparent/dns-message.ts';
import { query } from './dns-query.ts';

const nameOf = (message: Buffer): string | undefined => readQuery(message)?.question?.name;

describe('a query', () => {
  test('has its name in lower case', () => {
    expect(readQuery(query('WWW.Example.com'))).toMatchObject({
      ...{ id: 0x1234, isOrdinary: true },
      question: { name: 'www.example.com', wantsAddress: true },
    });
  });

  test.each([
    ['A', true],
    ['ANY', true],
    ['AAAA', false],
    ['HTTPS', false],
    ['TXT', false],
    ['PTR', false],
  ] as const)('of type %s wants an IPv4 address: %j', (type, expected) => {
    expect(readQuery(query('example.com', type))?.question?.wantsAddress).toBe(expected);
  });

  test('of another class wants none', () => {
    const message = query('example.com');
    message.writeUInt16BE(3, message.length - 2);
    expect(readQuery(message)?.question?.wantsAddress).toBe(false);
  });

  test.each([
    ['a space', 'a b'],
    ['a NUL', 'a\0b'],
    ['a dot within a label', 'a!b'],
    ['an octet beyond ASCII', 'a\u00e9'],
  ])('with %s in a label has no name', (_, label) => {
    const message = query(`${label}.example.com`);
    const dot = message.indexOf('!');
    if (dot > 0) message.write('.', dot);
    expect(readQuery(message)?.question).toMatchObject({ name: undefined });
  });

  test('for the root has no name', () => {
    expect(readQuery(Buffer.from('123401000001000000000000' + '0000010001', 'hex'))?.question?.name).toBeUndefined();
  });

  test('that is an update is not ordinary', () => {
    expect(readQuery(query('example.com', 'A', 0x2800))?.isOrdinary).toBe(false);
  });
});

describe('what is no query', () => {
  test('an answer, or too little for a header, gets none', () => {
    expect(readQuery(query('example.com', 'A', 0x8180))).toBeUndefined();
    expect(readQuery(query('example.com').subarray(0, 11))).toBeUndefined();
  });

  test.each([
    ['a pointer to itself', Buffer.from([0xc0, 12, 0, 1, 0, 1])],
    ['a label that is longer than the message', Buffer.from([60, 97, 97])],
    ['no end of the name', Buffer.from([1, 97])],
    ['no type', Buffer.from([1, 97, 0, 0, 1])],
    [
      'a name of more than 255 octets',
      Buffer.concat([...Array.from({ length: 130 }, () => Buffer.from([1, 97])), Buffer.from([0, 0, 1, 0, 1])]),
    ],
  ])('%s: no question', (_, question) => {
    const header = query('a').subarray(0, 12);
    expect(readQuery(Buffer.concat([header, question]))).toMatchObject({ question: undefined });
  });

  test('two questions: none is read', () => {
    const message = query('example.com');
    message.writeUInt16BE(2, 4);
    expect(readQuery(message)).toMatchObject({ question: undefined });
  });

  test('random octets never throw, and a name has only characters of host names', () => {
    for (let round = 0; round < 20_000; round++) {
      const message = Buffer.concat([query('ab.cd').subarray(0, 12), randomBytes(round % 40)]);
      // Short labels reach the end of the name more often than random lengths do.
      for (let at = 12; at < message.length; at += 2) message[at]! &= 3;
      expect(nameOf(message) ?? 'a').toMatch(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/);
    }
  });
});

describe('an answer', () => {
  const asked = readQuery(query('Example.com'))!;

  test('repeats id, question and spelling, and points to the name', () => {
    const answer = writeAnswer(asked, RESPONSE_CODES.ok, '172.30.0.30');
    expect(answer.toString('hex')).toBe(
      '1234' +
        '8180' +
        '0001000100000000' +
        query('Example.com').subarray(12).toString('hex') +
        'c00c' +
        '0001' +
        '0001' +
        '0000003c' +
        '0004' +
        'ac1e001e',
    );
  });

  test('without an address has no record', () => {
    const answer = writeAnswer(asked, RESPONSE_CODES.unknownName);
    expect(answer.readUInt16BE(2)).toBe(0x8183);
    expect(answer.readUInt16BE(6)).toBe(0);
    expect(answer.subarray(12)).toEqual(query('Example.com').subarray(12));
  });
});
