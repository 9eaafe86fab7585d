/** What an agent sends into a tunnel that Squid has opened to an allowed host: X13, X14 and X19. */

import type { Probe } from '../../testing/engine/agent-probe.ts';
import { clientHello, encryptedClientHello, extension, records, serverNames } from '../../testing/client-hello.ts';
import { PROVIDER, PUBLIC } from './egress-world.ts';

type Tunnel = NonNullable<Probe['tunnel']>;

export const tls = (serverName: string): Tunnel => ({ kind: 'tls', serverName });
const bytes = (data: Buffer | string): Tunnel => ({ kind: 'bytes', hex: Buffer.from(data as string).toString('hex') });

/** A tunnel to an allowed name with its own address. What arrives there comes from this row. */
export interface TunnelCase {
  readonly id: string;
  readonly tunnel: Tunnel;
  readonly ends: 'open' | 'cut';
  /** Reaches the server, which refuses it. */
  readonly passes?: true;
}

/** A hello of our own: any answer of the other end's opens the tunnel. */
export const hello = (...extensions: readonly Buffer[]): Tunnel => bytes(records(clientHello(...extensions)));
const split = (name: string, size: number): Tunnel => bytes(records(clientHello(serverNames(name)), size));
const opened = (id: string, tunnel: Tunnel): TunnelCase => ({ id, tunnel, ends: 'open' });
const cut = (id: string, tunnel: Tunnel): TunnelCase => ({ id, tunnel, ends: 'cut' });

export const TUNNELS: readonly TunnelCase[] = [
  opened('X13 control: another allowed server name', tls('any.wild.example')),
  opened('X13 control: a hello of our own', hello(serverNames('allowed.example'))),
  opened('X13 control: a hello in two records', split('allowed.example', 120)),
  cut('X13 a refused server name', tls('refused.example')),
  cut('X13 a refused server name in upper case', tls('REFUSED.EXAMPLE')),
  cut('X13 a look-alike', tls('evilallowed.example')),
  cut('X13 a wildcard apex', tls('wild.example')),
  cut('X13 a wildcard apex with a trailing dot', hello(serverNames('wild.example.'))),
  cut('X13 a name for http only', tls('plain-only.example')),
  cut('X13 a provider', tls(PROVIDER.name)),
  cut('X13 a provider in upper case', hello(serverNames('API.OPENAI.COM'))),
  cut('X13 a provider with a trailing dot', hello(serverNames('api.openai.com.'))),
  cut('X13 a refused server name in two records', split('refused.example', 120)),
  // Squid uses the first name. RFC 6066 forbids a second one, and OpenSSL, BoringSSL and Go reject such a hello.
  {
    ...cut('X13 an allowed name, then a refused one', hello(serverNames('allowed.example', 'refused.example'))),
    passes: true,
  },
  cut('X13 a refused name, then an allowed one', hello(serverNames('refused.example', 'allowed.example'))),
  cut('X13 two server name extensions', hello(serverNames('allowed.example'), serverNames('refused.example'))),
  cut('X13 a NUL in the server name', hello(serverNames('refused.example\0.allowed.example'))),
  cut('X13 a wildcard in the server name', hello(serverNames('*.allowed.example'))),
  cut('X13 an address as server name', hello(serverNames(PUBLIC))),
  cut('X14 SSH', bytes('SSH-2.0-OpenSSH_9.2\r\n')),
  cut('X14 plain HTTP', bytes('GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n')),
  cut('X14 plain text', bytes('all your secrets\n')),
  cut('X14 an HTTP/2 preface', bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')),
  cut('X14 bytes in the shape of a TLS record', bytes(Buffer.from('1603010005ffffffffff', 'hex'))),
  cut('X14 application data without a handshake', bytes(Buffer.from('1703030004deadbeef', 'hex'))),
  cut(
    'X14 a hello of SSL 2',
    bytes(Buffer.from('802e0100020015000000100100800700c003008006004002008004008000', 'hex')),
  ),
  cut('X19 no server name', tls('')),
  cut('X19 a hello of our own without a server name', hello()),
  cut('X19 an empty list of server names', hello(extension(0, Buffer.from([0, 0])))),
  cut('X19 an empty server name', hello(serverNames(''))),
  cut('X19 an encrypted hello, refused outer name', hello(serverNames('refused.example'), encryptedClientHello())),
  cut('X19 an encrypted hello without an outer name', hello(encryptedClientHello())),
  opened(
    'X19 control: an encrypted hello, allowed outer name',
    hello(serverNames('allowed.example'), encryptedClientHello()),
  ),
];
