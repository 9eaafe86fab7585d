import { describe, expect, test } from 'vitest';
import { proxyPasswords, upstreamProxy } from '../../src/config/upstream-proxy.ts';
import type { Source } from '../../src/config/source.ts';
import { thrown } from '../../testing/builders.ts';

const INPUT: Source = { kind: 'input', name: 'upstream-proxy' };
const FLAG: Source = { kind: 'flag', name: '--upstream-proxy' };
const read = (text: string, source = INPUT) =>
  upstreamProxy({ text, source }, { nameOf: (name) => `the option ${name}` });

describe('an address', () => {
  test.each([
    ['http://proxy.example:3128', { host: 'proxy.example', port: 3128 }],
    ['http://proxy.example:3128/', { host: 'proxy.example', port: 3128 }],
    ['proxy:8080', { host: 'proxy', port: 8080 }],
    ['HTTP://Proxy.Example', { host: 'proxy.example', port: 80 }],
    ['http://10.1.2.3:3128', { host: '10.1.2.3', port: 3128 }],
  ])('%s is read', (text, expected) => {
    expect(read(text)).toEqual({ ...expected, isSecure: false, login: undefined, origin: 'upstream-proxy' });
    expect(read(text, FLAG)).toMatchObject(expected);
  });

  test.each(['none', 'NONE'])('%s turns the proxy off', (text) => {
    expect(read(text)).toBe('none');
  });

  test.each([
    ['http://user:secret-7@proxy.example:3128', { user: 'user', password: 'secret-7' }],
    [
      'http://DOMAIN%5Cuser:p%40ss%3A%20w%22o%27rd%25@proxy.example:3128',
      { user: 'DOMAIN\\user', password: `p@ss: w"o'rd%` },
    ],
    ['http://user:%C3%A9@proxy.example:3128', { user: 'user', password: 'é' }],
    ['http://user@proxy.example:3128', { user: 'user', password: '' }],
    ['http://us@er:p@ss@proxy.example:3128', { user: 'us@er', password: 'p@ss' }],
  ])('%s has a credential', (text, login) => {
    expect(read(text)).toMatchObject({ host: 'proxy.example', port: 3128, login });
  });
});

test.each([
  ['http://proxy.example', 80, false],
  ['https://proxy.example', 443, true],
  ['HTTPS://user:p@proxy.example:8443', 8443, true],
])('%s is at port %i', (text, port, isSecure) => {
  expect(read(text)).toMatchObject({ host: 'proxy.example', port, isSecure });
});

test.each(['DOMAIN\\user:secret-7@proxy.example:3128', 'http://user:secret/7@proxy.example:3128'])(
  'for %s, the hint says how to write such a character',
  (text) => {
    expect(thrown(() => read(text)).hint).toContain('"\\" as %5C');
  },
);

describe('is refused, and the password not repeated', () => {
  test.each([
    ['https://user:secret-7@192.0.2.7:3128', 'checked against the proxy'],
    ['http://user:secret-7@proxy.example:0', 'its port is 0'],
    ['socks5://user:secret-7@proxy.example:1080', 'not the address of an HTTP proxy'],
    ['http://user:secret-7@', 'not the address of a proxy'],
    ['http://user:secret-7@proxy.example:99999', 'not the address of a proxy'],
    ['http://user:secret-7@proxy.example:3128/path', 'has a path'],
    ['http://user:secret-7/x@proxy.example:3128', 'not the address of a proxy'],
    ['http://user:secret-7@[::1]:3128', 'IPv6'],
    ['http://user:secret-7@127.0.0.1:3128', 'loopback'],
    ['http://user:secret-7@127.1:3128', 'loopback'],
    ['http://user:secret-7@localhost:3128', 'loopback'],
    ['http://user:secret-7@a..b:3128', 'not a name'],
    ['http://user:secret-7%zz@proxy.example:3128', 'encodes nothing'],
    ['http://user:secret-7%0d%0a@proxy.example:3128', 'cannot be sent'],
    ['http://us%3Aer:secret-7@proxy.example:3128', 'cannot be sent'],
    ['http://*:secret-7@proxy.example:3128', 'Squid cannot send'],
    ['http://NEGOTIATE:secret-7@proxy.example:3128', 'Squid cannot send'],
  ])('%s', (text, problem) => {
    const { message, hint } = thrown(() => read(text));
    expect(message).toMatch(/^upstream-proxy: /);
    expect(message).toContain(problem);
    expect(`${message} ${hint ?? ''}`).not.toContain('secret-7');
  });

  test('on the command line, where every user of the host can read it', () => {
    const { message, hint } = thrown(() => read('http://user:secret-7@proxy.example:3128', FLAG));
    expect(message).toContain('--upstream-proxy');
    expect(hint).toContain('AWF_UPSTREAM_PROXY');
  });
});

test.each([
  ['http://user:p%40ss@proxy.example', ['p%40ss', 'p@ss']],
  ['user:pass@proxy.example', ['pass', 'pass']],
  ['http://user:pa%zz@proxy.example', ['pa%zz']],
  ['http://user:a@b:c@proxy.example', ['a@b:c', 'a@b:c']],
  ['http://proxy.example:3128', []],
  ['http://user@proxy.example:3128', []],
  ['', []],
])('the passwords in %j', (text, expected) => {
  expect(proxyPasswords(text)).toEqual(expected);
});
