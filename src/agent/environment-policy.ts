import { ONE_SHOT_DEBUG_VARIABLE } from '../shared/contract.ts';
import { nameMatcher } from '../shared/name-patterns.ts';
import { CREDENTIAL_NAMES, CREDENTIAL_PATTERNS } from '../shared/providers.ts';
import { PROXY_VARIABLES } from '../shared/proxy-variables.ts';
import { words } from '../shared/words.ts';
import { COMMAND_FILE_VARIABLES } from './command-files.ts';
import { PROXY_SETTINGS } from './proxy-settings.ts';

/*
 * Which variables of the host's environment the command gets. A `*` in a name matches anything. A variable that is on
 * no list passes if `env` or `env-all` asks for it.
 */

/**
 * Passed by default: facts about the job, the terminal's behaviour, and settings of tools. The variables of the locale are
 * named one by one: servers of ssh commonly take `LC_*`, so people carry over secrets under such names.
 */
const PASSED = words(`
  LANG LANGUAGE LC_ALL LC_ADDRESS LC_COLLATE LC_CTYPE LC_IDENTIFICATION LC_MEASUREMENT LC_MESSAGES LC_MONETARY LC_NAME
  LC_NUMERIC LC_PAPER LC_TELEPHONE LC_TIME TZ TERM COLORTERM NO_COLOR FORCE_COLOR COLUMNS LINES
  CI RUNNER_OS RUNNER_ARCH RUNNER_NAME RUNNER_ENVIRONMENT RUNNER_DEBUG RUNNER_WORKSPACE
  GITHUB_ACTIONS GITHUB_ACTION GITHUB_ACTION_REF GITHUB_ACTION_REPOSITORY GITHUB_ACTOR
  GITHUB_ACTOR_ID GITHUB_API_URL GITHUB_BASE_REF GITHUB_EVENT_NAME
  GITHUB_GRAPHQL_URL GITHUB_HEAD_REF GITHUB_JOB GITHUB_REF GITHUB_REF_NAME GITHUB_REF_PROTECTED
  GITHUB_REF_TYPE GITHUB_REPOSITORY GITHUB_REPOSITORY_ID GITHUB_REPOSITORY_OWNER
  GITHUB_REPOSITORY_OWNER_ID GITHUB_RETENTION_DAYS GITHUB_RUN_ATTEMPT GITHUB_RUN_ID
  GITHUB_RUN_NUMBER GITHUB_SERVER_URL GITHUB_SHA GITHUB_TRIGGERING_ACTOR GITHUB_WORKFLOW
  GITHUB_WORKFLOW_REF GITHUB_WORKFLOW_SHA GITHUB_WORKSPACE
  ACCEPT_EULA DEBIAN_FRONTEND BOOTSTRAP_HASKELL_NONINTERACTIVE POWERSHELL_DISTRIBUTION_CHANNEL
  DOTNET_NOLOGO DOTNET_MULTILEVEL_LOOKUP DOTNET_SKIP_FIRST_TIME_EXPERIENCE
  DOTNET_CLI_TELEMETRY_OPTOUT GOTOOLCHAIN HOMEBREW_NO_AUTO_UPDATE HOMEBREW_CLEANUP_PERIODIC_FULL_DAYS
`);

/**
 * Paths on the host. They are passed by default with the host's toolchain. With an image, they are only passed if `env`
 * names them: the image has its own `PATH`, and these paths lead nowhere there.
 */
