/** Runs that ended in different ways, for tests that look at their summaries. */

import { egressReport } from '../../src/report/egress.ts';
import type { About, SummaryFacts } from '../../src/report/summary-facts.ts';
import { NO_DOMAINS, type DomainTraffic } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE, type ModelUsage, type RunUsage } from '../../src/report/usage.ts';
import { UserError } from '../../src/errors.ts';
import { NO_USAGE } from '../../src/shared/usage.ts';
import { aConfig, given, judged, NOTHING_LEFT, type ConfigOverrides } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

/** When the runs began, in milliseconds since the epoch. */
const ORIGIN = Date.UTC(2026, 10, 1);

export const ABOUT: About = {
  label: 'Review the pull request',
  version: '1.4.0',
  pageAt: (page) => `https://github.com/owner/awf/blob/v1.4.0/${page}`,
};

/** A run with `overrides`. What its domains mean follows from `config`. */
export interface Case {
  readonly config?: ConfigOverrides | undefined;
  readonly domains?: Partial<DomainTraffic>;
  readonly usage?: Partial<RunUsage>;
  readonly facts?: Partial<SummaryFacts>;
}

const PRESETS: Readonly<Record<string, string>> = {
  'packages.example': 'npm',
  'index.python.example': 'pypi',
  'files.python.example': 'pypi',
  'release-assets.githubusercontent.com': 'github',
};

/** The phases of a run whose command takes some seconds. */
const phases = (seconds: number): SummaryFacts['timings']['phases'] => [
  { phase: 'engine', startMs: 120, endMs: 240 },
  { phase: 'images', startMs: 130, endMs: 330 },
  { phase: 'networks', startMs: 140, endMs: 640 },
  { phase: 'squid', startMs: 700, endMs: seconds * 1_000 + 2_700 },
  { phase: 'api-proxy', startMs: 720, endMs: seconds * 1_000 + 2_650 },
  { phase: 'agent', startMs: 2_100, endMs: seconds * 1_000 + 2_600 },
  { phase: 'remove', startMs: seconds * 1_000 + 2_600, endMs: seconds * 1_000 + 3_500 },
];

export function factsOf({ config = {}, domains = {}, usage, facts = {} }: Case = {}): SummaryFacts {
  const made = aConfig({ egress: allowing('docs.python.example\nnever-asked.example'), ...config });
  const found = { ...NO_DOMAINS, ...domains };
  const used = usage === undefined ? NO_MODEL_USAGE : { ...NO_MODEL_USAGE, ...usage };
  return {
    ...ABOUT,
    ...{ outcome: 'success', exitCode: 0, error: undefined },
    traffic: { domains: found, usage: used },
    egress: egressReport(made, found, used, (host) => (PRESETS[host] === undefined ? [] : [PRESETS[host]])),
    providers: made.providers.map(({ provider }) => provider),
    ...{ budget: made.budget, timeoutMinutes: made.timeoutMinutes, aftermath: NOTHING_LEFT },
    timings: { phases: phases(157), startupMs: 2_600, originMs: ORIGIN },
    logs: { artifact: 'awf-logs-21f6bab2', days: 30 },
    warnings: [],
    commandSummary: undefined,
    ...facts,
  };
}

/** What a model was asked. */
export const modelUsage = (overrides: Partial<ModelUsage> = {}): ModelUsage => ({
  ...NO_USAGE,
  ...{ provider: 'anthropic', model: 'claude-sonnet-4-5', requests: 31, failed: 0, costUsd: 0.612 },
  ...{ inputTokens: 398_120, cachedInputTokens: 361_004, outputTokens: 14_300 },
  ...overrides,
});

/** The usage of a run that asked these models. */
export function usageOf(...models: readonly ModelUsage[]): Partial<RunUsage> {
  const sum = (count: (row: ModelUsage) => number): number => models.reduce((total, row) => total + count(row), 0);
  const costUsd = models.some((row) => row.costUsd === null) ? null : sum((row) => row.costUsd ?? 0);
  return {
    ...{ requests: sum((row) => row.requests), models, costUsd, pricedUsd: sum((row) => row.costUsd ?? 0) },
    ...{ inputTokens: sum((row) => row.inputTokens), outputTokens: sum((row) => row.outputTokens) },
    unpriced: models.filter((row) => row.costUsd === null).map(({ provider, model }) => ({ provider, model })),
  };
}

const by = (entry: string) => ({ entry, from: 'allow-domains, line 1', preset: null });
const notListed = (domain: string, requests: number, seconds: number) =>
  judged(domain, requests, { reason: 'not-listed', firstAt: ORIGIN + seconds * 1_000 });

const KEY = { secrets: given('ANTHROPIC_API_KEY') };

