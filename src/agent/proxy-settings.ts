import { KEY_STORE_PASSWORD } from '../authority/key-store.ts';
import { directHosts, SQUID_PORT, squidUrl, type Addresses } from '../shared/network.ts';

/**
 * Options that every JVM reads, whether the launcher, Maven, Gradle's daemon or a program with an embedded JVM starts
 * it.
 */
const JAVA_OPTIONS = 'JAVA_TOOL_OPTIONS';

/**
 * Variables for programs that ignore the usual proxy variables without them:
 *
 * - The `fetch`, `http` and `https` of Node.js, from 24.5 and 22.21 on.
 * - Yarn from 2 on. It has no list of hosts to reach directly, so it gets no proxy for `http:` and still reaches a
 *   registry on loopback.
 */
export function proxyVariables(addresses: Addresses): Record<string, string> {
  return { NODE_USE_ENV_PROXY: '1', YARN_HTTPS_PROXY: squidUrl(addresses) };
}

/** The variables that this file decides. The user may override each of them. */
export const PROXY_SETTINGS: readonly string[] = ['NODE_USE_ENV_PROXY', 'YARN_HTTPS_PROXY', JAVA_OPTIONS];

/** True for a value of the host's that names a proxy of the host's network, which the sandbox cannot reach. */
export function isProxySetting(name: string, value: string): boolean {
  return name === 'YARN_HTTPS_PROXY' || (name === JAVA_OPTIONS && /-D\S*proxy/i.test(value));
}

/** HTTPS uses this list too: it has none of its own. `127.*` and `[::1]` are in Java's default. */
function javaDirectHosts(addresses: Addresses, services: readonly string[]): string {
  return ['127.*', '[::1]', ...directHosts(addresses, services).filter((host) => host !== '127.0.0.1')].join('|');
}

/** Options of a JVM that hold numbers and words: its memory, its collector, encodings, languages. */
const PLAIN_OPTION =
  /^-(X[\w:+=.-]*|ea|esa|server|D(file|sun\.jnu|stdout|stderr)\.encoding=[\w-]+|Duser\.\w+=[\w-]+|Djava\.[\w.]+=[a-z]+)$/;

/** True for options of the host's that may be anything: agents for monitoring take their keys there. */
export function hasOddOption(name: string, value: string): boolean {
  return name === JAVA_OPTIONS && !value.split(/\s+/).every((option) => option === '' || PLAIN_OPTION.test(option));
}

/**
 * The user's options for Java, followed by those that name the proxy. A JVM uses the last of two options for a
 * property, so ours are left out if the user has set them, for example to a proxy that records a test.
 *
 * A JVM reports on standard error that it has read these options. `JDK_JAVA_OPTIONS` would be no quieter, and only the
 * `java` launcher of JDK 9 and later reads it.
 *
 * @param variables the variables that the user set
 * @param services names of services, which are at loopback
 * @param store a store of the CA certificates to trust; undefined for Java's own
 * @see https://docs.oracle.com/en/java/javase/21/core/java-networking.html "Proxies"
 */
export function javaOptions(
  variables: Readonly<Record<string, string>>,
  addresses: Addresses,
  store?: string,
  services: readonly string[] = [],
): { readonly variables: Readonly<Record<string, string>>; readonly warnings: readonly string[] } {
  const userOptions = variables[JAVA_OPTIONS] ?? '';
  const [host, port] = [addresses.squid, String(SQUID_PORT)];
  const groups: Record<string, string>[] = [
    { 'http.proxyHost': host, 'http.proxyPort': port },
    { 'https.proxyHost': host, 'https.proxyPort': port },
    { 'http.nonProxyHosts': javaDirectHosts(addresses, services) },
    ...(store === undefined ? [] : [{ [TRUST_STORE]: store, [`${TRUST_STORE}Password`]: KEY_STORE_PASSWORD }]),
  ];
  const isSet = (name: string): boolean => new RegExp(`(^|[\\s'"])-D${RegExp.escape(name)}=`).test(userOptions);
  const added = groups.filter((group) => !Object.keys(group).some(isSet)).flatMap((group) => Object.entries(group));
  const kept = groups.flatMap((group) => Object.keys(group)).filter(isSet);
  const options = [userOptions, ...added.map(([name, value]) => `-D${name}=${value}`)].filter(
    (option) => option.trim() !== '',
  );
  return {
    variables: { [JAVA_OPTIONS]: options.join(' ') },
    warnings: keptWarnings(kept),
  };
}

const TRUST_STORE = 'javax.net.ssl.trustStore';

/** @param kept properties that the user sets, and the sandbox would set otherwise */
function keptWarnings(kept: readonly string[]): string[] {
  const { stores = [], proxies = [] } = Object.groupBy(kept, (name) =>
    name.startsWith(TRUST_STORE) ? 'stores' : 'proxies',
  );
  const sets = (names: readonly string[]): string => `${JAVA_OPTIONS} sets ${names.join(', ')}`;
  return [
    ...(proxies.length === 0 ? [] : [`${sets(proxies)}: Java uses these settings, not the sandbox's proxy.`]),
    ...(stores.length === 0
      ? []
      : [`${sets(stores)}: Java does not trust the certificates of this run, and refuses to talk to named hosts.`]),
  ];
}

/**
 * The user's settings of Maven, because Maven 3.9 ignores Java's properties. Maven 3.8 and 4 use them.
 *
 * @see https://maven.apache.org/guides/mini/guide-proxies.html
 */
export function mavenSettings(addresses: Addresses, services: readonly string[] = []): string {
  const proxies = ['http', 'https'].map(
    (protocol) => `    <proxy>
      <id>awf-${protocol}</id>
      <active>true</active>
      <protocol>${protocol}</protocol>
      <host>${addresses.squid}</host>
      <port>${SQUID_PORT}</port>
      <nonProxyHosts>${javaDirectHosts(addresses, services)}</nonProxyHosts>
    </proxy>`,
  );
  return `<settings>\n  <proxies>\n${proxies.join('\n')}\n  </proxies>\n</settings>\n`;
}
