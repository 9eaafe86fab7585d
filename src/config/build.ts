import { throwProblems } from '../errors.ts';
import { SERVER_URL_VARIABLE } from '../shared/copilot-host.ts';
import { isOwnHost, ownHost, PROVIDERS } from '../shared/providers.ts';
import type { NamedHost } from '../shared/named-host.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';
import { checkDenied, checkNamedHosts, checkScript, checkServerUrl, checkUnruled, checkVariables } from './checks.ts';
import type { Command, Config } from './config.ts';
import { egressOf, thisMachine } from './egress-build.ts';
import { githubConfig, hostsOfGithub } from './github-config.ts';
import { GITHUB_TOKEN_SECRET } from './github-token.ts';
import { stepLabel } from './label.ts';
import { namedIn, nameWarnings } from './look-alikes.ts';
import { optionName, optionNamed, type OptionValues } from './options.ts';
import { networkConfig } from './network-build.ts';
import { realDirectory } from './parsers.ts';
import { proposedPresets, type ProposedPreset } from './presets/auto.ts';
import { checkProtectedPaths, protectedPaths } from './protect-paths.ts';
import {
  companionHosts,
  hostVariables,
  NO_NAMED_HOSTS,
  providerHosts,
  ruledHosts,
  type NamedHosts,
  type NamedProviderHost,
} from './named-hosts.ts';
import { configuredProviders, type ConfiguredProvider, type ProviderChoices } from './providers.ts';
import { readOptions, type FrontEnd, type PolicyReading } from './read.ts';
import type { Secrets } from './secrets.ts';
import type { FrontEndKind } from './source.ts';
import { distinctServices } from './services.ts';

/** What a front end knows in addition to the options. */
export interface BuildContext {
  /** The command. If absent, the command is the script in the option `run`. */
  readonly argv?: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** An absolute path. */
  readonly workspace: string;
  /** What the policy file gives. */
  readonly policy?: PolicyReading;
  /** Where presets look for the settings of tools, if not in the whole file system. */
  readonly root?: string;
}

/** Everything that a front end gets from its options. */
export interface Built {
  readonly config: Config;
  readonly secrets: Secrets;
  /** The options' values, for what concerns only the front end. */
  readonly values: OptionValues;
}

/**
 * Reads and checks every option, and builds the one {@link Config}.
 *
 * @throws UserError naming the place of the mistake and the remedy; if there are several mistakes, all of them
 */
export function buildConfig(frontEnd: FrontEnd, context: BuildContext): Built {
  const workspace = realDirectory(`the workspace (${context.workspace})`, context.workspace);
  const { environment, policy } = context;
  const { values, secrets: given, problems, warnings } = readOptions(frontEnd, environment, workspace, policy?.entries);
  const net = networkConfig(values, environment);
  const secrets: Secrets = new Map([...given, ...net.secrets]);
  const serverUrl = environment[SERVER_URL_VARIABLE];
  const keys = keyVariables(values, given);
  const chosen = frontEnd.kind === 'action' ? true : values['enable-api-proxy'];
  const apiProxy = chosen ?? (keys.length > 0 || values['host-rules'].length > 0);
  const machine = thisMachine(values.env, environment, workspace, context.root);
  const { rules: egress, ...expanded } = egressOf(values, machine, frontEnd.kind);
  throwProblems([
    ...(policy?.problems ?? []),
    ...problems,
    ...net.problems,
    ...expanded.problems,
    ...(context.argv === undefined ? checkScript(values) : []),
    ...checkVariables(values.env),
    ...checkProtectedPaths(values['protect-paths']),
    ...(apiProxy ? [] : checkUnruled(values)),
    ...(apiProxy ? checkServerUrl(values, secrets, serverUrl, frontEnd.kind) : []),
  ]);
  const choices = providerChoices(values, environment);
  const providers = apiProxy ? configuredProviders(secrets, egress, choices) : [];
  throwProblems(checkDenied(egress, values, providers));
  const github = apiProxy ? githubConfig(values, secrets, environment, frontEnd.kind) : undefined;
  const config: Config = {
    frontEnd: frontEnd.kind,
    label: values.label ?? stepLabel(environment),
    command: commandOf(values, context.argv),
    workspace,
    workingDirectory: values['working-directory'] ?? workspace,
    apiProxy,
    apiProxyKeys: chosen === undefined ? keys : [],
    providers,
    namedHosts: apiProxy
      ? namedHosts(values, providers, providerHosts(providers, secrets, choices), hostsOfGithub(github, egress))
      : NO_NAMED_HOSTS,
    hostVariables: apiProxy ? hostVariables(values['host-credentials']) : {},
    github,
    ...asGiven(values, policy?.place),
    policy: policy?.origin,
    egress,
    transparent: apiProxy && values.transparent,
    services: distinctServices(values['allow-services'], optionName(frontEnd.kind, 'allow-services')),
    presets: expanded.presets,
    proposedPresets: proposals(values, workspace),
    network: net.network,
    warnings: [
      ...(policy?.warnings ?? []),
      ...warnings,
      ...net.warnings,
      ...expanded.warnings,
      ...nameWarnings(egress.allow, namedIn(values)),
      ...oddKeys(providers, secrets, frontEnd.kind),
    ],
  };
  return { config, secrets, values };
}

