/** Copilot's host for each address of a GitHub server. This file is the specification. */

import { describe, expect, test } from 'vitest';
import { copilotHost, isCopilotHost } from '../../src/shared/copilot-host.ts';
import { thrown } from '../../testing/builders.ts';

const GITHUB = 'api.githubcopilot.com';
const OCTO = 'copilot-api.octo.ghe.com';

const HOSTS: readonly [what: string, serverUrl: string | undefined, host: string][] = [
  ['no server', undefined, GITHUB],
  ['an empty address', '', GITHUB],
  ['blanks', ' \n', GITHUB],
  ['github.com', 'https://github.com', GITHUB],
  ['github.com with a slash', 'https://github.com/', GITHUB],
  ['github.com with the port of https', 'https://github.com:443', GITHUB],
  ['github.com in upper case', 'HTTPS://GitHub.COM', GITHUB],
  ['github.com with a trailing dot', 'https://github.com.', GITHUB],
  ['data residency', 'https://octo.ghe.com', OCTO],
  ['data residency with a slash', 'https://octo.ghe.com/', OCTO],
  ['data residency with the port of https', 'https://octo.ghe.com:443/', OCTO],
  ['data residency in upper case', 'HTTPS://OCTO.GHE.COM', OCTO],
  ['data residency with a trailing dot', 'https://octo.ghe.com.', OCTO],
  ['data residency with blanks around', ' https://octo.ghe.com\n', OCTO],
  ['data residency, one letter', 'https://o.ghe.com', 'copilot-api.o.ghe.com'],
  ['data residency, hyphens and digits', 'https://octo-42--eu.ghe.com', 'copilot-api.octo-42--eu.ghe.com'],
  ['data residency, the longest label', `https://${'o'.repeat(63)}.ghe.com`, `copilot-api.${'o'.repeat(63)}.ghe.com`],
  ['Enterprise Server', 'https://github.example.com', GITHUB],
  ['Enterprise Server with a port', 'https://github.example.com:8443', GITHUB],
  ['Enterprise Server without TLS', 'http://github.example.com', GITHUB],
  ['Enterprise Server with a short name', 'https://github', GITHUB],
  ['Enterprise Server at an address', 'https://10.1.2.3', GITHUB],
  ['Enterprise Server with a name in punycode', 'https://xn--gthub-zsa.example', GITHUB],
  // Any name that is not GitHub's belongs to somebody's Enterprise Server, whose users GitHub knows.
  ['a name that ends alike', 'https://evil-ghe.com', GITHUB],
  ['a name with a letter for a dot', 'https://octo.ghexcom', GITHUB],
  ['a name that goes on', 'https://github.com.evil.example', GITHUB],
  ['a tenant’s name that goes on', 'https://octo.ghe.com.evil.example', GITHUB],
  ['github.com by http', 'http://github.com', GITHUB],
  ['github.com with a port', 'https://github.com:8443', GITHUB],
];

const REFUSED: readonly [what: string, serverUrl: string][] = [
  ['a host without a scheme', 'octo.ghe.com'],
  ['text', 'the usual one'],
  ['another scheme', 'ssh://octo.ghe.com'],
  ['a scheme alone', 'https://'],
  ['a user', 'https://secret@octo.ghe.com'],
  ['a user and a password', 'https://user:secret@github.com'],
  ['a user that looks like a host', 'https://octo.ghe.com@evil.example'],
  ['a path', 'https://octo.ghe.com/secret'],
  ['a query', 'https://octo.ghe.com?secret'],
  ['a fragment', 'https://octo.ghe.com#secret'],
  ['a backslash', 'https://octo.ghe.com\\@evil.example'],
  ['an escape', 'https://octo%2eghe.com'],
  ['two addresses', 'https://octo.ghe.com https://github.com'],
  ['an empty label', 'https://octo..ghe.com'],
  ['a port that is none', 'https://octo.ghe.com:https'],
  ['a name outside ASCII', 'https://öcto.ghe.com'],
  ['a letter outside ASCII whose lower case is in it', 'https://oc\u212a.ghe.com'],
  ['a full-width name', 'https://octo.ｇhe.com'],
  ['data residency by http', 'http://octo.ghe.com'],
  ['data residency with a port', 'https://octo.ghe.com:8443'],
  ['data residency by http with the port of https', 'http://octo.ghe.com:443'],
  ['ghe.com itself', 'https://ghe.com'],
  ['ghe.com itself with a trailing dot', 'https://ghe.com.'],
  ['no tenant', 'https://.ghe.com'],
  ['a name below a tenant’s', 'https://a.b.ghe.com'],
  ['a tenant’s API', 'https://api.octo.ghe.com'],
  ['a tenant in punycode', 'https://xn--cto-sna.ghe.com'],
  ['a hyphen first', 'https://-octo.ghe.com'],
  ['a hyphen last', 'https://octo-.ghe.com'],
  ['an underscore', 'https://oc_to.ghe.com'],
];

describe('a GitHub server’s Copilot', () => {
  test.each(HOSTS)('%s', (_, serverUrl, host) => {
    expect(copilotHost(serverUrl)).toBe(host);
    expect(isCopilotHost(host)).toBe(true);
  });

  test.each(REFUSED)('%s is rejected and not quoted', (_, serverUrl) => {
    const { message } = thrown(() => copilotHost(serverUrl));
    expect(message).toMatch(/^GITHUB_SERVER_URL is not a GitHub server's address, such as https:\/\/github\.com or/);
    expect(message).not.toContain('secret');
  });
});

describe('hosts of Copilot’s own', () => {
  test.each([
    'github.com',
    'octo.ghe.com',
    'ghe.com',
    'copilot-api.ghe.com',
    'copilot-api.a.b.ghe.com',
    'copilot-api.xn--cto-sna.ghe.com',
    'xcopilot-api.octo.ghe.com',
    'copilot-api.octo.evil-ghe.com',
    'copilot-api.octo.ghe.com.evil.example',
    'copilot-apixocto.ghe.com',
    'copilot-api.octoxghe.com',
    'copilot-api.octo.ghexcom',
    'api.githubcopilot.com.evil.example',
    'evil-api.githubcopilot.com',
    'apixgithubcopilot.com',
    '',
  ])('not %s', (host) => {
    expect(isCopilotHost(host)).toBe(false);
  });
});
