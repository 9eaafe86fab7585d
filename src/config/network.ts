import type { NamePattern } from '../shared/host-pattern.ts';

/** The network that the host is in, as far as the user or the host's variables describe it. */
export interface NetworkConfig {
  /** The only way out of that network; undefined if Squid connects directly. */
  readonly upstreamProxy: UpstreamProxy | undefined;
  /** Private ranges that allowed names may lead to, in CIDR notation. */
  readonly allowPrivate: readonly string[];
  /** Squid's DNS servers. Empty for the host's. */
  readonly dnsServers: readonly string[];
  /** A range that the run's networks are taken from, in CIDR notation; undefined for any that is free. */
  readonly subnet: string | undefined;
}

/** A parent proxy of Squid's. Its password is among the secrets. */
export interface UpstreamProxy {
  readonly host: string;
  readonly port: number;
  /** Whether the proxy speaks TLS. */
  readonly isSecure: boolean;
  /** Undefined for a proxy that wants no credential. */
  readonly user: string | undefined;
  /** Names that Squid connects to without the proxy. */
  readonly direct: readonly NamePattern[];
  /** Where it is set, for use in messages. */
  readonly origin: string;
}

export const NO_NETWORK: NetworkConfig = {
  ...{ upstreamProxy: undefined, allowPrivate: [], dnsServers: [], subnet: undefined },
};
