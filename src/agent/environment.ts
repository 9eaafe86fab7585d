import type { Config } from '../config/config.ts';
import { optionName } from '../config/options.ts';
import { hostNames } from '../config/named-hosts.ts';
import { credentialIn, type Secrets } from '../config/secrets.ts';
import { OptionError } from '../errors.ts';
import { serviceNames } from '../config/services.ts';
import type { User } from '../host/user.ts';
import {
  apiProxyUrl,
  directHosts,
  SQUID_PORT,
  squidUrl,
  TRANSPARENT_PORTS,
  type Addresses,
} from '../shared/network.ts';
import { NAMED_READINESS_NAME, READINESS_NAME } from '../squid/config.ts';
import { AGENT_PLACES, ONE_SHOT_LIBRARY, ONE_SHOT_VARIABLE } from '../shared/contract.ts';
import {
  ACCEPTED_PLACEHOLDERS,
  CREDENTIAL_NAMES,
  CREDENTIALS,
  ONE_SHOT_TOKENS,
  PROVIDERS,
} from '../shared/providers.ts';
import { inBothCases, PROXY_VARIABLE } from '../shared/proxy-variables.ts';
import type { Identities } from './identities.ts';
import { COMMAND_FILE_VARIABLES } from './command-files.ts';
import {
  isCredentialName,
  isPlace,
  isReserved,
  isWithheld,
  LEFT_TO_USER,
  passesByDefault,
} from './environment-policy.ts';
import { GITHUB_VARIABLES, githubVariables } from './github-variables.ts';
import { placeWarnings, type Misplaced } from './host-places.ts';
import { installVariables, pathWithInstalls } from './installs.ts';
import { toolHomes } from '../mounts/home.ts';
import { activeVariables } from './provider-variables.ts';
import { hasOddOption, isProxySetting, javaOptions, proxyVariables } from './proxy-settings.ts';
import type { Trust } from './trust.ts';
import { unsetText, whyNot } from './variable-texts.ts';

/** A variable that the command does not get. */
interface Withheld {
  readonly name: string;
  /** Completes "withheld: …". */
  readonly reason: string;
}

/** The variables of the agent, and those that it does not get. */
export interface AgentEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** The names of those that come from outside: because of what they are or of `env-all`, and because `env` names them. */
  readonly passed: { readonly fromHost: readonly string[]; readonly asked: readonly string[] };
  readonly withheld: readonly Withheld[];
  readonly warnings: readonly string[];
}

/** Where things are in the sandbox. */
interface Places {
  /** Changes a variable of the host whose value leads nowhere in the sandbox. */
  readonly fit?: (name: string, value: string) => Misplaced | undefined;
  readonly trust?: Pick<Trust, 'javaStore' | 'variables'>;
}

/** The directory for sockets and the like. Only the user can access it, as the XDG specification demands. */
export const RUNTIME_DIRECTORY = AGENT_PLACES.runtime;

/** A name that exists nowhere (RFC 6761). A resolver that denies it with certainty has asked a server outside. */
const RESOLVER_PROBE = 'probe.awf.invalid';

/**
 * Composes the environment of the command. It has the variables that pass by default and those that `env` and `env-all`
 * ask for, except those that are withheld because of their names or values. The sandbox's own variables override them,
 * apart from those that are left to the user.
 *
 * @param host the caller's environment
 * @param user the user inside the container
 * @param places changes values that lead nowhere in the sandbox, and says where its CA certificates are
 * @throws OptionError if `env` passes a credential, or sets a variable that the sandbox decides
 */
