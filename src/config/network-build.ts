import { isIPv4 } from 'node:net';
import { PROXY_VARIABLE } from '../shared/proxy-variables.ts';
import { collectProblems, type UserError } from '../errors.ts';
import type { HostEntry } from '../shared/network.ts';
import type { NamePattern } from '../shared/host-pattern.ts';
import type { ParseContext } from './option.ts';
import type { Given } from './source.ts';
import type { NetworkConfig } from './network.ts';
import { directNames } from './no-proxy.ts';
import { NO_PROXY_AT_ALL, upstreamProxy, type GivenProxy, type ProxyLogin } from './upstream-proxy.ts';

/** The password's name among the secrets. */
export const UPSTREAM_PROXY_SECRET = 'the password of upstream-proxy';

/** What the options say about the network. */
export interface NetworkValues {
  readonly 'upstream-proxy': GivenProxy | typeof NO_PROXY_AT_ALL | undefined;
  readonly 'allow-private-networks': readonly string[];
  readonly 'add-hosts': readonly HostEntry[];
  readonly 'dns-servers': readonly string[];
  readonly subnet: string | undefined;
}

export interface BuiltNetwork {
  readonly network: NetworkConfig;
  /** The proxy's password, under {@link UPSTREAM_PROXY_SECRET}. */
  readonly secrets: readonly (readonly [string, string])[];
  readonly warnings: readonly string[];
  /** Mistakes in the host's variables. */
  readonly problems: readonly UserError[];
}

/**
 * The variable that names the host's own proxy: lower case first, as curl and the runner read it. A host that has
 * a proxy for HTTP only reaches HTTPS directly.
 */
export function hostProxy(environment: NodeJS.ProcessEnv): Given | undefined {
  return variableOf(PROXY_VARIABLE.https, environment);
}

/** Combines the options with the variables of the host. @param context the front end's names, for hints */
export function networkConfig(
  values: NetworkValues,
  environment: NodeJS.ProcessEnv,
  context: Pick<ParseContext, 'nameOf'>,
): BuiltNetwork {
  const problems: UserError[] = [];
  const rest = {
    allowPrivate: values['allow-private-networks'],
    dnsServers: values['dns-servers'],
    subnet: values.subnet,
  };
  const fromHost = (): GivenProxy | typeof NO_PROXY_AT_ALL => {
    const given = hostProxy(environment);
    return (given && collectProblems(problems, () => upstreamProxy(given, context))) ?? NO_PROXY_AT_ALL;
  };
  const proxy = values['upstream-proxy'] ?? fromHost();
  const exceptions = variableOf(PROXY_VARIABLE.none, environment);
  const { everything, patterns, ignored } = directNames(exceptions?.text ?? '');
  if (proxy === NO_PROXY_AT_ALL || everything) {
    return { network: { upstreamProxy: undefined, ...rest }, secrets: [], warnings: [], problems };
  }
  const { host, port, isSecure, login, origin } = proxy;
  // The proxy would resolve these names itself, and not to the addresses that the user gives them.
  const pinned = values['add-hosts'].map(({ name }): NamePattern => ({ host: name, match: 'host' }));
  return {
    network: {
      upstreamProxy: { host, port, isSecure, user: login?.user, direct: [...patterns, ...pinned], origin },
      ...rest,
    },
    secrets: secretsOf(login),
    problems,
    warnings:
      ignored.length === 0
        ? []
        : [
            `${exceptions?.source.name ?? ''}: ${ignored.join(', ')} ${ignored.length === 1 ? 'has' : 'have'} no effect: ` +
              'whether a request takes the proxy is decided by the name, before it is looked up. List names instead.',
          ],
  };
}

function secretsOf(login: ProxyLogin | undefined): (readonly [string, string])[] {
  if (login === undefined || login.password === '') return [];
  const encoded = encodeURIComponent(login.password);
  return [
    [UPSTREAM_PROXY_SECRET, login.password],
    ...(encoded === login.password ? [] : [[`${UPSTREAM_PROXY_SECRET} (encoded)`, encoded] as const]),
  ];
}

function variableOf(name: string, environment: NodeJS.ProcessEnv): Given | undefined {
  const found = [name.toLowerCase(), name].find((one) => (environment[one] ?? '').trim() !== '');
  if (found === undefined) return undefined;
  return { text: (environment[found] ?? '').trim(), source: { kind: 'variable', name: found } };
}

/** Addresses that the run's own networks must not hide. */
export function neededAddresses({ upstreamProxy, dnsServers }: NetworkConfig, hosts: readonly HostEntry[]): string[] {
  const proxy = upstreamProxy !== undefined && isIPv4(upstreamProxy.host) ? [upstreamProxy.host] : [];
  return [...proxy, ...dnsServers, ...hosts.map(({ address }) => address)];
}

/** The address that the user has given a name, in `add-hosts`. */
export function pinnedAddress(addHosts: readonly HostEntry[], name: string): string | undefined {
  return addHosts.find((entry) => entry.name === name)?.address;
}
