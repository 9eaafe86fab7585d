/** The same options as the action's inputs and as the command line's flags, with a row for each option. */

import { join, resolve } from 'node:path';
import { expect, vi } from 'vitest';
import { loadInputs } from '../../src/action/inputs.ts';
import { loadCliArgs } from '../../src/command-line/args.ts';
import type { Config } from '../../src/config/config.ts';
import { nameIn, OPTIONS, type OptionName } from '../../src/config/options.ts';
import type { FrontEndKind } from '../../src/config/source.ts';
import { CREDENTIALS, PROVIDERS } from '../../src/shared/providers.ts';
import { SENTINELS } from '../../testing/builders.ts';
import { inputEnv } from '../../testing/runner/files.ts';

const ACTION_FILE = join(import.meta.dirname, '../../action.yml');

/** A step with a command and every credential. */
const STEP = inputEnv(ACTION_FILE, {
  run: 'true',
  ...Object.fromEntries(CREDENTIALS.map(({ input, variable }) => [input, SENTINELS.get(variable)!])),
});

/** The texts by option. A list has one for each repetition of its flag, or for each line of its input. */
type Texts = Readonly<Partial<Record<string, readonly string[]>>>;

/** What AWF makes of the same options in either front end, with every credential given. */
export const LOAD: Readonly<
  Record<FrontEndKind, (texts: Texts, workspace: string, environment?: NodeJS.ProcessEnv) => Config>
> = {
  action: (texts, workspace, environment = {}) => {
    vi.unstubAllEnvs();
    const given = Object.entries(texts).map(([name, lines = []]) => [`INPUT_${name.toUpperCase()}`, lines.join('\n')]);
    for (const [name = '', value] of [...Object.entries(STEP), ...given]) vi.stubEnv(name, value);
    const { config, upload } = loadInputs({ GITHUB_WORKSPACE: workspace, ...environment });
    return { ...config, ...upload };
  },
  cli: (texts, workspace, environment = {}) => {
    const flags = OPTIONS.flatMap((option) =>
      (texts[option.name] ?? []).map((text) => `${nameIn('cli', option)}=${text}`),
    );
    const argv = ['--enable-api-proxy', ...flags, '--', 'true'];
    const request = loadCliArgs(argv, { ...Object.fromEntries(SENTINELS), ...environment }, workspace);
    if ('text' in request) throw new Error(request.text);
    return request.config;
  },
};

export interface Case {
  readonly good: string;
  /** What the configuration contains afterwards. */
  readonly reads: object;
  /** Absent for an option that accepts any text. */
  readonly bad?: readonly [text: string, problem: string];
  readonly isList?: true;
}

const upstream = (id: string) => ({
  good: 'gateway.example/v1',
  reads: {
    providers: expect.arrayContaining([
      expect.objectContaining({
        provider: expect.objectContaining({ id }) as object,
        target: { host: 'gateway.example', port: 443, basePath: '/v1' },
      }),
    ]) as object,
  },
  bad: ['http://x', 'is not an upstream'] as const,
});
const UPSTREAMS = Object.fromEntries(
  PROVIDERS.map(({ id, targetInput }): [string, Case] => [targetInput, upstream(id)]),
) as Readonly<Record<(typeof PROVIDERS)[number]['targetInput'], Case>>;
const authHeader = (id: string) => ({
  good: 'X-Gateway-Key: Key',
  reads: {
    providers: expect.arrayContaining([
      expect.objectContaining({
        provider: expect.objectContaining({ id }) as object,
        injection: expect.objectContaining({ header: 'x-gateway-key', prefix: 'Key ' }) as object,
      }),
    ]) as object,
  },
  bad: ['api key: a b', "is not a header's name"] as const,
});
const AUTH_HEADERS = Object.fromEntries(
  PROVIDERS.map(({ id, authHeaderInput }): [string, Case] => [authHeaderInput, authHeader(id)]),
) as Readonly<Record<(typeof PROVIDERS)[number]['authHeaderInput'], Case>>;
const list = { isList: true } as const;

