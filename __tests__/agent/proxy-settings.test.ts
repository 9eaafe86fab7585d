import { describe, expect, test } from 'vitest';
import { javaOptions, mavenSettings, PROXY_SETTINGS, proxyVariables } from '../../src/agent/proxy-settings.ts';
import { addressesIn } from '../../src/shared/network.ts';
import { ADDRESSES } from '../../testing/builders.ts';

const HTTP = '-Dhttp.proxyHost=172.30.0.10 -Dhttp.proxyPort=3128';
const HTTPS = '-Dhttps.proxyHost=172.30.0.10 -Dhttps.proxyPort=3128';
const DIRECT = '-Dhttp.nonProxyHosts=127.*|[::1]|localhost|172.30.0.30|172.30.0.20|awf-agent|0.0.0.0';

const options = (given?: string) => {
  const { variables, warnings } = javaOptions(given === undefined ? {} : { JAVA_TOOL_OPTIONS: given }, ADDRESSES);
  return { value: variables['JAVA_TOOL_OPTIONS'], warnings };
};

describe('Java', () => {
  test.each([undefined, '', ' '])('without options from the user: %j', (given) => {
    expect(options(given)).toEqual({ value: `${HTTP} ${HTTPS} ${DIRECT}`, warnings: [] });
  });

  test.each([
    '-Xmx2g',
    '-Dfile.encoding=UTF-8 -XX:+UseSerialGC',
    '-Dx.http.proxyHost=corp -Dhttp.proxyHosts=corp -DhttpXproxyHost=corp',
    "-Dnote='the -D http.proxyHost=corp'",
  ])('keeps the user’s options, in front: %s', (given) => {
    expect(options(given)).toEqual({ value: `${given} ${HTTP} ${HTTPS} ${DIRECT}`, warnings: [] });
  });

  test.each([
    ['-Dhttp.proxyHost=localhost -Dhttp.proxyPort=8080', `${HTTPS} ${DIRECT}`, 'http.proxyHost, http.proxyPort'],
    ['-Xmx2g -Dhttps.proxyHost=localhost', `${HTTP} ${DIRECT}`, 'https.proxyHost'],
    ["'-Dhttps.proxyPort=1'", `${HTTP} ${DIRECT}`, 'https.proxyPort'],
    ['-Dhttp.nonProxyHosts=*.test', `${HTTP} ${HTTPS}`, 'http.nonProxyHosts'],
  ])('leaves a proxy of the user’s alone, and says so: %s', (given, ours, properties) => {
    const { value, warnings } = options(given);
    expect(value).toBe(`${given} ${ours}`);
    expect(warnings).toEqual([expect.stringContaining(`JAVA_TOOL_OPTIONS sets ${properties}: `)]);
  });

  describe('with a store of CA certificates', () => {
    const withStore = (given: string) => javaOptions({ JAVA_TOOL_OPTIONS: given }, ADDRESSES, '/store.jks');

    test('trusts it', () => {
      const { variables, warnings } = withStore('-Xmx2g');
      expect(variables['JAVA_TOOL_OPTIONS']).toBe(
        `-Xmx2g ${HTTP} ${HTTPS} ${DIRECT} ` +
          '-Djavax.net.ssl.trustStore=/store.jks -Djavax.net.ssl.trustStorePassword=changeit',
      );
      expect(warnings).toEqual([]);
    });

    test('leaves a store of the user’s alone, and says what that means', () => {
      const given = '-Djavax.net.ssl.trustStore=/my.jks -Dhttps.proxyHost=localhost';
      const { variables, warnings } = withStore(given);
      expect(variables['JAVA_TOOL_OPTIONS']).toBe(`${given} ${HTTP} ${DIRECT}`);
      expect(warnings).toEqual([
        expect.stringContaining('sets https.proxyHost: '),
        expect.stringContaining('sets javax.net.ssl.trustStore: Java does not trust the certificates of this run'),
      ]);
    });
  });
});

test('everything follows the subnet', () => {
  const addresses = addressesIn('10.213.7.0/24');
  const all = [proxyVariables(addresses), javaOptions({}, addresses), mavenSettings(addresses)];
  expect(JSON.stringify(all)).not.toContain('172.30.');
  expect(all.map((one) => JSON.stringify(one).includes('10.213.7.10'))).toEqual([true, true, true]);
});

test('the user may set all of the variables', () => {
  const names = [...Object.keys(proxyVariables(ADDRESSES)), ...Object.keys(javaOptions({}, ADDRESSES).variables)];
  expect(names.toSorted()).toEqual([...PROXY_SETTINGS].toSorted());
});
