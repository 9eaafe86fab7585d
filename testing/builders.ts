/** Values for the tests of `src`: a configuration with overrides, and credentials that are easy to find again. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Config } from '../src/config/config.ts';
import { NO_NAMED_HOSTS } from '../src/config/named-hosts.ts';
import { NO_NETWORK } from '../src/config/network.ts';
import { configuredProviders, type ProviderChoices } from '../src/config/providers.ts';
import type { Secrets } from '../src/config/secrets.ts';
import type { EngineFacts } from '../src/docker/engine-facts.ts';
import type { User } from '../src/host/user.ts';
import type { Surroundings } from '../src/mounts/hidden.ts';
import { addressesIn } from '../src/shared/network.ts';
import { CREDENTIALS } from '../src/shared/providers.ts';
import type { Aftermath } from '../src/workspace/inspect.ts';
import type { JudgedDomain } from '../src/report/traffic.ts';
import { allowing } from './options.ts';
import { ownTarget } from './sidecar/configured.ts';

/** Where things are on a host that has none of them. */
export function aHost(home: string, environment: NodeJS.ProcessEnv = {}): Surroundings {
  const nowhere = '/nonexistent';
  return {
    ...{ home, environment, temporary: nowhere, workDirectory: nowhere, root: nowhere, workspace: nowhere },
    logs: { squid: nowhere, apiProxy: nowhere, agent: nowhere },
    engine: { dataRoot: undefined, socket: undefined },
  };
}

/** What the search of an untouched workspace finds. */
export const NOTHING_LEFT: Aftermath = {
  disarmed: [],
  newRepository: false,
  kept: { conflicts: [], ended: [], settings: [], failed: [] },
  changes: [],
  links: [],
  setIdFiles: [],
  pipes: [],
  shut: [],
  readOnly: [],
  left: 0,
};

export const ADDRESSES = addressesIn('172.30.0.0/24');

export const USER: User = { uid: 1001, gid: 1002, name: 'runner', home: '/home/runner' };

/** An ordinary engine. */
export const ENGINE: EngineFacts = {
  ...{ dataRoot: '/var/lib/docker', socket: '/var/run/docker.sock', version: '28.5.2', platform: 'linux/amd64' },
  ...{ memoryBytes: 16 * 1024 ** 3, mapsUsers: false, warnings: [] },
};

export const NO_SECRETS: Secrets = new Map();

/** A value for each credential that a run can have. No value contains another. */
export const SENTINELS: Secrets = new Map(
  CREDENTIALS.map(({ variable }, index) => [variable, `sentinel-${String(index)}-of-tests`]),
);

/** The {@link SENTINELS} of the named variables. */
export function given(...variables: readonly string[]): Secrets {
  return new Map(variables.map((variable) => [variable, SENTINELS.get(variable)!]));
}

/** A user who leaves each provider as it is. */
export const OWN_CHOICES: ProviderChoices = { targetOf: ownTarget, authHeaderOf: () => undefined, environment: {} };

/** What a test overrides in a configuration. `secrets` also adds the providers that they configure. */
export type ConfigOverrides = Partial<Config> & { readonly secrets?: Secrets };

/** A configuration like those that `buildConfig` makes. It never contains the secrets: pass them separately. */
export function aConfig({ secrets = NO_SECRETS, ...overrides }: ConfigOverrides = {}): Config {
  const egress = allowing('');
  return {
    frontEnd: 'action',
    label: undefined,
    command: { kind: 'argv', argv: ['true'] },
    workspace: '/workspace',
    workingDirectory: '/workspace',
    apiProxy: true,
    apiProxyKeys: [],
    providers: overrides.apiProxy === false ? [] : configuredProviders(secrets, egress, OWN_CHOICES),
    namedHosts: NO_NAMED_HOSTS,
    copilotMode: 'github',
    github: undefined,
    hostVariables: {},
    allowEndpoints: [],
    allowProviderTools: [],
    policy: undefined,
    egress,
    failOnBlocked: false,
    knownBlocked: [],
    presets: [],
    proposedPresets: undefined,
    transparent: overrides.apiProxy !== false,
    services: [],
    addHosts: [],
    network: NO_NETWORK,
    upstreamCa: undefined,
    env: [],
    envAll: false,
    mounts: [],
    protectPaths: [],
    agentImage: undefined,
    imageRegistry: undefined,
    memory: '6g',
    pids: 4096,
    timeoutMinutes: undefined,
    agentLogs: true,
    resultFile: undefined,
    logLevel: 'info',
    proxyLogsDir: undefined,
    checkKeys: true,
    budget: {},
    prices: [],
    keepContainers: false,
    warnings: [],
    ...overrides,
  };
}

/** An empty directory that is removed after the test. Its path contains no links. */
export function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-')));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** The error that `work` throws. */
export function thrown(work: () => unknown): Error & { readonly hint?: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

/** A name of a report, with the number of requests for it. */
export function judged(domain: string, requests: number, detail: Partial<JudgedDomain> = {}): JudgedDomain {
  return { domain, requests, rule: null, reason: null, port: 443, firstAt: 0, ...detail };
}