export function agentEnvironment(
  config: Config,
  secrets: Secrets,
  addresses: Addresses,
  host: NodeJS.ProcessEnv,
  user: Pick<User, 'uid' | 'name' | 'home'>,
  { fit, trust }: Places = {},
): AgentEnvironment {
  const isImage = config.agentImage !== undefined;
  const installs = isImage ? {} : installVariables(user.home);
  const home = { ...baseDirectories(user.home), ...toolHomes(user.home), ...installs };
  const sandbox = { ...sandboxVariables(config, addresses, user), ...home };
  const isDecided = (name: string): boolean =>
    !OVERRIDABLE.has(name) && (isReserved(name) || Object.hasOwn(sandbox, name));
  const yields = (name: string): boolean => YIELDING.has(name) || Object.hasOwn(config.hostVariables, name);

  const variables: Record<string, string> = {};
  const withheld: Withheld[] = [];
  const unset: string[] = [];
  const giveUnlessCredential = (name: string, value: string): void => {
    const credential = credentialIn(value, secrets);
    if (credential === undefined) variables[name] = value;
    else withheld.push({ name, reason: `its value contains that of ${credential}` });
  };
  const offered = hostVariables(config, host, isDecided);
  withheld.push(...offered.withheld);
  const moved = Object.entries(offered.variables).flatMap(([name, value]) => fit?.(name, value) ?? []);
  for (const [name, value] of Object.entries(offered.variables)) {
    const change = moved.find((one) => one.name === name);
    const fitting = change === undefined ? value : change.value;
    if (fitting === undefined) continue;
    giveUnlessCredential(name, name === 'PATH' && !isImage ? pathWithInstalls(fitting, user.home) : fitting);
  }
  const fromHost = Object.keys(variables);
  for (const { name, value = host[name] } of config.env) {
    if (value === undefined) {
      unset.push(unsetText(name, config.frontEnd));
    } else if (isCredentialName(name) && ACCEPTED_PLACEHOLDERS.includes(value)) {
      if (sandbox[name] === undefined) variables[name] = value;
    } else if (isWithheld(name) || (isDecided(name) && !Object.hasOwn(home, name) && !yields(name))) {
      throw new OptionError(`${optionName(config.frontEnd, 'env')}: ${name} cannot be given to the command.`, {
        hint: whyNot(name, config.frontEnd),
      });
    } else {
      giveUnlessCredential(name, value);
    }
  }
  const isSet = (name: string): boolean =>
    (OVERRIDABLE.has(name) || yields(name) || Object.hasOwn(home, name)) && variables[name] !== undefined;
  const defaults = Object.entries(sandbox).filter(([name]) => !isSet(name));
  const java = javaOptions(variables, addresses, trust?.javaStore, serviceNames(config.services));
  return {
    variables: { ...variables, ...Object.fromEntries(defaults), ...java.variables, ...trust?.variables(variables) },
    passed: { fromHost, asked: config.env.map(({ name }) => name).filter((name) => variables[name] !== undefined) },
    withheld,
    warnings: [...unset, ...placeWarnings(moved), ...java.warnings],
  };
}

/** The variables that the user may set although the sandbox has values of its own. */
const OVERRIDABLE: ReadonlySet<string> = new Set([
  ...LEFT_TO_USER,
  ...PROVIDERS.flatMap((p) => p.agentVariables.filter((v) => v.overridable).map((v) => v.name)),
]);

/** The variables that `env` alone may set although the sandbox has values of its own. */
const YIELDING: ReadonlySet<string> = new Set([
  ...GITHUB_VARIABLES,
  ...PROVIDERS.flatMap((p) => p.agentVariables.filter((v) => v.yields).map((v) => v.name)),
]);

/**
 * The variables of the host that pass by default or with `env-all`.
 *
 * @param isDecided true for those that the sandbox sets itself
 */
function hostVariables(
  config: Config,
  host: NodeJS.ProcessEnv,
  isDecided: (name: string) => boolean,
): { readonly variables: Readonly<Record<string, string>>; readonly withheld: readonly Withheld[] } {
  const variables: Record<string, string> = {};
  const withheld: Withheld[] = [];
  const isImage = config.agentImage !== undefined;
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || isDecided(name) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue;
    if (isWithheld(name)) {
      if (config.envAll && isUnexpectedCredential(name, value)) withheld.push({ name, reason: UNEXPECTED_CREDENTIAL });
      continue;
    }
    const isAsked = config.envAll && !(isImage && isPlace(name));
    const isOffered = passesByDefault(name, isImage) || (OVERRIDABLE.has(name) && !isProxySetting(name, value));
    if (!isAsked && !isOffered) continue;
    if (isAsked || !(hasPassword(value) || hasOddOption(name, value))) variables[name] = value;
    else withheld.push({ name, reason: 'its value may hold a secret, and nobody asked for it' });
  }
  return { variables, withheld };
}

/** User information in a URL, or an option that sets a password. Many programs accept a password that should have been encoded. */
function hasPassword(value: string): boolean {
  return /[A-Za-z][A-Za-z0-9+.-]*:\/\/\S*@|\b(proxyuser|\w*(password|passwd|secret|token))\s*[=:]\s*\S/i.test(value);
}

