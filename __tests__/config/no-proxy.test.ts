import { expect, test } from 'vitest';
import { directNames } from '../../src/config/no-proxy.ts';

const DOMAIN = { host: 'corp.example', match: 'domain' };

test.each(['corp.example', '.corp.example', '*.corp.example', 'CORP.example.', ' ,corp.example,, '])(
  '%j stands for the domain with its subdomains',
  (text) => {
    expect(directNames(text)).toEqual({ everything: false, patterns: [DOMAIN], ignored: [] });
  },
);

test.each(['10.0.0.0/8', '10.1.2.3', 'fd00::/8', '[fd00::1]', 'corp.example:8443', 'fd00::1', 'a b|c'])(
  '%j cannot be kept',
  (text) => {
    const { patterns, ignored } = directNames(`corp.example,${text}`);
    expect(patterns).toContainEqual(DOMAIN);
    expect(ignored).toEqual([text.split(' ').at(-1)]);
  },
);

test.each(['localhost', '127.0.0.1', '127.0.0.0/8', '::1', '[::1]', 'x.localhost', ''])(
  '%j is about the host itself, which no sandbox reaches',
  (text) => {
    expect(directNames(text)).toEqual({ everything: false, patterns: [], ignored: [] });
  },
);

test('a star turns the proxy off', () => {
  expect(directNames('corp.example, *').everything).toBe(true);
});
