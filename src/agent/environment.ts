import { configuredProviders, credentialIn, type Config } from '../config/config.ts';
import { UserError } from '../errors.ts';
import { SQUID_PORT, squidUrl, type Addresses } from '../shared/network.ts';
import { READINESS_NAME } from '../squid/config.ts';
import {
  ACCEPTED_PLACEHOLDERS,
  CREDENTIAL_NAMES,
  ONE_SHOT_LIBRARY,
  ONE_SHOT_TOKENS,
  PROVIDERS,
  type AgentVariable,
  type Provider,
} from '../shared/providers.ts';
import { COMMAND_FILE_VARIABLES } from './command-files.ts';

/** What the agent gets, and what it was refused. */
export interface AgentEnvironment {
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that were asked for and withheld, with the reason, for a warning. */
  readonly withheld: readonly { readonly name: string; readonly reason: string }[];
}

/** A name that exists nowhere (RFC 6761): whoever says so for certain has asked somebody outside. */
const RESOLVER_PROBE = 'probe.awf.invalid';

/** What passes from the host's environment without being asked for: names, or prefixes with a trailing `*`. */
const PASSED: readonly string[] = [
  ...['PATH', 'LANG', 'LANGUAGE', 'LC_*', 'TZ', 'TERM', 'COLORTERM', 'NO_COLOR', 'FORCE_COLOR', 'COLUMNS', 'LINES'],
  // Toolchains.
  ...['JAVA_HOME*', 'GOROOT*', 'GOTOOLCHAIN', 'DOTNET_ROOT', 'RUSTUP_HOME', 'CARGO_HOME', 'PYENV_ROOT', 'NVM_DIR'],
  ...['pythonLocation', 'Python*_ROOT_DIR', 'LD_LIBRARY_PATH', 'PKG_CONFIG_PATH', 'ANDROID_HOME', 'ANDROID_SDK_ROOT'],
  ...['RUNNER_TOOL_CACHE', 'AGENT_TOOLSDIRECTORY', 'CHROME_BIN', 'EDGE_BIN', 'GRADLE_HOME', 'MAVEN_HOME'],
  // Certificates of a company proxy.
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT'],
  'GIT_SSL_CAINFO',
  // What a job says about itself.
  ...['CI', 'RUNNER_OS', 'RUNNER_ARCH', 'RUNNER_NAME', 'RUNNER_ENVIRONMENT', 'ImageOS', 'ImageVersion'],
  ...['GITHUB_ACTIONS', 'GITHUB_ACTOR', 'GITHUB_ACTOR_ID', 'GITHUB_API_URL', 'GITHUB_BASE_REF', 'GITHUB_EVENT_NAME'],
  ...['GITHUB_GRAPHQL_URL', 'GITHUB_HEAD_REF', 'GITHUB_JOB', 'GITHUB_REF', 'GITHUB_REF_NAME', 'GITHUB_REF_PROTECTED'],
  ...['GITHUB_REF_TYPE', 'GITHUB_REPOSITORY*', 'GITHUB_RETENTION_DAYS', 'GITHUB_RUN_*', 'GITHUB_SERVER_URL'],
  ...['GITHUB_SHA', 'GITHUB_TRIGGERING_ACTOR', 'GITHUB_WORKFLOW*', 'GITHUB_WORKSPACE'],
];

