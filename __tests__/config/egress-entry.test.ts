import { describe, expect, test } from 'vitest';
import type { Scheme } from '../../src/config/egress-entry.ts';
import { decide, isAllowed, waysOf, type DomainSet } from '../../src/config/egress-rules.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

/** The names that HTTPS may reach at its own port. */
const namesOf = (text: string, scheme: Scheme = 'https'): DomainSet | undefined =>
  waysOf(allowing(text).allow).find((way) => way.scheme === scheme)?.names;

describe('allow-domains', () => {
  test('an empty list allows nothing', () => {
    expect(allowing(' \n# nothing\n , ,\n')).toEqual({ mode: 'block', allow: [], deny: [] });
  });

  test('lines and commas are equivalent', () => {
    expect(namesOf('a.example, b.example\nc.example,')).toEqual(namesOf('c.example\nb.example\na.example'));
  });

  test.each([
    ['API.Example.COM', 'api.example.com'],
    ['example.com.', 'example.com'],
    ['HTTPS://Example.com', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['gateway!', 'gateway'],
    ['example.co.uk', 'example.co.uk'],
  ])('%s is stored as %s', (entry, host) => {
    expect(namesOf(entry)?.domains).toEqual([host]);
  });

  test.each([
    {
      name: 'a subdomain of a listed domain',
      text: 'a.example.com\nexample.com',
      domains: ['example.com'],
      subdomainsOf: [],
    },
    { name: 'a name that is listed twice', text: 'a.example\nA.example.', domains: ['a.example'], subdomainsOf: [] },
    {
      name: 'the wildcard of a listed domain',
      text: '*.example.com\nexample.com',
      domains: ['example.com'],
      subdomainsOf: [],
    },
    {
      name: 'a wildcard below a listed domain',
      text: '*.a.example.com\nexample.com',
      domains: ['example.com'],
      subdomainsOf: [],
    },
    {
      name: 'a name that a wildcard covers',
      text: 'a.example.com\n*.example.com',
      domains: [],
      subdomainsOf: ['example.com'],
    },
    {
      name: 'a wildcard that a wildcard covers',
      text: '*.a.example.com\n*.example.com',
      domains: [],
      subdomainsOf: ['example.com'],
    },
  ])('drops $name', ({ text, domains, subdomainsOf }) => {
    expect(namesOf(text)).toEqual({ hosts: [], domains, subdomainsOf });
  });

  test('a domain does not cover a name that merely ends with the same letters', () => {
    expect(namesOf('example.com\nevilexample.com')?.domains).toEqual(['evilexample.com', 'example.com']);
  });

  test('an entry for one scheme covers nothing of the other', () => {
    const text = 'http://example.com\nhttps://a.example.com';
    expect(namesOf(text)?.domains).toEqual(['a.example.com']);
    expect(namesOf(text, 'http')?.domains).toEqual(['example.com']);
  });

  test.each([
    ['ftp://example.com', 'has the scheme ftp', 'Write "example.com".'],
    ['https://example.com/path', 'has a path', 'Write "https://example.com".'],
    ['example.com/', 'has a path', 'Write "example.com".'],
    ['*.example.com?x', 'has a path', 'Write "*.example.com".'],
    ['example.com:8443', 'has a port', '"https://example.com:8443"'],
    ['http://example.com:8080', 'has a port for http', '"https://example.com:8080"'],
    ['https://example.com:0', 'has a port that is not a number', '"https://example.com"'],
    ['https://example.com:99999', 'has a port that is not a number', '"https://example.com"'],
    [
      '=example.com:8443',
      'has a port',
      'write "=example.com". For HTTPS at another port, write "https://=example.com:8443"',
    ],
    ['*.example.com:443', 'has a port', 'Ports 80 and 443 are always allowed: write "*.example.com".'],
    ['user@example.com', 'has a user name', 'Write "example.com".'],
    ['https://user:word@example.com:1/x', 'has a user name', 'Write "https://example.com".'],
    ['example.com*', 'has a wildcard inside', '"*.example.com"'],
    ...[':443', '=:8080', 'https://', 'https://:8080', '//example.com', '/path', '@', 'user@', '=', '.'].map(
      (text): [string, string, string] => [text, 'is not a domain name', 'Write a name such as "example.com".'],
    ),
    ['10.0.0.1', 'is an IP address', 'add-hosts'],
    ['10.0.0.1:443', 'is an IP address', 'add-hosts'],
    ['https://10.0.0.1/x', 'is an IP address', 'add-hosts'],
    ['0x7f.1', 'is an IP address', 'add-hosts'],
    ['2130706433', 'is an IP address', 'add-hosts'],
    ['[::1]', 'is an IP address', 'add-hosts'],
    ['::1', 'is an IP address', 'add-hosts'],
    ['fd00::1', 'is an IP address', 'add-hosts'],
    ['api-*.example.com', 'has a wildcard inside', '"*.example.com"'],
    ['*', 'would allow the whole Internet', 'Name the domains'],
    ['*.*.example.com', 'has a wildcard inside', '"*.example.com"'],
    ['api.*.com', 'has a wildcard inside', '"*.example.com"'],
    ['a*.github.io', 'has a wildcard inside', '"*.example.github.io"'],
    ['com', 'is a public suffix', '"example.com"'],
    ['*.com', 'is a public suffix', '"example.com"'],
    ['co.uk', 'is a public suffix', '"example.co.uk". If you mean all of them, strangers\' included, write "co.uk!"'],
    ['*.co.uk', 'is a public suffix', '"example.co.uk"'],
    ['*.internal', 'is a whole top-level domain', '"example.internal"'],
    ['.example.com', 'is not a domain name', '"example.com": it covers the subdomains'],
    ['exam ple.com', 'is not a domain name', 'Separate entries'],
    ['a.example;b.example', 'is not a domain name', 'Separate entries'],
    ['github.io', 'is a public suffix, under which anybody can have a name', '"github.io!"'],
    ['*.s3.amazonaws.com', 'is a public suffix, under which anybody can have a name', '"*.s3.amazonaws.com!"'],
    ['https://*.vercel.app', 'is a public suffix, under which anybody can have a name', '"example.vercel.app"'],
    ['*.amazonaws.com', 'covers s3.amazonaws.com, a public suffix', '"*.amazonaws.com!"'],
    ['example.com\\evil.example', 'is not a domain name', '"example.com"'],
    ['-a.example', 'is not a domain name', '"example.com"'],
  ])('rejects %s, with its line and a suggestion', (entry, problem, suggestion) => {
    const error = thrown(() => allowing(`ok.example\n\n${entry}`));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('allow-domains, line 3');
    expect(error.message).toContain(`"${entry}" ${problem}`);
    expect(error.hint).toContain(suggestion);
  });

  test('no entry can add a line of its own to a rule', () => {
    const text = 'a.example\r\nb.example\u2028c.example'.replace('\u2028', '\n');
    expect([...(namesOf(text)?.domains ?? []), ...(namesOf(text, 'http')?.domains ?? [])].join('')).toMatch(
      /^[a-z.]+$/,
    );
    expect(() => allowing('a.example\rhttp_access allow all')).toThrow(UserError);
    expect(() => allowing('a.example\u2028http_access')).toThrow(UserError);
  });
});

describe('isAllowed', () => {
  const rules = allowing('plain.example\n*.wild.example\nhttps://tls.example\nhttp://clear.example');

  test.each<[string, Scheme[]]>([
    ['plain.example', ['https', 'http']],
    ['sub.plain.example', ['https', 'http']],
    ['wild.example', []],
    ['a.b.wild.example', ['https', 'http']],
    ['tls.example', ['https']],
    ['sub.clear.example', ['http']],
    ['evilplain.example', []],
    ['plain.example.evil.example', []],
    ['example', []],
  ])('%s by %j', (host, schemes) => {
    expect((['https', 'http'] as const).filter((scheme) => isAllowed(rules, scheme, host))).toEqual(schemes);
  });
});

describe('entries for one host, with a port, or insisted on', () => {
  const rules = allowing('=one.example\nhttps://ports.example:8443\n*.github.io!\nhttps://own.example:443');

  test.each([
    ['https', 'one.example', 443, true],
    ['http', 'one.example', 80, true],
    ['https', 'a.one.example', 443, false],
    ['https', 'ports.example', 8443, true],
    ['https', 'a.ports.example', 8443, true],
    ['https', 'ports.example', 443, false],
    ['https', 'one.example', 8443, false],
    ['https', 'somebody.github.io', 443, true],
    ['https', 'own.example', 443, true],
  ] as const)('%s://%s:%i: %s', (scheme, host, port, isAllowed) => {
    expect(decide(rules, { scheme, host, port }).isAllowed).toBe(isAllowed);
  });

  test('a host is no entry of its own if a domain covers it', () => {
    expect(namesOf('=example.com, =a.example.com, example.com, =a.other.example, *.other.example')).toEqual({
      ...{ hosts: [], domains: ['example.com'], subdomainsOf: ['other.example'] },
    });
    expect(namesOf('*.example.com, =example.com')).toEqual({
      ...{ hosts: ['example.com'], domains: [], subdomainsOf: ['example.com'] },
    });
  });
});

describe('deny-domains', () => {
  const rules = allowing('example.com\n*.example.org', { 'deny-domains': 'bad.example.com\n=example.org\ngithub.io' });

  test.each([
    ['example.com', 'example.com'],
    ['a.example.com', 'example.com'],
    ['bad.example.com', 'bad.example.com'],
    ['a.bad.example.com', 'bad.example.com'],
    ['a.github.io', 'github.io'],
  ])('%s is decided by %s', (host, entry) => {
    expect(decide(rules, { scheme: 'https', host, port: 443 }).entry?.text).toBe(entry);
  });

  test('wins over what allows', () => {
    expect(isAllowed(rules, 'https', 'bad.example.com')).toBe(false);
    expect(isAllowed(rules, 'http', 'a.bad.example.com')).toBe(false);
    expect(isAllowed(rules, 'https', 'good.example.com')).toBe(true);
  });

  test.each([
    ['10.0.0.1', 'is an IP address'],
    ['a.example/x', 'has a path'],
    [':443', 'is not a domain name'],
    ['https://', 'is not a domain name'],
    ['a b', 'is not a domain name'],
  ])('a mistake is quoted as it is written: %s', (entry, problem) => {
    const error = thrown(() => allowing('', { 'deny-domains': entry }));
    expect(error.message).toBe(`deny-domains, line 1: "${entry}" ${problem}.`);
  });

  test.each([
    ['*', 'stands for every name'],
    ['10.0.0.1', 'Only names can be denied'],
  ])('a remedy is one for a list of what is denied: %s', (entry, words) => {
    const { message, hint = '' } = thrown(() => allowing('', { 'deny-domains': entry }));
    expect(`${message} ${hint}`).toContain(words);
    expect(hint).not.toContain('can be allowed');
  });

  test('is for all schemes and ports', () => {
    const error = thrown(() => allowing('', { 'deny-domains': 'https://*.a.example:8443' }));
    expect(error.message).toBe('deny-domains, line 1: "https://*.a.example:8443" has a scheme.');
    expect(error.hint).toContain('"*.a.example"');
  });
});

test('of two entries for a name, the more specific one decides', () => {
  const rules = allowing('example.com\n=api.example.com\napi.example.com');
  const entry = (host: string) => decide(rules, { scheme: 'https', host, port: 443 }).entry?.text;
  expect(['example.com', 'api.example.com', 'a.api.example.com', 'b.example'].map(entry)).toEqual([
    ...['example.com', '=api.example.com', 'api.example.com', undefined],
  ]);
});
