/** Values for the tests of `src`: a configuration with overrides, and credentials that are easy to find again. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseAllowList } from '../src/config/allow-list.ts';
import { optionNamed } from '../src/config/build.ts';
import type { Config } from '../src/config/config.ts';
import type { User } from '../src/host/user.ts';
import { addressesIn } from '../src/shared/network.ts';

export const ADDRESSES = addressesIn('172.30.0.0/24');

export const USER: User = { uid: 1001, gid: 1002, name: 'runner', home: '/home/runner' };

/** A value for each credential that a run can be given. */
export const SENTINELS: ReadonlyMap<string, string> = new Map([
  ['OPENAI_API_KEY', 'sk-sentinel-a1'],
  ['ANTHROPIC_API_KEY', 'sk-ant-sentinel-b2'],
  ['COPILOT_GITHUB_TOKEN', 'ghu_sentinel-c3'],
  ['COPILOT_API_KEY', 'byok-sentinel-d4'],
  ['GEMINI_API_KEY', 'AIza-sentinel-e5'],
]);

/** The named ones of {@link SENTINELS}. */
export function given(...variables: readonly string[]): ReadonlyMap<string, string> {
  return new Map(variables.map((variable) => [variable, SENTINELS.get(variable)!]));
}

export function aConfig(overrides: Partial<Config> = {}): Config {
  return {
    command: { kind: 'argv', argv: ['true'] },
    workspace: '/workspace',
    workingDirectory: '/workspace',
    apiProxy: true,
    credentials: new Map(),
    targets: {
      openai: { host: 'api.openai.com', port: 443, basePath: '' },
      anthropic: { host: 'api.anthropic.com', port: 443, basePath: '' },
      copilot: { host: 'api.githubcopilot.com', port: 443, basePath: '' },
      gemini: { host: 'generativelanguage.googleapis.com', port: 443, basePath: '' },
    },
    allowEndpoints: [],
    allow: parseAllowList(''),
    addHosts: [],
    upstreamCa: undefined,
    env: [],
    envAll: false,
    mounts: [],
    protectPaths: [],
    agentImage: undefined,
    memory: '6g',
    pids: 4096,
    timeoutMinutes: undefined,
    logLevel: 'info',
    proxyLogsDir: undefined,
    budget: {},
    keepContainers: false,
    ...overrides,
  };
}

/** Options as a front end hands them over: the given ones, and the defaults of the others. */
export function rawOptions(options: Readonly<Record<string, string>> = {}): (name: string) => string {
  return (name) => options[name] ?? optionNamed(name).default ?? '';
}

/** An empty directory that is removed when the test is over; its path has no links in it. */
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
