import { collectProblems, throwProblems, withHint, type UserError } from '../errors.ts';
import { SERVER_URL_VARIABLE } from '../shared/copilot-host.ts';
import { isOwnHost, ownHost, PROVIDERS } from '../shared/providers.ts';
import type { SidecarBudget } from '../shared/sidecar-config.ts';
import { checkDenied, checkEntries, checkNamedHosts, checkScript, checkServerUrl, checkUnruled } from './checks.ts';
import type { Command, Config } from './config.ts';
import { egressOf, thisMachine } from './egress-build.ts';
import type { EgressRules } from './egress-rules.ts';
import { githubConfig, hostsOfGithub } from './github-config.ts';
import { GITHUB_TOKEN_SECRET } from './github-token.ts';
import { stepLabel } from './label.ts';
import { namedIn, nameWarnings } from './look-alikes.ts';
import { nameIn, optionName, optionNamed, type OptionValues } from './options.ts';
import { networkConfig } from './network-build.ts';
import { realDirectory } from './parsers.ts';
import { proposedPresets, type ProposedPreset } from './presets/auto.ts';
import { protectedPaths } from './protect-paths.ts';
import { companionHosts, hostVariables, NO_NAMED_HOSTS, providerHosts, ruledHosts } from './named-hosts.ts';
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
  const { values, secrets: given, ...reading } = readOptions(frontEnd, environment, workspace, policy?.entries);
  const net = networkConfig(values, environment, { nameOf: (name) => nameIn(frontEnd.kind, optionNamed(name)) });
  const secrets: Secrets = new Map([...given, ...net.secrets]);
  const keys = keyVariables(values, given);
  const chosen = frontEnd.kind === 'action' ? true : values['enable-api-proxy'];
  const apiProxy = chosen ?? (keys.length > 0 || values['host-rules'].length > 0);
  const machine = thisMachine(values.env, environment, workspace, context.root);
  const { rules: egress, ...expanded } = egressOf(values, machine, frontEnd.kind);
  const answered = apiProxy ? answeredHosts(values, secrets, egress, environment, frontEnd.kind) : NOTHING_ANSWERED;
  throwProblems([
    ...(policy?.problems ?? []),
    ...reading.problems,
    ...net.problems,
    ...expanded.problems,
    ...(context.argv === undefined ? checkScript(values) : []),
    ...checkEntries(values),
    ...(apiProxy ? [] : checkUnruled(values)),
    ...answered.problems,
    ...checkDenied(egress, values, answered.providers),
  ]);
  const { providers, namedHosts, github } = answered;
  const config: Config = {
    frontEnd: frontEnd.kind,
    label: values.label ?? stepLabel(environment),
    command: commandOf(values, context.argv),
    workspace,
    workingDirectory: values['working-directory'] ?? workspace,
    apiProxy,
    apiProxyKeys: chosen === undefined ? keys : [],
    ...{ providers, namedHosts, github },
    hostVariables: apiProxy ? hostVariables(values['host-credentials']) : {},
    ...asGiven(values, policy?.place),
    policy: policy?.origin,
    egress,
    transparent: apiProxy && values.transparent,
    services: distinctServices(values['allow-services']),
    presets: expanded.presets,
    proposedPresets: proposals(values, workspace),
    network: net.network,
    warnings: [
      ...(policy?.warnings ?? []),
      ...reading.warnings,
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
  if (argv !== undefined) return { kind: 'argv', argv };
  // YAML has no CRLF in a text of several lines, but what people type on a web page (an input of a workflow) has, and a
  // shell takes each carriage return for a part of its line.
  return { kind: 'script', script: values.run.replaceAll('\r\n', '\n'), shell: values.shell };
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

/** What the api-proxy answers for, and what is wrong with it. */
interface AnsweredHosts extends Pick<Config, 'providers' | 'namedHosts' | 'github'> {
  readonly problems: readonly UserError[];
}

const NOTHING_ANSWERED: AnsweredHosts = { providers: [], namedHosts: NO_NAMED_HOSTS, github: undefined, problems: [] };

function answeredHosts(
  values: OptionValues,
  secrets: Secrets,
  egress: EgressRules,
  environment: NodeJS.ProcessEnv,
  frontEnd: FrontEndKind,
): AnsweredHosts {
  const problems = checkServerUrl(values, secrets, environment[SERVER_URL_VARIABLE], frontEnd);
  const choices = providerChoices(values, environment);
  const found = (): ConfiguredProvider[] => withHint(undefined, () => configuredProviders(secrets, egress, choices));
  // A provider's host may depend on the server.
  const providers = problems.length > 0 ? [] : (collectProblems(problems, found) ?? []);
  const ofProviders = providerHosts(providers, secrets, choices);
  const github = collectProblems(problems, () => githubConfig(values, secrets, environment, frontEnd));
  const names = ofProviders.map(({ name }) => name);
  problems.push(...checkNamedHosts(values, names, optionName(frontEnd, 'allow-endpoints')));
  const builtIn = [...companionHosts(providers), ...hostsOfGithub(github, egress)];
  const others = ruledHosts(values['host-credentials'], values['host-rules'], builtIn);
  return { providers, namedHosts: { providers: ofProviders, others }, github, problems };
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