/** The variables of the command line that have a credential for the api-proxy. */
function keyVariables(values: OptionValues, given: Secrets): string[] {
  const names = [...PROVIDERS.flatMap(({ credentials }) => credentials.map(({ variable }) => variable))];
  const others = values['host-credentials'].length > 0 ? [optionNamed('host-credentials').variable ?? ''] : [];
  return [...[...names, GITHUB_TOKEN_SECRET].filter((name) => given.has(name)), ...others];
}

/** What the options say, as they say it. */
function asGiven(values: OptionValues, policyPlace: string | undefined) {
  return {
    copilotMode: values['copilot-mode'],
    allowEndpoints: values['allow-endpoints'],
    allowProviderTools: values['allow-provider-tools'],
    failOnBlocked: values['fail-on-blocked'],
    knownBlocked: values['known-blocked'],
    addHosts: values['add-hosts'],
    upstreamCa: values['upstream-ca'],
    env: values.env.map(({ name, value }) => ({ name, value })),
    envAll: values['env-all'],
    mounts: values.mounts,
    protectPaths: protectedPaths(values['protect-paths'], policyPlace),
    agentImage: values['agent-image'],
    imageRegistry: values['image-registry'],
    memory: values.memory,
    pids: values.pids,
    timeoutMinutes: values['timeout-minutes'],
    checkKeys: values['check-keys'],
    budget: budgetOf(values),
    agentLogs: values['agent-logs'],
    resultFile: values['result-file'],
    prices: values.prices,
    logLevel: values['log-level'],
    proxyLogsDir: values['proxy-logs-dir'],
    keepContainers: values['keep-containers'],
  } satisfies Partial<Config>;
}

function commandOf(values: OptionValues, argv: readonly string[] | undefined): Command {
  return argv === undefined ? { kind: 'script', script: values.run, shell: values.shell } : { kind: 'argv', argv };
}

function proposals({ presets }: OptionValues, workspace: string): ProposedPreset[] | undefined {
  return presets.some(({ preset }) => preset === 'auto') ? proposedPresets(workspace) : undefined;
}

function providerChoices(values: OptionValues, environment: NodeJS.ProcessEnv): ProviderChoices {
  const serverUrl = environment[SERVER_URL_VARIABLE];
  return {
    targetOf: (provider) =>
      values[provider.targetInput] ?? { host: ownHost(provider, serverUrl), port: 443, basePath: '' },
    authHeaderOf: ({ authHeaderInput }) => values[authHeaderInput],
    environment,
  };
}

/** @throws UserError for a host that is named twice */
function namedHosts(
  values: OptionValues,
  configured: readonly ConfiguredProvider[],
  providers: readonly NamedProviderHost[],
  github: readonly NamedHost[],
): NamedHosts {
  throwProblems(
    checkNamedHosts(
      values,
      providers.map(({ name }) => name),
    ),
  );
  const builtIn = [...companionHosts(configured), ...github];
  return { providers, others: ruledHosts(values['host-credentials'], values['host-rules'], builtIn) };
}

/** A key of another form is most often a mistake, unless it is for somebody's gateway. */
function oddKeys(providers: readonly ConfiguredProvider[], secrets: Secrets, frontEnd: FrontEndKind): string[] {
  return providers.flatMap(({ provider, given: [first], target }) => {
    const used = provider.credentials.find(({ variable }) => variable === first);
    const { form, input, variable = first } = used ?? {};
    if (form === undefined || !isOwnHost(provider, target.host) || form.value.test(secrets.get(first) ?? '')) return [];
    const place = frontEnd === 'action' ? input : variable;
    return [`${place ?? first} does not look like a key of ${provider.name} (${form.example}). Check the secret.`];
  });
}

function budgetOf(values: OptionValues): SidecarBudget {
  const { 'max-requests': maxRequests, 'max-tokens': maxTokens, 'max-cost-usd': maxCostUsd } = values;
  return {
    ...(maxRequests !== undefined && { maxRequests }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(maxCostUsd !== undefined && { maxCostUsd }),
  };
}
