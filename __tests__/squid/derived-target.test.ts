/** Copilot's host, derived from the GitHub server, in Squid's rules: only the api-proxy may reach it. */

import { describe, expect, test } from 'vitest';
import { buildConfig } from '../../src/config/build.ts';
import { squidConfig } from '../../src/squid/config.ts';
import { ADDRESSES, temporaryDirectory } from '../../testing/builders.ts';
import { inputs } from '../../testing/options.ts';
import { Judge } from './judge.ts';

const TENANT = 'copilot-api.octo.ghe.com';
const GITHUB = 'api.githubcopilot.com';

function judge(serverUrl: string, options: Readonly<Record<string, string>>): Judge {
  const { config } = buildConfig(inputs({ run: 'true', ...options }, { COPILOT_GITHUB_TOKEN: 'ghu_x' }), {
    environment: { GITHUB_SERVER_URL: serverUrl },
    workspace: temporaryDirectory(),
  });
  const { egress, addHosts: hosts, providers } = config;
  const targets = providers.map(({ target, isPermitted }) => ({ ...target, permitted: isPermitted }));
  return new Judge(
    squidConfig({
      addresses: ADDRESSES,
      egress,
      targets,
      hosts,
      hostAddresses: [],
      modelPorts: [],
      namedHosts: [],
      transparent: true,
    }),
  );
}

describe.each([
  ['https://octo.ghe.com', TENANT, GITHUB],
  ['https://github.example.com', GITHUB, TENANT],
  ['https://github.com', GITHUB, TENANT],
])('for %s', (serverUrl, own, other) => {
  const allowed = (squid: Judge, from: 'agent' | 'api-proxy', host: string): boolean =>
    squid.access({ from: ADDRESSES[from], method: 'CONNECT', host, port: 443 }).allowed;

  test('the api-proxy reaches Copilot’s host without a line in allow-domains, and no other host', () => {
    const squid = judge(serverUrl, {});
    expect([allowed(squid, 'api-proxy', own), allowed(squid, 'agent', own)]).toEqual([true, false]);
    expect([allowed(squid, 'api-proxy', other), allowed(squid, 'agent', other)]).toEqual([false, false]);
  });

  test('the agent cannot reach it even if allow-domains covers it, neither by tunnel nor by server name', () => {
    const squid = judge(serverUrl, { 'allow-domains': 'ghe.com, githubcopilot.com' });
    expect([allowed(squid, 'agent', own), allowed(squid, 'agent', other)]).toEqual([false, true]);
    expect(allowed(squid, 'api-proxy', own)).toBe(true);
    expect(squid.bump({ host: other, serverName: own }).action).toBe('terminate');
    expect(squid.bump({ host: other, serverName: other }).action).toBe('splice');
  });

  test('a custom target needs its own line, and then nobody reaches Copilot’s host', () => {
    const options = { 'copilot-api-target': 'router.example' };
    const [closed, open] = [
      judge(serverUrl, options),
      judge(serverUrl, { ...options, 'allow-domains': 'router.example' }),
    ];
    expect([allowed(closed, 'api-proxy', 'router.example'), allowed(closed, 'api-proxy', own)]).toEqual([false, false]);
    expect([allowed(open, 'api-proxy', 'router.example'), allowed(open, 'api-proxy', own)]).toEqual([true, false]);
  });
});