/**
 * The reason for withholding a login token, an administrator's key or the like, which the api-proxy does not handle.
 */
const UNEXPECTED_CREDENTIAL = 'it is a credential for a model, which the command never gets';

/** No warning for credentials that the api-proxy handles: withholding those is the normal case. */
function isUnexpectedCredential(name: string, value: string): boolean {
  const known = CREDENTIALS.some(({ variable }) => variable === name);
  return isCredentialName(name) && !known && value !== '' && !ACCEPTED_PLACEHOLDERS.includes(value);
}

/**
 * The base directories of the XDG specification, in the private home. Those of the host or an image may be elsewhere,
 * where the user cannot write. `env` may choose others, such as a cache in the workspace.
 */
export function baseDirectories(home: string): Record<string, string> {
  return {
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_CACHE_HOME: `${home}/.cache`,
    XDG_DATA_HOME: `${home}/.local/share`,
    XDG_STATE_HOME: `${home}/.local/state`,
  };
}

/** The variables that the sandbox sets, whatever the host has. */
function sandboxVariables(
  config: Config,
  addresses: Addresses,
  user: Pick<User, 'uid' | 'name' | 'home'>,
): Record<string, string> {
  const { http, https, none } = PROXY_VARIABLE;
  const proxy = squidUrl(addresses);
  const direct = directHosts(addresses, serviceNames(config.services)).join(',');
  const github = githubVariables(config);
  const variables: Record<string, string> = {
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    TMPDIR: '/tmp',
    RUNNER_TEMP: '/tmp',
    XDG_RUNTIME_DIR: RUNTIME_DIRECTORY,
    ...Object.fromEntries(inBothCases([http, https]).map((name) => [name, proxy])),
    ...Object.fromEntries(inBothCases([none]).map((name) => [name, direct])),
    ...proxyVariables(addresses),
    AWF_API_PROXY_IP: addresses['api-proxy'],
    ...config.hostVariables,
    ...github,
    // Placeholders are worth nothing, and programs need them in children.
    [ONE_SHOT_VARIABLE]: ONE_SHOT_TOKENS.filter((name) => github[name] === undefined).join(','),
    LD_PRELOAD: ONE_SHOT_LIBRARY,
    // Programs with a shared AddressSanitizer refuse to start if another library is loaded before it. Ours replaces
    // none of the sanitizer's functions. (sanitizer_common, AsanCheckDynamicRTPrereqs)
    ASAN_OPTIONS: 'verify_asan_link_order=0',
    // As root, tar restores owners, which fails without capabilities.
    ...(user.uid === 0 ? { TAR_OPTIONS: '--no-same-owner' } : {}),
    ...COMMAND_FILE_VARIABLES,
  };
  for (const { provider, variable } of activeVariables(config)) {
    if (variable.role === 'model-choice') continue;
    const base = apiProxyUrl(addresses, provider.port);
    variables[variable.name] = variable.role === 'base-url' ? base + variable.value : variable.value;
  }
  return variables;
}

/** The checks that must pass before the command starts, as lines for `api-proxy-health-check.sh`. */
export function preflightChecks(
  config: Config,
  addresses: Addresses,
  environment: AgentEnvironment,
  identities: Identities,
): string[] {
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
    'confined',
    ...[...identities].map(([path, identity]) => `same ${identity} ${path}`),
    `isolated ${addresses.gateway} ${RESOLVER_PROBE}`,
    `squid ${addresses.squid}:${SQUID_PORT} ${READINESS_NAME}`,
    ...(hostNames(config.namedHosts).length === 0
      ? []
      : [`squid ${addresses.squid}:${SQUID_PORT} ${NAMED_READINESS_NAME}`]),
    ...(config.transparent ? [`accepting ${addresses['api-proxy']}:${TRANSPARENT_PORTS.dns}`] : []),
    ...active
      .filter(({ variable }) => variable.role === 'base-url')
      .map(({ variable }) => `listening ${variable.name}`),
  ];
}

/** A script needs its shell. The host has bash, but an image may have another shell, which the user has to name. */
function shellCheck({ agentImage, command }: Config): string[] {
  if (agentImage === undefined || command.kind === 'argv') return [];
  return command.shell.slice(0, 1).map((program) => `shell ${program} ${agentImage}`);
}
