import { ONE_SHOT_DEBUG_VARIABLE } from '../shared/contract.ts';
import { nameMatcher } from '../shared/name-patterns.ts';
import { CREDENTIAL_NAMES, CREDENTIAL_PATTERNS } from '../shared/providers.ts';
import { PROXY_VARIABLES } from '../shared/proxy-variables.ts';
import { COMMAND_FILE_VARIABLES } from './command-files.ts';
import { PROXY_SETTINGS } from './proxy-settings.ts';

/**
 * What of the host's environment the command may have. Each list has names; a `*` in a name stands for anything. A name
 * that is on no list passes when `env` or `env-all` asks for it.
 */

/** Passes by itself: what a job says about itself, how a terminal behaves, and how tools were told to behave. */
const PASSED: readonly string[] = [
  ...['LANG', 'LANGUAGE', 'LC_*', 'TZ', 'TERM', 'COLORTERM', 'NO_COLOR', 'FORCE_COLOR', 'COLUMNS', 'LINES'],
  ...['CI', 'RUNNER_OS', 'RUNNER_ARCH', 'RUNNER_NAME', 'RUNNER_ENVIRONMENT', 'RUNNER_DEBUG', 'RUNNER_WORKSPACE'],
  ...['GITHUB_ACTIONS', 'GITHUB_ACTION', 'GITHUB_ACTION_REF', 'GITHUB_ACTION_REPOSITORY', 'GITHUB_ACTOR'],
  ...['GITHUB_ACTOR_ID', 'GITHUB_API_URL', 'GITHUB_BASE_REF', 'GITHUB_EVENT_NAME'],
  ...['GITHUB_GRAPHQL_URL', 'GITHUB_HEAD_REF', 'GITHUB_JOB', 'GITHUB_REF', 'GITHUB_REF_NAME', 'GITHUB_REF_PROTECTED'],
  ...['GITHUB_REF_TYPE', 'GITHUB_REPOSITORY', 'GITHUB_REPOSITORY_ID', 'GITHUB_REPOSITORY_OWNER'],
  ...['GITHUB_REPOSITORY_OWNER_ID', 'GITHUB_RETENTION_DAYS', 'GITHUB_RUN_ATTEMPT', 'GITHUB_RUN_ID'],
  ...['GITHUB_RUN_NUMBER', 'GITHUB_SERVER_URL', 'GITHUB_SHA', 'GITHUB_TRIGGERING_ACTOR', 'GITHUB_WORKFLOW'],
  ...['GITHUB_WORKFLOW_REF', 'GITHUB_WORKFLOW_SHA', 'GITHUB_WORKSPACE'],
  ...['ACCEPT_EULA', 'DEBIAN_FRONTEND', 'BOOTSTRAP_HASKELL_NONINTERACTIVE', 'POWERSHELL_DISTRIBUTION_CHANNEL'],
  ...['DOTNET_NOLOGO', 'DOTNET_MULTILEVEL_LOOKUP', 'DOTNET_SKIP_FIRST_TIME_EXPERIENCE'],
  ...['DOTNET_CLI_TELEMETRY_OPTOUT', 'GOTOOLCHAIN', 'HOMEBREW_NO_AUTO_UPDATE', 'HOMEBREW_CLEANUP_PERIODIC_FULL_DAYS'],
];

/**
 * Where things are on the host. Passes by itself with the host's toolchain. With an image it passes only when `env` names
 * it: the image has its own `PATH`, and these lead nowhere there.
 */
