import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressesIn } from '../../src/shared/network.ts';
import { squidConfig, type EgressPolicy } from '../../src/squid/config.ts';
import { docker } from '../../testing/engine/engine.ts';
import { imageWithTools } from '../../testing/engine/test-image.ts';
import { allowing } from '../../testing/options.ts';

/** What Squid 6.13 prints for every valid configuration. */
const HARMLESS = [
  'Processing',
  'Startup: Initializ',
  // The upstream must not learn the addresses of the sidecar and the agent (RFC 9110, section 7.6.3, asks for more).
  'WARNING: HTTP requires the use of Via',
  // The syntax of a peeking port requires this certificate.
  'Requiring client certificates.',
  'Not requiring any client certificates',
  'Loaded signing certificate: /CN=awf-peek',
];

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function policy(allow: string, rest: Partial<EgressPolicy> = {}): EgressPolicy {
  return {
    addresses: addressesIn('172.30.0.0/24'),
    egress: allowing(allow),
    targets: [],
    hosts: [],
    hostAddresses: [],
    modelPorts: [],
    transparent: true,
    namedHosts: [],
    ...rest,
  };
}

const POLICIES: Readonly<Record<string, EgressPolicy>> = {
  'an empty list': policy(''),
  'one domain': policy('example.com'),
  'overlapping entries': policy(
    'a.example.com, example.com, *.example.com, *.b.example.com, b.example.com, EXAMPLE.com.',
  ),
  'a wildcard beside its own apex for one scheme': policy('*.example.com, https://example.com'),
  'wildcards only': policy('*.example.com, *.example.org'),
  'one scheme only': policy('https://example.com, http://example.org, http://*.example.net'),
  'internationalised names': policy('bücher.example, *.例え.example'),
  '1,000 domains and 1,000 wildcards': policy(
    range(1000)
      .map((index) => `host${String(index)}.example.com\n*.wild${String(index)}.example.org`)
      .join('\n'),
  ),
  'all providers, two of them on one host, with custom ports and an added host': policy('example.com', {
    targets: [
      { host: 'api.openai.com', port: 443, permitted: true },
      { host: 'llm.internal', port: 8443, permitted: true },
      { host: 'llm.internal', port: 9443, permitted: true },
      { host: 'generativelanguage.googleapis.com', port: 443, permitted: true },
    ],
    hosts: [
      { name: 'llm.internal', address: '10.1.2.3' },
      { name: 'llm.internal', address: '10.1.2.4' },
      { name: 'other.internal', address: '192.168.1.1' },
    ],
  }),
  'a target that the list has as well': policy('openai.com, api.openai.com', {
    targets: [{ host: 'api.openai.com', port: 443, permitted: true }],
  }),
  'the host’s own addresses': policy('example.com', {
    hostAddresses: ['127.0.0.1', '203.0.113.7', '::1', '2600:1f18::7'],
  }),
  'a proxy of the network with a password, and exceptions': policy('example.com', {
    targets: [{ host: 'api.openai.com', port: 443, permitted: true }],
    namedHosts: ['api.openai.com'],
    upstream: {
      ...{ host: 'proxy.corp.example', port: 3128, isSecure: false },
      login: { user: 'DOMAIN\\build user', password: `p@ss: w"or'd%20#\\é\n$x` },
      direct: [
        { host: 'corp.example', match: 'domain' },
        { host: 'git.corp.example', match: 'host' },
      ],
    },
  }),
  'private networks that names may lead to': policy('example.com', {
    permittedNetworks: ['10.20.0.0/16', '100.64.0.0/10', 'fd00:0:0:0:0:0:0:0/8'],
    hostAddresses: ['10.20.0.7', '203.0.113.7'],
    ownSubnets: ['10.20.9.0/24', '10.214.0.0/24'],
  }),
  'another subnet': { ...policy('example.com'), addresses: addressesIn('10.213.7.0/24') },
};

let squid: string;

beforeAll(() => {
  const image = imageWithTools('squid');
  // Enable IPv6, so that Squid checks the IPv6 ranges too. Otherwise it ignores them.
  const ipv6 = '--sysctl=net.ipv6.conf.all.disable_ipv6=0';
  squid = docker(['run', '--rm', '--detach', '--network=none', ipv6, '--entrypoint=sleep', image, '300']);
});
afterAll(() => docker(['rm', '--force', squid]));

/** Squid's own verdict. */
function parse(configuration: string): { exitCode: number; remarks: string[] } {
  const script = 'cat > /tmp/squid.conf; squid -k parse -f /tmp/squid.conf 2>&1; echo "exit $?"';
  const lines = docker(['exec', '--interactive', squid, 'bash', '-c', script], configuration).split('\n');
  const exitCode = Number(lines.pop()?.replace('exit ', ''));
  const remarks = lines.map((line) => line.replace(/^[\d/]+ [\d:]+\| /, ''));
  return { exitCode, remarks: remarks.filter((line) => !HARMLESS.some((known) => line.startsWith(known))) };
}

describe('squid -k parse', () => {
  test.each(Object.entries(POLICIES))('accepts %s without a warning', (_, egress) => {
    expect(parse(squidConfig(egress))).toEqual({ exitCode: 0, remarks: [] });
  });

  test.each([
    ['an unknown directive', 'no_such_directive on', /unrecognized/],
    ['a rule about an unknown list', 'http_access allow nobody', /nobody/],
    ['a name that another covers', 'acl twice dstdomain -n .example.com a.example.com', /subdomain/],
  ])('control: warns about %s', (_, line, remark) => {
    const { remarks } = parse(`${squidConfig(policy('example.com'))}${line}\n`);
    expect(remarks.join('\n')).toMatch(remark);
  });
});
