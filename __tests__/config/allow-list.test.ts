import { describe, expect, test } from 'vitest';
import { isAllowed, type Scheme } from '../../src/config/allow-list.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

describe('allow-domains', () => {
  test('an empty list allows nothing', () => {
    const nothing = { domains: [], subdomainsOf: [] };
    expect(allowing(' \n# nothing\n , ,\n')).toEqual({ https: nothing, http: nothing });
  });

  test('lines and commas are equivalent', () => {
    expect(allowing('a.example, b.example\nc.example,')).toEqual(allowing('c.example\nb.example\na.example'));
  });

  test.each([
    ['API.Example.COM', 'api.example.com'],
    ['example.com.', 'example.com'],
    ['HTTPS://Example.com', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['gateway', 'gateway'],
    ['example.co.uk', 'example.co.uk'],
  ])('%s is stored as %s', (entry, host) => {
    expect(allowing(entry).https.domains).toEqual([host]);
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
    expect(allowing(text).https).toEqual({ domains, subdomainsOf });
  });

  test('a domain does not cover a name that merely ends with the same letters', () => {
    expect(allowing('example.com\nevilexample.com').https.domains).toEqual(['evilexample.com', 'example.com']);
  });

  test('an entry for one scheme covers nothing of the other', () => {
    expect(allowing('http://example.com\nhttps://a.example.com')).toEqual({
      https: { domains: ['a.example.com'], subdomainsOf: [] },
      http: { domains: ['example.com'], subdomainsOf: [] },
    });
  });

  test.each([
    ['ftp://example.com', 'has the scheme ftp', 'Write "example.com".'],
    ['https://example.com/path', 'has a path', 'Write "https://example.com".'],
    ['example.com/', 'has a path', 'Write "example.com".'],
    ['*.example.com?x', 'has a path', 'Write "*.example.com".'],
    ['example.com:8443', 'has a port', 'Write "example.com".'],
    ['user@example.com', 'has a user name', 'Write "example.com".'],
    ['10.0.0.1', 'is an IP address', 'add-hosts'],
    ['10.0.0.1:443', 'is an IP address', 'add-hosts'],
    ['https://10.0.0.1/x', 'is an IP address', 'add-hosts'],
    ['0x7f.1', 'is an IP address', 'add-hosts'],
    ['2130706433', 'is an IP address', 'add-hosts'],
    ['[::1]', 'is an IP address', 'add-hosts'],
    ['::1', 'is an IP address', 'add-hosts'],
    ['fd00::1', 'is an IP address', 'add-hosts'],
    ['api-*.example.com', 'has a wildcard inside', '"*.example.com"'],
    ['*', 'has a wildcard inside', 'all subdomains'],
    ['*.*.example.com', 'has a wildcard inside', '"*.example.com"'],
    ['com', 'is a public suffix', '"example.com"'],
    ['*.com', 'is a public suffix', '"example.com"'],
    ['co.uk', 'is a public suffix', '"example.co.uk"'],
    ['*.co.uk', 'is a public suffix', '"example.co.uk"'],
    ['*.internal', 'is a whole top-level domain', '"example.internal"'],
    ['.example.com', 'is not a domain name', '"example.com"'],
    ['exam ple.com', 'is not a domain name', '"example.com"'],
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
    const list = allowing('a.example\r\nb.example\u2028c.example'.replace('\u2028', '\n'));
    expect([...list.https.domains, ...list.http.domains].join('')).toMatch(/^[a-z.]+$/);
    expect(() => allowing('a.example\rhttp_access allow all')).toThrow(UserError);
    expect(() => allowing('a.example\u2028http_access')).toThrow(UserError);
  });
});

describe('isAllowed', () => {
  const list = allowing('plain.example\n*.wild.example\nhttps://tls.example\nhttp://clear.example');

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
    expect((['https', 'http'] as const).filter((scheme) => isAllowed(list, scheme, host))).toEqual(schemes);
  });
});