const PLACES: readonly string[] = [
  ...['PATH', 'SHELL', 'LD_LIBRARY_PATH', 'PKG_CONFIG_PATH', 'ImageOS', 'ImageVersion'],
  ...['RUNNER_TOOL_CACHE', 'AGENT_TOOLSDIRECTORY'],
  ...['JAVA_HOME', 'JAVA_HOME_*', 'ANT_HOME', 'GRADLE_HOME', 'MAVEN_HOME', 'M2_HOME', 'LEIN_HOME', 'LEIN_JAR'],
  ...['GOROOT', 'GOROOT_*', 'RUSTUP_HOME', 'SWIFT_PATH', 'GHCUP_INSTALL_BASE_PREFIX'],
  ...['DOTNET_ROOT', 'DOTNET_ROOT_*', 'PSModulePath', 'AZURE_EXTENSION_DIR', 'VCPKG_INSTALLATION_ROOT'],
  ...['pythonLocation', 'Python_ROOT_DIR', 'Python2_ROOT_DIR', 'Python3_ROOT_DIR', 'PYENV_ROOT', 'CONDA'],
  ...['PIPX_HOME', 'PIPX_BIN_DIR', 'NVM_DIR', 'NVM_BIN', 'NVM_INC'],
  ...['ANDROID_HOME', 'ANDROID_SDK_ROOT', 'ANDROID_NDK', 'ANDROID_NDK_HOME', 'ANDROID_NDK_LATEST_HOME'],
  ...['ANDROID_NDK_ROOT', 'CHROME_BIN', 'EDGE_BIN', 'CHROMEWEBDRIVER', 'EDGEWEBDRIVER', 'GECKOWEBDRIVER'],
  'SELENIUM_JAR_PATH',
  // Certificates of a company proxy.
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT'],
  'GIT_SSL_CAINFO',
];

/** Never passes, whatever the options say. */
const WITHHELD: readonly string[] = [
  // A credential for a model.
  ...CREDENTIAL_NAMES,
  ...CREDENTIAL_PATTERNS,
  // The job's own means to act. All of ACTIONS_*: which of them are tokens changes with the runner.
  ...['INPUT_*', 'STATE_*', 'ACTIONS_*', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_EVENT_PATH'],
  'GITHUB_ACTION_PATH',
  // The way to a program outside: the engine, agents that hold keys, the desktop's bus, the service manager.
  ...['DOCKER_*', 'CONTAINER_HOST', 'BUILDKIT_HOST', 'SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'GPG_AGENT_INFO'],
  ...['DBUS_SESSION_BUS_ADDRESS', 'DBUS_SYSTEM_BUS_ADDRESS', 'NOTIFY_SOCKET', 'LISTEN_PID', 'LISTEN_FDS'],
  'LISTEN_FDNAMES',
];

/** What the sandbox itself decides, beside the variables that it sets. */
const RESERVED: readonly string[] = [
  ...PROXY_VARIABLES,
  ...['AWF_*', 'LD_PRELOAD', 'LD_AUDIT', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'RUNNER_TEMP', 'XDG_RUNTIME_DIR'],
  ...Object.keys(COMMAND_FILE_VARIABLES),
];

/** The shell's own, and true of the host's shell only. */
const SHELLS_OWN: readonly string[] = ['PWD', 'OLDPWD', 'SHLVL', '_'];

/** What an image, or the Docker client, may bring along, and the sandbox takes out where it does not set it itself. */
export const CLEARED: readonly string[] = RESERVED.filter((name) => !name.includes('*'));

/**
 * The user's to set, whoever else would: the one-shot-token library's log, options of AddressSanitizer, and what leads
 * programs to the proxy that do not read the usual variables.
 */
export const LEFT_TO_USER: readonly string[] = [ONE_SHOT_DEBUG_VARIABLE, 'ASAN_OPTIONS', ...PROXY_SETTINGS];

const isPassed = nameMatcher(PASSED);

/** @returns true for a place on the host, which means nothing in an image */
export const isPlace = nameMatcher(PLACES);

/** @returns true for what passes without being asked for @param image the command runs in an image of its own */
export function passesByItself(name: string, image: boolean): boolean {
  return isPassed(name) || (!image && isPlace(name));
}

export const isWithheld = nameMatcher(WITHHELD);

const isOfSandbox = nameMatcher([...RESERVED, ...SHELLS_OWN]);

/** The proxy variables in any case of letters: Python takes `Http_Proxy` as well. */
export function isReserved(name: string): boolean {
  return isOfSandbox(name) || PROXY_VARIABLES.includes(name.toUpperCase());
}

/** @returns true for a name under which a program would find a credential for a model */
export const isCredentialName = nameMatcher([...CREDENTIAL_NAMES, ...CREDENTIAL_PATTERNS]);
