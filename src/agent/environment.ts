import type { Config } from '../config/config.ts';
import { optionName } from '../config/options.ts';
import { credentialIn, type Secrets } from '../config/secrets.ts';
import type { FrontEndKind } from '../config/source.ts';
import { UserError } from '../errors.ts';
import { SQUID_PORT, squidUrl, type Addresses } from '../shared/network.ts';
import { READINESS_NAME } from '../squid/config.ts';
import { ONE_SHOT_LIBRARY } from '../shared/contract.ts';
import {
  ACCEPTED_PLACEHOLDERS,
  CREDENTIAL_NAMES,
  CREDENTIALS,
  ONE_SHOT_TOKENS,
  PROVIDERS,
  type AgentVariable,
  type Provider,
} from '../shared/providers.ts';
import { COMMAND_FILE_VARIABLES } from './command-files.ts';
import {
  isCredentialName,
  isPlace,
  isReserved,
  isWithheld,
  LEFT_TO_USER,
  passesByItself,
} from './environment-policy.ts';
import { toolHomes } from '../mounts/home.ts';
import { javaOptions, proxyVariables } from './proxy-settings.ts';

/** What the agent gets, and what it was refused. */
export interface AgentEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that were asked for and withheld, with the reason, for a warning. */
  readonly withheld: readonly { readonly name: string; readonly reason: string }[];
  /** What else the user should know. */
  readonly warnings: readonly string[];
}

/** For sockets and the like: the user's alone, as the XDG specification wants it. */
export const RUNTIME_DIRECTORY = '/tmp/awf-runtime';

/** A name that exists nowhere (RFC 6761): whoever says so for certain has asked somebody outside. */
const RESOLVER_PROBE = 'probe.awf.invalid';

/**
 * The environment of the command: what passes by itself, what `env` and `env-all` ask for, less what is withheld by name
 * and by value, and over it all what the sandbox sets.
 *
 * @param host the caller's environment
 * @param user name and home directory inside the container
 * @throws UserError when `env` gives a credential or sets what the sandbox decides
 */
export function agentEnvironment(
  config: Config,
  secrets: Secrets,
  addresses: Addresses,
  host: NodeJS.ProcessEnv,
  user: { readonly name: string; readonly home: string },
): AgentEnvironment {
  const home = { ...baseDirectories(user.home), ...toolHomes(user.home) };
  const sandbox = { ...sandboxVariables(config, addresses, user), ...home };
  const overridable = new Set([
    ...LEFT_TO_USER,
    ...PROVIDERS.flatMap((p) => p.agentVariables.filter((v) => v.overridable).map((v) => v.name)),
  ]);
  const isDecided = (name: string): boolean =>
    !overridable.has(name) && (isReserved(name) || Object.hasOwn(sandbox, name));

  const variables: Record<string, string> = {};
  const withheld: { name: string; reason: string }[] = [];
  const giveUnlessCredential = (name: string, value: string): void => {
    const credential = credentialIn(value, secrets);
    if (credential === undefined) variables[name] = value;
    else withheld.push({ name, reason: `its value contains the one of ${credential}` });
  };
  const isImage = config.agentImage !== undefined;
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || isDecided(name) || !isVariableName(name)) continue;
    if (isWithheld(name)) {
      if (config.envAll && isUnexpectedCredential(name, value)) withheld.push({ name, reason: UNEXPECTED_CREDENTIAL });
      continue;
    }
    const chosen =
      passesByItself(name, isImage) || overridable.has(name) || (config.envAll && !(isImage && isPlace(name)));
    if (chosen) giveUnlessCredential(name, value);
  }
  for (const { name, value = host[name] } of config.env) {
    if (value === undefined) {
      withheld.push({ name, reason: `${optionName(config.frontEnd, 'env')} names it, and it is not set` });
    } else if (isCredentialName(name) && ACCEPTED_PLACEHOLDERS.includes(value)) {
      if (sandbox[name] === undefined) variables[name] = value;
    } else if (isWithheld(name) || (isDecided(name) && !Object.hasOwn(home, name))) {
      throw new UserError(`${optionName(config.frontEnd, 'env')}: ${name} cannot be given to the command.`, {
        hint: whyNot(name, config.frontEnd),
      });
    } else {
      giveUnlessCredential(name, value);
    }
  }
  const isSet = (name: string): boolean =>
    (overridable.has(name) || Object.hasOwn(home, name)) && variables[name] !== undefined;
  const defaults = Object.entries(sandbox).filter(([name]) => !isSet(name));
  const java = javaOptions(variables, addresses);
  return {
    variables: { ...variables, ...Object.fromEntries(defaults), ...java.variables },
    withheld,
    warnings: java.warnings,
  };
}

/** Where a login, an administrator's key or the like was meant to be used: the api-proxy has no place for it. */
const UNEXPECTED_CREDENTIAL = 'it is a credential for a model, and the command never holds one';

