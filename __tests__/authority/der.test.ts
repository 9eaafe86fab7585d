import { describe, expect, test } from 'vitest';
import {
  bitString,
  constructed,
  integer,
  octetString,
  oid,
  primitive,
  sequence,
  time,
} from '../../src/authority/der.ts';

const hex = (octets: Buffer): string => octets.toString('hex');

describe('lengths', () => {
  test.each([
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('of %d octets', (length, start) => {
    const found = octetString(Buffer.alloc(length));
    expect(hex(found).slice(0, start.length)).toBe(start);
    expect(found).toHaveLength(start.length / 2 + length);
  });
});

test.each([
  ['1.2.840.10045.4.3.2', '06082a8648ce3d040302'],
  ['2.5.29.17', '0603551d11'],
  ['1.3.6.1.5.5.7.3.1', '06082b06010505070301'],
])('the object identifier %s', (dotted, expected) => {
  expect(hex(oid(dotted))).toBe(expected);
});

test('an integer never looks negative', () => {
  expect(hex(integer(Buffer.of(0x7f)))).toBe('02017f');
  expect(hex(integer(Buffer.of(0x80)))).toBe('02020080');
});

test.each([
  ['2026-11-25T07:08:09.123Z', '170d', '261125070809Z'],
  ['2049-12-31T23:59:59.999Z', '170d', '491231235959Z'],
  ['2050-01-01T00:00:00.000Z', '180f', '20500101000000Z'],
])('the time %s', (iso, start, text) => {
  const found = time(new Date(iso));
  expect([hex(found.subarray(0, 2)), found.toString('latin1', 2)]).toEqual([start, text]);
});

test('tags of a context, and bits', () => {
  expect(hex(primitive(2, Buffer.from('a')))).toBe('820161');
  expect(hex(constructed(3, sequence()))).toBe('a3023000');
  expect(hex(bitString(Buffer.of(0x06), 1))).toBe('03020106');
});