/** Every option that takes a text in one of the front ends. */
export const CASES: Readonly<
  Record<
    Exclude<OptionName, 'run' | 'policy-ref' | 'enable-api-proxy' | 'tty' | 'keep-containers' | 'host-credentials'>,
    Case
  >
> = {
  shell: { good: 'sh', reads: { command: { shell: ['sh', '-e', '{0}'] } }, bad: ['pwsh', 'is not one of its values'] },
  label: { good: ' Review\tthe  change', reads: { label: 'Review the change' } },
  'working-directory': { good: '.', reads: {}, bad: ['..', 'is outside the workspace'] },
  ...UPSTREAMS,
  ...AUTH_HEADERS,
  'allow-endpoints': {
    good: 'openai GET /v1/files',
    reads: { allowEndpoints: [{ provider: 'openai', method: 'GET', path: '/v1/files' }] },
    bad: ['openai GET', 'the path must start with a slash'],
    ...list,
  },
  'allow-provider-tools': {
    good: 'web-search',
    reads: { allowProviderTools: ['web-search'] },
    bad: ['web-surf', 'is not one of its values'],
    ...list,
  },
  'copilot-mode': { good: 'provider', reads: { copilotMode: 'provider' }, bad: ['own', 'is not one of its values'] },
  'github-access': { good: 'comment', reads: {}, bad: ['admin', 'is not one of its values'] },
  'github-repositories': { good: 'octo/hello', reads: {}, bad: ['hello', 'write a repository as OWNER/NAME'], ...list },
  'host-rules': {
    good: 'a.example GET /b/**',
    reads: {
      namedHosts: {
        others: expect.arrayContaining([
          { name: 'a.example', rules: [expect.objectContaining({ method: 'GET', path: '/b/**' })] },
        ]) as object,
      },
    },
    bad: ['a.example GET', 'is not a rule'],
    ...list,
  },
  policy: { good: 'none', reads: { policy: undefined }, bad: ['missing.yml', 'does not exist'] },
  'allow-domains': {
    good: 'a.example',
    reads: { egress: { allow: [{ host: 'a.example' }] } },
    bad: ['10.0.0.1', 'is an IP address'],
    ...list,
  },
  'deny-domains': {
    good: 'a.example',
    reads: { egress: { deny: [{ host: 'a.example' }] } },
    bad: ['https://a.example', 'has a scheme'],
    ...list,
  },
  'fail-on-blocked': { good: 'true', reads: { failOnBlocked: true }, bad: ['yes', 'is not one of its values'] },
  'known-blocked': {
    good: '*.a.example',
    reads: { knownBlocked: [{ host: 'a.example', match: 'subdomains' }] },
    bad: ['https://a.example', 'has a scheme'],
    ...list,
  },
  presets: {
    good: 'nuget',
    reads: { presets: [{ name: 'nuget' }] },
    bad: ['docs.python.org', 'is no preset'],
    ...list,
  },
  'egress-policy': { good: 'audit', reads: { egress: { mode: 'audit' } }, bad: ['open', 'is not one of its values'] },
  transparent: { good: 'false', reads: { transparent: false }, bad: ['no', 'is not one of its values'] },
  'allow-services': {
    good: 'postgres:5432',
    reads: { services: [{ name: 'postgres', port: 5432 }] },
    bad: ['postgres', 'is not name:port'],
    ...list,
  },
  'add-hosts': {
    good: 'a.example:10.0.0.1',
    reads: { addHosts: [{ name: 'a.example', address: '10.0.0.1' }] },
    bad: ['a.example', 'is not name:address'],
    ...list,
  },
  'allow-private-networks': {
    good: '10.20.0.0/16',
    reads: { network: { allowPrivate: ['10.20.0.0/16'] } },
    bad: ['127.0.0.0/8', 'is loopback'],
    ...list,
  },
  'upstream-proxy': {
    good: 'http://proxy.example:3128',
    reads: { network: { upstreamProxy: { host: 'proxy.example', port: 3128, user: undefined } } },
    bad: ['https://10.0.0.1:3128', "is checked against the proxy's name"],
  },
  'dns-servers': {
    good: '10.1.2.3',
    reads: { network: { dnsServers: ['10.1.2.3'] } },
    bad: ['dns.example', 'is not an IPv4 address'],
    ...list,
  },
  subnet: { good: '10.9.0.0/16', reads: { network: { subnet: '10.9.0.0/16' } }, bad: ['10.9.0.0/25', 'is too small'] },
  'upstream-ca': {
    good: 'ca.pem',
    reads: { upstreamCa: expect.stringContaining('BEGIN CERTIFICATE') as string },
    bad: ['missing.pem', 'cannot be read'],
  },
  env: { good: 'A=1', reads: { env: [{ name: 'A', value: '1' }] }, bad: ['1A', 'this is not a variable'], ...list },
  'agent-logs': { good: 'false', reads: { agentLogs: false }, bad: ['no', 'is not one of its values'] },
  'check-keys': { good: 'false', reads: { checkKeys: false }, bad: ['no', 'is not one of its values'] },
  'env-all': { good: 'true', reads: { envAll: true }, bad: ['yes', 'is not one of its values'] },
  mounts: {
    good: '/srv:rw',
    reads: { mounts: [{ source: '/srv', target: '/srv', writable: true }] },
    bad: ['srv', 'is not source[:target][:rw]'],
    ...list,
  },
  'protect-paths': {
    good: 'report:a',
    reads: {
      protectPaths: [
        { path: 'a', mode: 'report' },
        { path: '.github/awf.yml', mode: 'read-only', isPolicy: true },
      ],
    },
    bad: ['../a', 'has ".." in it'],
    ...list,
  },
  'agent-image': { good: 'debian:13', reads: { agentImage: 'debian:13' } },
  'image-registry': {
    good: 'registry.corp.example:5000/awf',
    reads: { imageRegistry: 'registry.corp.example:5000/awf' },
    bad: ['https://registry.corp.example/awf', 'is not a registry with a path'],
  },
  memory: { good: '1G', reads: { memory: '1g' }, bad: ['much', 'is not a size'] },
  pids: { good: '4194304', reads: { pids: 4_194_304 }, bad: ['4194305', 'is not a whole number from 1 to 4194304'] },
  'timeout-minutes': { good: '0.5', reads: { timeoutMinutes: 0.5 }, bad: ['0', 'is not a number of minutes'] },
  'max-requests': { good: '7', reads: { budget: { maxRequests: 7 } }, bad: ['0', 'is not a whole number from 1'] },
  'max-tokens': {
    good: '1000000000',
    reads: { budget: { maxTokens: 1_000_000_000 } },
    bad: ['1.5', 'is not a whole number from 1 to 9007199254740991'],
  },
  'max-cost-usd': {
    good: '0.25',
    reads: { budget: { maxCostUsd: 0.25 } },
    bad: ['$5', 'is not an amount of US dollars'],
  },
  prices: {
    good: 'my-model 2 8 0.5',
    reads: {
      prices: [{ model: 'my-model', input: 2, output: 8, cachedInput: 0.5, cacheWrite: 2, hourCacheWrite: 2 }],
    },
    bad: ['my-model 2', 'has not two to five prices after the model'],
    ...list,
  },
  'result-file': {
    good: './out/review.md',
    reads: { resultFile: 'out/review.md' },
    bad: ['../review.md', 'is not a file in the workspace'],
  },
  'upload-logs': { good: 'never', reads: { when: 'never' }, bad: ['sometimes', 'is not one of its values'] },
  'artifact-name': { good: 'logs', reads: { artifactName: 'logs' } },
  'retention-days': { good: '3', reads: { retentionDays: 3 }, bad: ['0', 'is not a whole number from 1'] },
  'log-level': { good: 'warn', reads: { logLevel: 'warn' }, bad: ['loud', 'is not one of its values'] },
  'proxy-logs-dir': { good: 'logs', reads: { proxyLogsDir: resolve('logs') } },
};
