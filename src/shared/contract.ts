/**
 * Facts that both sides of a container's boundary state: TypeScript on one, and on the other a Dockerfile, a script or C
 * that cannot import anything. `__tests__/layout.test.ts` searches for every one of them, and fails when a file that is not
 * listed there with a reason states it again. A new export is searched for from the start.
 */

/**
 * The sandbox's own places in the agent container. A user's mount can neither take one nor lie below one.
 *
 * `lib` has the image's files, `home` what is mounted deep in the home, `github` the command's files for outputs and the
 * summary, `runtime` is the command's `XDG_RUNTIME_DIR`, `command` its script, and `probes` what the pre-flight check
 * leaves for a moment. `trust` has the CA certificates that the runner generates, and `joinedTrust` those that the
 * entrypoint joins with an image's. `services` has the sockets that lead to the services of the job.
 */
export const AGENT_PLACES = {
  lib: '/tmp/awf-lib',
  home: '/tmp/awf-home',
  github: '/tmp/awf-github',
  runtime: '/tmp/awf-runtime',
  command: '/tmp/awf-command',
  probes: '/tmp/.awf-probes',
  trust: '/tmp/awf-trust',
  joinedTrust: '/tmp/awf-joined-trust',
  services: '/tmp/awf-services',
} as const;

/** Where the agent image's files are in the agent container. */
export const AGENT_LIB = AGENT_PLACES.lib;
/** The owner of these files: a user that nothing runs as, so that neither the command nor root without capabilities can change them. */
export const AGENT_LIB_OWNER = 65_533;
/** The helper that Claude Code calls for its key. */
export const CLAUDE_KEY_HELPER = `${AGENT_LIB}/get-claude-key.sh`;
/** What the helper prints. */
export const PLACEHOLDER_CLAUDE_KEY = 'sk-ant-placeholder-key-for-credential-isolation';
/** The preloaded library that makes credential variables readable once. */
export const ONE_SHOT_LIBRARY = `${AGENT_LIB}/one-shot-token.so`;
/** The variable with the names that the library protects, separated by commas. */
export const ONE_SHOT_VARIABLE = 'AWF_ONE_SHOT_TOKENS';
/** The variable with which a user has the library log names. */
export const ONE_SHOT_DEBUG_VARIABLE = 'AWF_ONE_SHOT_TOKEN_DEBUG';
/** The entrypoint's shell variable for the pre-flight checks, which the start document sets. */
export const CHECKS_VARIABLE = 'AWF_CHECKS';
/** The entrypoint's shell variable for {@link AGENT_LIB}, which the start document reads. */
export const LIB_VARIABLE = 'AWF_LIB';
/** The entrypoint's shell variable with what to pack when the command has ended, which the start document sets. */
export const TRANSCRIPTS_VARIABLE = 'AWF_TRANSCRIPTS';
/** The entrypoint's shell variable with the arguments for `join-trust.sh`, which the start document sets. */
export const TRUST_VARIABLE = 'AWF_TRUST';
/** The entrypoint's shell variable with the addresses at which it asks for a model, which the start document sets. */
export const MODEL_URLS_VARIABLE = 'AWF_MODEL_URLS';
/** The entrypoint's shell variable with the arguments for `forward-services`, which the start document sets. */
export const SERVICES_VARIABLE = 'AWF_SERVICES';
/**
 * The entrypoint's shell variable with the arguments for `attach-input`, which the start document sets. Empty for a command
 * without a standard input.
 */
export const INPUT_VARIABLE = 'AWF_INPUT';
/** The agent container's standard error is the sandbox's up to this line, and the command's after it. */
export const COMMAND_MARKER = '\u001eawf: command\n';

/** The user and group of both sidecars when the caller is root: no account has this number, and it owns no files. */
export const SIDECAR_ID = 65_532;
/** In the sidecars' environment: the addresses that each sends a packet to when it starts, separated by spaces. */
export const PEERS_VARIABLE = 'AWF_PEERS';
/** Where that packet goes. RFC 863: whatever arrives at this port is thrown away. */
export const DISCARD_PORT = 9;

/** A file system of memory for Squid's configuration. */
export const SQUID_RUN_DIRECTORY = '/run/squid';
/** Certificate and key that Squid's syntax wants for the peek port; nothing is ever decrypted with them. */
export const PEEK_CERTIFICATE = '/etc/squid/peek.pem';
/** The authorities that may vouch for a parent of Squid's that speaks TLS. */
export const PARENT_CA = '/etc/squid/parent-ca.pem';
/** The pages of Squid's errors, one line each. */
export const SQUID_ERROR_DIRECTORY = '/etc/squid/awf-errors';
export const SQUID_LOG_DIR = '/var/log/squid';
export const ACCESS_LOG = 'access.log';
export const CACHE_LOG = 'cache.log';

export const API_PROXY_LOG_DIR = '/var/log/api-proxy';
export const API_PROXY_LOG_FILE = 'api-proxy.log';