/** The five that the api-proxy takes are expected to be there, and nobody is told that the command does not get them. */
function isUnexpectedCredential(name: string, value: string): boolean {
  const known = CREDENTIALS.some(({ variable }) => variable === name);
  return isCredentialName(name) && !known && value !== '' && !ACCEPTED_PLACEHOLDERS.includes(value);
}

/**
 * The base directories of the XDG specification, in the private home: an image's own, or the host's, may be elsewhere,
 * where nobody can write. `env` may name others, for example a cache in the workspace.
 */
export function baseDirectories(home: string): Record<string, string> {
  return {
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_CACHE_HOME: `${home}/.cache`,
    XDG_DATA_HOME: `${home}/.local/share`,
    XDG_STATE_HOME: `${home}/.local/state`,
  };
}

/** What the sandbox sets, whatever the host has. */
function sandboxVariables(
  config: Config,
  addresses: Addresses,
  user: { readonly name: string; readonly home: string },
): Record<string, string> {
  const proxy = squidUrl(addresses);
  const direct = `localhost,127.0.0.1,${addresses['api-proxy']}`;
  const variables: Record<string, string> = {
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    TMPDIR: '/tmp',
    RUNNER_TEMP: '/tmp',
    XDG_RUNTIME_DIR: RUNTIME_DIRECTORY,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    NO_PROXY: direct,
    no_proxy: direct,
    ...proxyVariables(addresses),
    AWF_API_PROXY_IP: addresses['api-proxy'],
    AWF_ONE_SHOT_TOKENS: ONE_SHOT_TOKENS.join(','),
    LD_PRELOAD: ONE_SHOT_LIBRARY,
    // Programs with a shared AddressSanitizer refuse to start when another library comes before it. Ours replaces
    // nothing that the sanitizer does. (sanitizer_common, AsanCheckDynamicRTPrereqs)
    ASAN_OPTIONS: 'verify_asan_link_order=0',
    ...COMMAND_FILE_VARIABLES,
  };
  for (const { provider, variable } of activeVariables(config)) {
    const base = `http://${addresses['api-proxy']}:${String(provider.port)}`;
    variables[variable.name] = variable.role === 'base-url' ? base + variable.value : variable.value;
  }
  return variables;
}

/** The provider table's variables that apply to a run. */
function activeVariables(config: Config): { provider: Provider; variable: AgentVariable }[] {
  if (!config.apiProxy) return [];
  return PROVIDERS.flatMap((provider) => {
    const configured = config.providers.find((candidate) => candidate.provider.id === provider.id);
    return provider.agentVariables
      .filter(({ when }) => {
        if (when === 'always') return true;
        if (when === 'configured') return configured !== undefined;
        return configured?.given.includes(when.credential) === true;
      })
      .map((variable) => ({ provider, variable }));
  });
}

/**
 * The checks that stand between the start of the container and the command, as lines for `api-proxy-health-check.sh`.
 */
export function preflightChecks(config: Config, addresses: Addresses, environment: AgentEnvironment): string[] {
  const active = activeVariables(config);
  const placeholders = active.filter(({ variable }) => variable.role === 'placeholder');
  const expected = new Set(placeholders.map(({ variable }) => variable.name));
  const absent = CREDENTIAL_NAMES.filter((name) => !expected.has(name) && environment.variables[name] === undefined);
  const accepted = CREDENTIAL_NAMES.filter((name) => !expected.has(name) && environment.variables[name] !== undefined);
  return [
    ...absent.map((name) => `absent ${name}`),
    ...accepted.map((name) => `placeholder ${name} ${environment.variables[name] ?? ''}`),
    ...placeholders.map(({ variable }) => `placeholder ${variable.name} ${variable.value}`),
    ...shellCheck(config),
    `isolated ${addresses.gateway} ${RESOLVER_PROBE}`,
    `squid ${addresses.squid}:${String(SQUID_PORT)} ${READINESS_NAME}`,
    ...active
      .filter(({ variable }) => variable.role === 'base-url')
      .map(({ variable }) => `listening ${variable.name}`),
  ];
}

/** A script needs its shell. The host has one; which one an image has, its user must say. */
function shellCheck({ agentImage, command }: Config): string[] {
  if (agentImage === undefined || command.kind === 'argv') return [];
  return command.shell.slice(0, 1).map((program) => `shell ${program} ${agentImage}`);
}

function whyNot(name: string, frontEnd: FrontEndKind): string {
  if (isCredentialName(name)) {
    const where = frontEnd === 'action' ? "as the action's input" : 'in the environment of awf';
    return `Give the credential ${where}; the api-proxy injects it. A program that insists on ${name} can have ${name}=placeholder.`;
  }
  return isWithheld(name)
    ? "It is the job's own means to act, or leads to a program outside the sandbox."
    : 'The sandbox sets it itself. Leave it out.';
}

function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
