import { describe, expect, test } from 'vitest';
import { buildConfig, type Built } from '../../src/config/build.ts';
import { UPSTREAM_PROXY_SECRET } from '../../src/config/network-build.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';
import { inputs } from '../../testing/options.ts';

function built(environment: NodeJS.ProcessEnv, options: Readonly<Record<string, string>> = {}): Built {
  return buildConfig(inputs({ run: 'true', ...options }), { environment, workspace: temporaryDirectory() });
}
const proxyOf = ({ config }: Built) => config.network.upstreamProxy;

describe('the proxy', () => {
  test.each<[string, NodeJS.ProcessEnv, Record<string, string>, object | undefined]>([
    ['is none by default', {}, {}, undefined],
    ['is the host’s', { HTTPS_PROXY: 'http://up.example:1' }, {}, { host: 'up.example', origin: 'HTTPS_PROXY' }],
    ['is the host’s in lower case', { https_proxy: 'http://low.example:1' }, {}, { host: 'low.example' }],
    ['is not the one for HTTP', { HTTP_PROXY: 'http://up.example:1' }, {}, undefined],
    ['is not an empty one', { HTTPS_PROXY: ' ' }, {}, undefined],
    [
      'is the variable’s',
      { HTTPS_PROXY: 'http://up.example:1', AWF_UPSTREAM_PROXY: 'own.example:2' },
      {},
      { host: 'own.example', port: 2 },
    ],
    [
      'is the option’s',
      { AWF_UPSTREAM_PROXY: 'own.example:2' },
      { 'upstream-proxy': 'http://a.example:3' },
      { host: 'a.example' },
    ],
    ['is turned off', { HTTPS_PROXY: 'http://up.example:1' }, { 'upstream-proxy': 'none' }, undefined],
    ['is turned off for all names', { HTTPS_PROXY: 'http://up.example:1', no_proxy: '*' }, {}, undefined],
  ])('%s', (_, environment, options, expected) => {
    const found = proxyOf(built(environment, options));
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  test('has exceptions: the host’s, and names with an address of the user’s', () => {
    const environment = { HTTPS_PROXY: 'http://up.example:1', NO_PROXY: '.corp.example' };
    expect(proxyOf(built(environment, { 'add-hosts': 'pinned.example:10.1.2.3' }))?.direct).toEqual([
      { host: 'corp.example', match: 'domain' },
      { host: 'pinned.example', match: 'host' },
    ]);
  });

  test('warns about exceptions that cannot be kept, once', () => {
    const environment = { HTTPS_PROXY: 'http://up.example:1', NO_PROXY: '10.0.0.0/8,10.1.2.3,localhost' };
    expect(built(environment).config.warnings).toEqual([
      expect.stringMatching(/^NO_PROXY: 10\.0\.0\.0\/8, 10\.1\.2\.3 have no effect/) as string,
    ]);
    expect(built({ NO_PROXY: '10.0.0.0/8' }).config.warnings).toEqual([]);
  });

  test('gives its password to the secrets only, in both spellings', () => {
    const { config, secrets } = built({ HTTPS_PROXY: 'http://user:p%40ss-7@up.example:1' });
    expect(config.network.upstreamProxy).toMatchObject({ user: 'user' });
    expect(JSON.stringify(config)).not.toMatch(/p(%40|@)ss-7/);
    expect(secrets.get(UPSTREAM_PROXY_SECRET)).toBe('p@ss-7');
    expect([...secrets.values()]).toEqual(['p@ss-7', 'p%40ss-7']);
  });

  test('that the host sets wrong is a mistake with the variable’s name, and option `none` passes over it', () => {
    const environment = { HTTPS_PROXY: 'socks5://up.example:1' };
    expect(thrown(() => built(environment)).message).toMatch(/^HTTPS_PROXY: /);
    expect(proxyOf(built(environment, { 'upstream-proxy': 'none' }))).toBeUndefined();
  });
});
