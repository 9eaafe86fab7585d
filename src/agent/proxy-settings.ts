import { SQUID_PORT, squidUrl, type Addresses } from '../shared/network.ts';

/** Options that every JVM reads, whoever starts it: the launcher, Maven, Gradle's daemon, a program with a JVM in it. */
const JAVA_OPTIONS = 'JAVA_TOOL_OPTIONS';

/**
 * Variables for programs that read the proxy variables only where these say so, or not at all:
 *
 * - Node.js's own `fetch`, `http` and `https`: from 24.5 and 22.21 on
 * - Yarn from 2 on. It has no list of hosts to reach directly; without a proxy for `http:` it still reaches a registry on loopback
 */
export function proxyVariables(addresses: Addresses): Record<string, string> {
  return { NODE_USE_ENV_PROXY: '1', YARN_HTTPS_PROXY: squidUrl(addresses) };
}

/** Names of what this file decides. All of it is the user's to set. */
export const PROXY_SETTINGS: readonly string[] = ['NODE_USE_ENV_PROXY', 'YARN_HTTPS_PROXY', JAVA_OPTIONS];

/**
 * The user's options for Java, and behind them those that name the proxy. Of two options for one property a JVM takes the
 * last, so ours stays out where the user has set it: a proxy of the command's own, for example, that records a test.
 *
 * A JVM says on standard error that it has read them. `JDK_JAVA_OPTIONS` would be no quieter, and only the launcher `java`
 * of JDK 9 and later reads it.
 *
 * @param variables the user's
 * @see https://docs.oracle.com/en/java/javase/21/core/java-networking.html "Proxies"
 */
export function javaOptions(
  variables: Readonly<Record<string, string>>,
  addresses: Addresses,
): { readonly variables: Readonly<Record<string, string>>; readonly warnings: readonly string[] } {
  const given = variables[JAVA_OPTIONS] ?? '';
  const [host, port] = [addresses.squid, String(SQUID_PORT)];
  const groups: Record<string, string>[] = [
    { 'http.proxyHost': host, 'http.proxyPort': port },
    { 'https.proxyHost': host, 'https.proxyPort': port },
    // Of both: https has no list of its own. The first three are Java's default.
    { 'http.nonProxyHosts': `localhost|127.*|[::1]|${addresses['api-proxy']}` },
  ];
  const isGiven = (name: string): boolean => new RegExp(`(^|[\\s'"])-D${name.replace('.', '\\.')}=`).test(given);
  const ours = groups.filter((group) => !Object.keys(group).some(isGiven)).flatMap((group) => Object.entries(group));
  const theirs = groups.flatMap((group) => Object.keys(group)).filter(isGiven);
  const options = [given, ...ours.map(([name, value]) => `-D${name}=${value}`)].filter(
    (option) => option.trim() !== '',
  );
  return {
    variables: { [JAVA_OPTIONS]: options.join(' ') },
    warnings:
      theirs.length === 0
        ? []
        : [`${JAVA_OPTIONS} sets ${theirs.join(', ')}: Java goes that way, not by the sandbox's proxy.`],
  };
}

/**
 * Maven's settings for its user. Maven 3.9 takes no notice of Java's properties; 3.8 and 4 would.
 *
 * @see https://maven.apache.org/guides/mini/guide-proxies.html
 */
export function mavenSettings(addresses: Addresses): string {
  const proxies = ['http', 'https'].map(
    (protocol) => `    <proxy>
      <id>awf-${protocol}</id>
      <active>true</active>
      <protocol>${protocol}</protocol>
      <host>${addresses.squid}</host>
      <port>${String(SQUID_PORT)}</port>
      <nonProxyHosts>localhost|127.*|[::1]|${addresses['api-proxy']}</nonProxyHosts>
    </proxy>`,
  );
  return `<settings>\n  <proxies>\n${proxies.join('\n')}\n  </proxies>\n</settings>\n`;
}
