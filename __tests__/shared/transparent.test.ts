import { expect, test } from 'vitest';
import { isAnswered } from '../../src/shared/transparent.ts';

const POLICY = {
  address: '172.30.0.30',
  proxyUrl: 'http://172.30.0.10:3130',
  allow: [
    { host: 'example.com', match: 'domain' },
    { host: 'wild.example', match: 'subdomains' },
  ],
  deny: [{ host: 'bad.example.com', match: 'domain' }],
  tlsPorts: [],
} as const;

test.each([
  ['example.com', true],
  ['a.example.com', true],
  ['a.wild.example', true],
  ['wild.example', false],
  ['other.example', false],
  ['bad.example.com', false],
  ['a.bad.example.com', false],
])('block: %s is answered: %j', (name, expected) => {
  expect(isAnswered(POLICY, name)).toBe(expected);
});

test('an audit answers every name that is not denied', () => {
  const { address, proxyUrl, deny, tlsPorts } = POLICY;
  expect(isAnswered({ address, proxyUrl, deny, tlsPorts }, 'other.example')).toBe(true);
  expect(isAnswered({ address, proxyUrl, deny, tlsPorts }, 'bad.example.com')).toBe(false);
});
