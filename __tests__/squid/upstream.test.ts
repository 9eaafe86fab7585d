import { describe, expect, test } from 'vitest';
import { NAMED_READINESS_NAME, READINESS_NAME, squidConfig, type EgressPolicy } from '../../src/squid/config.ts';
import { ADDRESSES } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';
import { Judge, type Request } from './judge.ts';

const PARENT = { host: 'proxy.example', port: 3128, isSecure: false, login: undefined, direct: [] };
const POLICY: EgressPolicy = {
  addresses: ADDRESSES,
  egress: allowing('allowed.example, corp.example, pinned.example'),
  targets: [{ host: 'api.anthropic.com', port: 443, permitted: true }],
  hosts: [{ name: 'pinned.example', address: '10.1.2.3' }],
  ...{ hostAddresses: [], modelPorts: [10_001], namedHosts: ['api.anthropic.com'], transparent: true },
  upstream: {
    ...PARENT,
    direct: [
      { host: 'corp.example', match: 'domain' },
      { host: 'pinned.example', match: 'host' },
    ],
  },
};
const judge = (policy: Partial<EgressPolicy> = {}): Judge => new Judge(squidConfig({ ...POLICY, ...policy }));

const AGENT = ADDRESSES.agent;
const connect = (host: string, more: Partial<Request> = {}): Request => ({
  ...{ from: AGENT, method: 'CONNECT', host, port: 443 },
  ...more,
});
const get = (host: string, more: Partial<Request> = {}): Request => connect(host, { method: 'GET', port: 80, ...more });
const inPeek = (host: string): Request => connect(host, { from: '127.0.0.1', listener: 'peek' });
const sidecar = (host: string): Request => connect(host, { from: ADDRESSES['api-proxy'] });

describe('with a proxy of the network', () => {
  const squid = judge();

  test.each<[string, Request, string | undefined]>([
    ['a tunnel of the command first goes to the peek port', connect('allowed.example'), 'to_peek'],
    ['from there to the proxy', inPeek('allowed.example'), 'to_upstream'],
    ['a plain request to the proxy', get('allowed.example'), 'to_upstream'],
    ['a request of the api-proxy to the proxy', sidecar('api.anthropic.com'), 'to_upstream'],
    ['a tunnel to a named host to the api-proxy', connect('api.anthropic.com'), 'to_api_proxy'],
    ['a request to the api-proxy nowhere else', get(ADDRESSES['api-proxy'], { port: 10_001 }), undefined],
    ['a tunnel to an exception first to the peek port', connect('git.corp.example'), 'to_peek'],
    ['from there directly', inPeek('git.corp.example'), undefined],
    ['a plain request to an exception directly', get('corp.example'), undefined],
    ['a name with an address of the user’s directly', inPeek('pinned.example'), undefined],
    ['a name below that one to the proxy', inPeek('a.pinned.example'), 'to_upstream'],
    ['the name of the readiness check nowhere', inPeek(READINESS_NAME), undefined],
    ['the other name of the readiness check to the api-proxy', connect(NAMED_READINESS_NAME), 'to_api_proxy'],
  ])('%s', (_, request, peer) => {
    expect(squid.peer(request)).toBe(peer);
  });

  test.each([
    connect('allowed.example'),
    get('allowed.example'),
    inPeek('allowed.example'),
    sidecar('api.anthropic.com'),
  ])('the proxy looks the name up, whatever that leads to ($method $host from $from)', (request) => {
    for (const address of ['10.1.2.3', '127.0.0.1', '']) {
      expect(squid.access({ ...request, address })).toEqual({ allowed: true, resolved: false });
    }
  });

  test('control: without it, Squid does', () => {
    const alone = judge({ upstream: undefined });
    for (const request of [connect('allowed.example'), sidecar('api.anthropic.com')]) {
      expect(alone.access(request)).toEqual({ allowed: true, resolved: true });
      expect(alone.access({ ...request, address: '10.1.2.3' }).allowed).toBe(false);
    }
  });

  test('exceptions are looked up, and must not be private', () => {
    expect(squid.access(connect('git.corp.example'))).toEqual({ allowed: true, resolved: true });
    expect(squid.access(connect('git.corp.example', { address: '10.1.2.3' })).allowed).toBe(false);
    expect(squid.access(connect('git.corp.example', { address: '' })).allowed).toBe(false);
    const open = judge({ permittedNetworks: ['10.1.0.0/16'] });
    expect(open.access(connect('git.corp.example', { address: '10.1.2.3' })).allowed).toBe(true);
    expect(open.access(connect('git.corp.example', { address: '10.2.2.3' })).allowed).toBe(false);
  });

  test('what is not allowed is refused without a look', () => {
    for (const request of [connect('refused.example'), get('refused.example'), connect('10.1.2.3')]) {
      expect(squid.access(request)).toEqual({ allowed: false, resolved: false });
    }
  });

  test('an audit lets names through to it, and no private address', () => {
    const audit = judge({ egress: allowing('', { 'egress-policy': 'audit' }) });
    expect(audit.access(connect('anything.example', { address: '10.1.2.3' }))).toEqual({
      allowed: true,
      resolved: false,
    });
    expect(audit.access(connect('10.1.2.3', { address: '10.1.2.3' })).allowed).toBe(false);
    expect(audit.access(connect('198.51.100.7', { address: '198.51.100.7' })).allowed).toBe(true);
    expect(audit.peer(connect('anything.example', { port: 8443 }))).toBe('to_upstream');
  });
});

test('a proxy that speaks TLS has to prove its name, and no other is spoken TLS to', () => {
  const peer = (isSecure: boolean): string =>
    squidConfig({ ...POLICY, upstream: { ...PARENT, isSecure } }).match(/^cache_peer proxy.*/m)?.[0] ?? '';
  expect(peer(true)).toMatch(/ tls tls-cafile=\/etc\/squid\/parent-ca\.pem name=to_upstream$/);
  expect(peer(true)).not.toMatch(/DONT_VERIFY/i);
  expect(peer(false)).not.toContain('tls');
});

describe('the credential', () => {
  const line = (login: { user: string; password: string } | undefined): string =>
    squidConfig({ ...POLICY, upstream: { ...PARENT, login } })
      .split('\n')
      .find((one) => one.includes('name=to_upstream')) ?? '';

  test('is none without a user name', () => {
    expect(line(undefined)).not.toContain('login');
  });

  test.each([
    ['spaces, quotes and a hash', `a b"c'#d`],
    ['a line break', 'a\nhttp_access allow all'],
    ['percent signs and colons', '%20:%%:'],
    ['other octets', 'é\\$\t'],
  ])('with %s stays one word that Squid decodes', (_, password) => {
    const words = line({ user: 'DOMAIN\\user', password }).split(' ');
    expect(words[1]).toBe('proxy.example');
    const [, user = '', secret = ''] =
      /^login=([^:]*):([^:]*)$/.exec(words.find((word) => word.startsWith('login=')) ?? '') ?? [];
    expect([user, secret].map(decodeURIComponent)).toEqual(['DOMAIN\\user', password]);
  });
});
