import { expect, test } from 'vitest';
import { covers, isWithin } from '../../src/shared/host-pattern.ts';

test.each([
  ['example.com', 'example.com', true],
  ['a.b.example.com', 'example.com', true],
  ['evilexample.com', 'example.com', false],
  ['example.com.evil.example', 'example.com', false],
  ['com', 'example.com', false],
])('isWithin: %s in %s is %j', (host, domain, expected) => {
  expect(isWithin(host, domain)).toBe(expected);
});

test.each([
  ['host', 'example.com', true],
  ['host', 'a.example.com', false],
  ['domain', 'example.com', true],
  ['domain', 'a.example.com', true],
  ['domain', 'evilexample.com', false],
  ['subdomains', 'example.com', false],
  ['subdomains', 'a.example.com', true],
] as const)('a pattern of the kind %s covers %s: %j', (match, host, expected) => {
  expect(covers({ host: 'example.com', match }, host)).toBe(expected);
});