/** Everything went well. */
export const ALL_WELL: Case = {
  config: KEY,
  domains: {
    allowed: [
      judged('packages.example', 22, { rule: { ...by('packages.example'), preset: 'npm' } }),
      judged('index.python.example', 9, { rule: by('*.python.example') }),
      judged('docs.python.example', 7, { rule: by('docs.python.example') }),
    ],
    unused: [by('never-asked.example')],
  },
  usage: usageOf(modelUsage()),
  facts: { commandSummary: '> *Written by the command, not by AWF.*\n>\n> **Review**: 2 findings, no blocker\\.' },
};

/** The command asked for what is not on the list. */
export const REFUSED: Case = {
  config: KEY,
  domains: {
    allowed: [judged('docs.python.example', 7, { rule: by('docs.python.example') })],
    blocked: [
      notListed('release-assets.githubusercontent.com', 4, 9),
      notListed('cdn.evil.example', 3, 41),
      notListed('files.python.example', 2, 6),
      judged('10.1.2.3', 2, { reason: 'address', firstAt: ORIGIN + 50_000 }),
      notListed('packages.example', 1, 4),
      notListed('api.openai.com', 1, 7),
      notListed('api.anthropic.com', 2, 3),
      notListed('statsig.anthropic.com', 1, 3),
    ],
    unresolvable: [judged('gone.python.example', 1)],
    unreachable: [judged('blocked.corp.example', 1, { reason: 'upstream-proxy-403' })],
  },
  usage: usageOf(
    modelUsage({ requests: 12, inputTokens: 91_000, cachedInputTokens: 80_000, outputTokens: 5_000, costUsd: 0.138 }),
  ),
  facts: {
    ...{ outcome: 'failure', exitCode: 1, label: 'Fix the failing test' },
    timings: { phases: phases(69), startupMs: 2_600, originMs: ORIGIN },
    warnings: ['The command runs as root (without capabilities) because root owns the workspace.'],
  },
};

/** Docker does not answer. */
export const NO_ENGINE: Case = {
  facts: {
    ...{ outcome: 'error', exitCode: 1, logs: undefined },
    error: new UserError('No Docker engine answers.', {
      hint: 'Start one (systemctl start docker), or point DOCKER_HOST to one. Hosted ubuntu runners have one running.',
      cause: new Error('Cannot connect to the Docker daemon at unix:///nonexistent. Is the docker daemon running?'),
    }),
    timings: { phases: [{ phase: 'engine', startMs: 130, endMs: 190 }], startupMs: undefined, originMs: ORIGIN },
    aftermath: undefined,
  },
};

/** The command took too long. */
export const TIMEOUT: Case = {
  config: { ...KEY, timeoutMinutes: 0.5 },
  facts: { outcome: 'timeout', exitCode: 124, timings: { phases: phases(30), startupMs: 2_600, originMs: ORIGIN } },
};

/** `fail-on-blocked`, and a request at a named host that no rule allows. */
export const BLOCKED: Case = {
  usage: {
    refused: [
      {
        host: 'api.github.com',
        option: 'host-rules',
        line: 'api.github.com POST /repos/octo/hello/issues',
        requests: 2,
      },
    ],
    hosts: [{ host: 'api.github.com', rule: 'github-access read', requests: 7, failed: 1 }],
  },
  facts: { outcome: 'blocked', exitCode: 1 },
};

/** The budget is used up. */
export const OVER_BUDGET: Case = {
  config: { ...KEY, budget: { maxRequests: 31 } },
  usage: {
    ...usageOf(modelUsage(), { ...NO_USAGE, provider: 'anthropic', model: null, requests: 2, failed: 2, costUsd: 0 }),
    ...{ requests: 31, overBudget: 2 },
  },
  facts: { outcome: 'failure', exitCode: 1 },
};

/** An audit. */
export const AUDIT: Case = {
  config: { egress: { ...allowing('docs.python.example'), mode: 'audit' } },
  domains: {
    allowed: [judged('docs.python.example', 7, { rule: by('docs.python.example') })],
    audited: [notListed('packages.example', 4, 9), notListed('elsewhere.example', 1, 12)],
  },
};

/** What a workspace may have afterwards. */
export const LEFT_OVERS: Case = {
  facts: {
    label: undefined,
    aftermath: {
      ...NOTHING_LEFT,
      newRepository: true,
      changes: [{ path: '.claude/settings.json', how: 'modified' }],
      disarmed: [
        { path: 'a/rather/long/path/to/a/repository/.git/hooks/post-checkout', what: ['hooks'], movedTo: 'a/.awf-1' },
      ],
      links: ['link -> /etc/passwd'],
      readOnly: ['cache'],
      kept: { ...NOTHING_LEFT.kept, settings: ['core.editor'] },
    },
  },
};