/** What never passes, whatever the options say: credentials, and the job's own means to act. */
const WITHHELD: readonly string[] = [
  ...CREDENTIAL_NAMES,
  ...[
    'INPUT_*',
    'STATE_*',
    'ACTIONS_RUNTIME_*',
    'ACTIONS_RESULTS_URL',
    'ACTIONS_CACHE_URL',
    'ACTIONS_CACHE_SERVICE_V2',
  ],
  ...['ACTIONS_ID_TOKEN_REQUEST_*', 'ACTIONS_ORCHESTRATION_ID', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE'],
  ...['GITHUB_EVENT_PATH', 'GITHUB_ACTION_PATH'],
  ...['DOCKER_*', 'SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR'],
];

/** What the sandbox itself decides, but for {@link LEFT_TO_USER}. */
const RESERVED: readonly string[] = [
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'],
  ...['FTP_PROXY', 'ftp_proxy', 'AWF_*', 'LD_PRELOAD', 'LD_AUDIT', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'RUNNER_TEMP'],
  ...Object.keys(COMMAND_FILE_VARIABLES),
];

/** The user's to set, whoever else would: the one-shot-token library's log, and options of AddressSanitizer. */
const LEFT_TO_USER: readonly string[] = ['AWF_ONE_SHOT_TOKEN_DEBUG', 'ASAN_OPTIONS'];

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
  addresses: Addresses,
  host: NodeJS.ProcessEnv,
  user: { readonly name: string; readonly home: string },
): AgentEnvironment {
  const sandbox = sandboxVariables(config, addresses, user);
  const overridable = new Set([
    ...LEFT_TO_USER,
    ...PROVIDERS.flatMap((p) => p.agentVariables.filter((v) => v.overridable).map((v) => v.name)),
  ]);
  const isReserved = (name: string): boolean =>
    !overridable.has(name) && (matches(name, RESERVED) || Object.hasOwn(sandbox, name));

  const variables: Record<string, string> = {};
  const withheld: { name: string; reason: string }[] = [];
  const giveUnlessCredential = (name: string, value: string): void => {
    const credential = credentialIn(value, config.credentials);
    if (credential === undefined) variables[name] = value;
    else withheld.push({ name, reason: `its value contains the one of ${credential}` });
  };
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || isReserved(name) || matches(name, WITHHELD) || !isVariableName(name)) continue;
    const chosen = config.envAll || matches(name, PASSED) || overridable.has(name);
    if (!chosen) continue;
    giveUnlessCredential(name, value);
  }
  for (const { name, value = host[name] } of config.env) {
    if (value === undefined) {
      withheld.push({ name, reason: 'env names it, and it is not set' });
    } else if (CREDENTIAL_NAMES.includes(name) && ACCEPTED_PLACEHOLDERS.includes(value)) {
      if (sandbox[name] === undefined) variables[name] = value;
    } else if (matches(name, WITHHELD) || isReserved(name)) {
      throw new UserError(`env: ${name} cannot be given to the command.`, { hint: whyNot(name) });
    } else {
      giveUnlessCredential(name, value);
    }
  }
  const defaults = Object.entries(sandbox).filter(([name]) => !overridable.has(name) || variables[name] === undefined);
  return { variables: { ...variables, ...Object.fromEntries(defaults) }, withheld };
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
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    NO_PROXY: direct,
    no_proxy: direct,
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
  const configured = new Set(configuredProviders(config).map(({ provider }) => provider.id));
  return PROVIDERS.flatMap((provider) =>
    provider.agentVariables
      .filter(({ when }) => {
        if (when === 'always') return true;
        if (when === 'configured') return configured.has(provider.id);
        return config.credentials.has(when.credential);
      })
      .map((variable) => ({ provider, variable })),
  );
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
    `isolated ${addresses.gateway} ${RESOLVER_PROBE}`,
    `squid ${addresses.squid}:${String(SQUID_PORT)} ${READINESS_NAME}`,
    ...active
      .filter(({ variable }) => variable.role === 'base-url')
      .map(({ variable }) => `listening ${variable.name}`),
  ];
}

function whyNot(name: string): string {
  if (CREDENTIAL_NAMES.includes(name)) {
    return `Give the credential as the action's input; the api-proxy injects it. A program that insists on ${name} can have ${name}=placeholder.`;
  }
  return matches(name, WITHHELD) ? "It is the job's own means to act." : 'The sandbox sets it itself.';
}

function matches(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const star = pattern.indexOf('*');
    if (star < 0) return name === pattern;
    return name.startsWith(pattern.slice(0, star)) && name.slice(star).endsWith(pattern.slice(star + 1));
  });
}

function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