const PLACES = [
  ...words(`
    PATH SHELL LD_LIBRARY_PATH PKG_CONFIG_PATH ImageOS ImageVersion
    RUNNER_TOOL_CACHE AGENT_TOOLSDIRECTORY
    JAVA_HOME JAVA_HOME_* ANT_HOME GRADLE_HOME MAVEN_HOME M2_HOME LEIN_HOME LEIN_JAR
    GOROOT GOROOT_* RUSTUP_HOME SWIFT_PATH GHCUP_INSTALL_BASE_PREFIX
    DOTNET_ROOT DOTNET_ROOT_* PSModulePath AZURE_EXTENSION_DIR VCPKG_INSTALLATION_ROOT
    pythonLocation Python_ROOT_DIR Python2_ROOT_DIR Python3_ROOT_DIR PYENV_ROOT CONDA
    PIPX_HOME PIPX_BIN_DIR NVM_DIR NVM_BIN NVM_INC
    ANDROID_HOME ANDROID_SDK_ROOT ANDROID_NDK ANDROID_NDK_HOME ANDROID_NDK_LATEST_HOME ANDROID_NDK_ROOT
    CHROME_BIN EDGE_BIN CHROMEWEBDRIVER EDGEWEBDRIVER GECKOWEBDRIVER SELENIUM_JAR_PATH
  `),
  // The certificates of a company proxy.
  ...words(`
    NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO
  `),
];

/** Never passed, whatever the options say. */
const WITHHELD: readonly string[] = [
  // Credentials for a model.
  ...CREDENTIAL_NAMES,
  ...CREDENTIAL_PATTERNS,
  // The means by which a step acts on the job. Which of ACTIONS_* are tokens changes with the runner, so all are
  // withheld.
  ...words('INPUT_* STATE_* ACTIONS_* GITHUB_ENV GITHUB_PATH GITHUB_STATE GITHUB_ACTION_PATH'),
  // Addresses of programs outside: the engine, agents that hold keys, the desktop's bus, the service manager.
  ...words(`
    DOCKER_* CONTAINER_HOST BUILDKIT_HOST SSH_AUTH_SOCK SSH_AGENT_PID GPG_AGENT_INFO
    DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS NOTIFY_SOCKET LISTEN_PID LISTEN_FDS LISTEN_FDNAMES
  `),
];

/** The variable with the path of the job's event. The sandbox has a copy. */
export const EVENT_VARIABLE = 'GITHUB_EVENT_PATH';

/** Decided by the sandbox, in addition to the variables that it sets. */
const RESERVED: readonly string[] = [
  ...PROXY_VARIABLES,
  ...words('AWF_* LD_PRELOAD LD_AUDIT HOME USER LOGNAME TMPDIR RUNNER_TEMP XDG_RUNTIME_DIR'),
  ...Object.keys(COMMAND_FILE_VARIABLES),
  EVENT_VARIABLE,
];

/** Set by a shell for itself. The host shell's values would be wrong in the sandbox. */
const SHELL_VARIABLES = words('PWD OLDPWD SHLVL _');

/** Variables that an image may set. The sandbox removes those that it does not set itself. */
export const CLEARED: readonly string[] = RESERVED.filter((name) => !name.includes('*'));

/**
 * Variables that the user may set although the sandbox sets or reserves them: the log of the one-shot-token library,
 * options of AddressSanitizer, and proxy settings of programs that ignore the usual variables.
 */
export const LEFT_TO_USER: readonly string[] = [
  ...[ONE_SHOT_DEBUG_VARIABLE, 'ASAN_OPTIONS', 'TAR_OPTIONS'],
  ...PROXY_SETTINGS,
];

const isPassed = nameMatcher(PASSED);

/** @returns true for a place on the host, which means nothing in an image */
export const isPlace = nameMatcher(PLACES);

/** True for a variable that passes by default. @param isImage whether the command runs in an image of its own */
export function passesByDefault(name: string, isImage: boolean): boolean {
  return isPassed(name) || (!isImage && isPlace(name));
}

export const isWithheld = nameMatcher(WITHHELD);

const isOfSandbox = nameMatcher([...RESERVED, ...SHELL_VARIABLES]);

/** The proxy variables in any case of letters: Python takes `Http_Proxy` as well. */
export function isReserved(name: string): boolean {
  return isOfSandbox(name) || PROXY_VARIABLES.includes(name.toUpperCase());
}

/** True for a variable in which programs look for a model's credential. */
export const isCredentialName = nameMatcher([...CREDENTIAL_NAMES, ...CREDENTIAL_PATTERNS]);
