import { describe, expect, test } from 'vitest';
import { agentEnvironment } from '../../src/agent/environment.ts';
import type { Config } from '../../src/config/config.ts';
import { ADDRESSES, aConfig, NO_SECRETS, USER } from '../../testing/builders.ts';

/** What happens to a variable: by default, with `env-all`, and in an image that the user names. */
type Fate =
  /** It tells the command about its job, or configures tools. */
  | 'passes'
  /** It names a place on the host. It passes with the host's toolchain; in an image only if `env` names it. */
  | 'passes, but not to an image'
  /** `env` or `env-all` passes it. */
  | 'when asked for'
  /** Nothing passes it. */
  | 'never'
  /** The sandbox sets it, but not in an image. */
  | 'set with the toolchain'
  /** The sandbox sets it. */
  | 'set by the sandbox';

/**
 * Everything that a step sees on a hosted runner (ubuntu-24.04), with values of the same form, and what happens to it.
 * Sources: https://docs.github.com/actions/reference/workflows-and-actions/variables, GitHubContext.cs,
 * RunnerContext.cs and NodeScriptActionHandler.cs of actions/runner, configure-environment.sh and the install scripts
 * of actions/runner-images, and the output of `env` in public jobs.
 */
const VARIABLES: Readonly<Record<string, readonly [value: string, fate: Fate]>> = {
  // Set by the image.
  ACCEPT_EULA: ['Y', 'passes'],
  AGENT_TOOLSDIRECTORY: ['/opt/hostedtoolcache', 'passes, but not to an image'],
  ANDROID_HOME: ['/usr/local/lib/android/sdk', 'passes, but not to an image'],
  ANDROID_NDK: ['/usr/local/lib/android/sdk/ndk/27.3.13750724', 'passes, but not to an image'],
  ANDROID_NDK_HOME: ['/usr/local/lib/android/sdk/ndk/27.3.13750724', 'passes, but not to an image'],
  ANDROID_NDK_LATEST_HOME: ['/usr/local/lib/android/sdk/ndk/29.0.14206865', 'passes, but not to an image'],
  ANDROID_NDK_ROOT: ['/usr/local/lib/android/sdk/ndk/27.3.13750724', 'passes, but not to an image'],
  ANDROID_SDK_ROOT: ['/usr/local/lib/android/sdk', 'passes, but not to an image'],
  ANT_HOME: ['/usr/share/ant', 'passes, but not to an image'],
  AZURE_EXTENSION_DIR: ['/opt/az/azcliextensions', 'passes, but not to an image'],
  BOOTSTRAP_HASKELL_NONINTERACTIVE: ['1', 'passes'],
  CHROMEWEBDRIVER: ['/usr/local/share/chromedriver-linux64', 'passes, but not to an image'],
  CHROME_BIN: ['/usr/bin/google-chrome', 'passes, but not to an image'],
  CONDA: ['/usr/share/miniconda', 'passes, but not to an image'],
  DEBIAN_FRONTEND: ['noninteractive', 'passes'],
  DOTNET_MULTILEVEL_LOOKUP: ['0', 'passes'],
  DOTNET_NOLOGO: ['1', 'passes'],
  DOTNET_SKIP_FIRST_TIME_EXPERIENCE: ['1', 'passes'],
  EDGEWEBDRIVER: ['/usr/local/share/edge_driver', 'passes, but not to an image'],
  GECKOWEBDRIVER: ['/usr/local/share/gecko_driver', 'passes, but not to an image'],
  GHCUP_INSTALL_BASE_PREFIX: ['/usr/local', 'passes, but not to an image'],
  GOROOT_1_22_X64: ['/opt/hostedtoolcache/go/1.22.12/x64', 'passes, but not to an image'],
  GOROOT_1_24_X64: ['/opt/hostedtoolcache/go/1.24.7/x64', 'passes, but not to an image'],
  GRADLE_HOME: ['/usr/share/gradle-9.1.0', 'passes, but not to an image'],
  HOMEBREW_CLEANUP_PERIODIC_FULL_DAYS: ['3650', 'passes'],
  HOMEBREW_NO_AUTO_UPDATE: ['1', 'passes'],
  ImageOS: ['ubuntu24', 'passes, but not to an image'],
  ImageVersion: ['20250929.60.1', 'passes, but not to an image'],
  JAVA_HOME: ['/usr/lib/jvm/temurin-17-jdk-amd64', 'passes, but not to an image'],
  JAVA_HOME_8_X64: ['/usr/lib/jvm/temurin-8-jdk-amd64', 'passes, but not to an image'],
  JAVA_HOME_11_X64: ['/usr/lib/jvm/temurin-11-jdk-amd64', 'passes, but not to an image'],
  JAVA_HOME_25_X64: ['/usr/lib/jvm/temurin-25-jdk-amd64', 'passes, but not to an image'],
  LEIN_HOME: ['/usr/local/lib/lein', 'passes, but not to an image'],
  LEIN_JAR: ['/usr/local/lib/lein/self-installs/leiningen-2.11.2-standalone.jar', 'passes, but not to an image'],
  NVM_DIR: ['/home/runner/.nvm', 'passes, but not to an image'],
  PIPX_BIN_DIR: ['/opt/pipx_bin', 'set with the toolchain'],
  PIPX_HOME: ['/opt/pipx', 'set with the toolchain'],
  POWERSHELL_DISTRIBUTION_CHANNEL: ['GitHub-Actions-ubuntu24', 'passes'],
  PSModulePath: ['/usr/local/share/powershell/Modules', 'passes, but not to an image'],
  SELENIUM_JAR_PATH: ['/usr/share/java/selenium-server.jar', 'passes, but not to an image'],
  // Sends enclaves to a service on the host.
  SGX_AESM_ADDR: ['1', 'when asked for'],
  SWIFT_PATH: ['/usr/share/swift/usr/bin', 'passes, but not to an image'],
  VCPKG_INSTALLATION_ROOT: ['/usr/local/share/vcpkg', 'passes, but not to an image'],
  XDG_CONFIG_HOME: ['/home/runner/.config', 'set by the sandbox'],

  // Set by the system, its service manager and the shell.
  HOME: ['/home/runner', 'set by the sandbox'],
  INVOCATION_ID: ['11373a3126dd4e88affbe302aa4abd55', 'when asked for'],
  JOURNAL_STREAM: ['9:11803', 'when asked for'],
  LANG: ['C.UTF-8', 'passes'],
  LOGNAME: ['runner', 'set by the sandbox'],
  MEMORY_PRESSURE_WATCH: ['/sys/fs/cgroup/system.slice/hosted-compute-agent.service/memory.pressure', 'when asked for'],
  MEMORY_PRESSURE_WRITE: ['c29tZSAyMDAwMDAgMjAwMDAwMAA=', 'when asked for'],
  OLDPWD: ['/home/runner', 'never'],
  PATH: ['/opt/pipx_bin:/home/runner/.cargo/bin:/usr/local/bin:/usr/bin:/bin', 'passes, but not to an image'],
  PWD: ['/home/runner/work/repository/repository', 'never'],
  SHELL: ['/bin/bash', 'passes, but not to an image'],
  SHLVL: ['1', 'never'],
  SYSTEMD_EXEC_PID: ['1882', 'when asked for'],
  USER: ['runner', 'set by the sandbox'],
  XDG_RUNTIME_DIR: ['/run/user/1001', 'set by the sandbox'],
  _: ['/usr/bin/node', 'never'],

  // Set by the runner for every step.
  ACTIONS_ORCHESTRATION_ID: ['327d153d-58d4-46fb-9dda-9d062c39bb97.build.__default', 'never'],
  ACTIONS_RUNNER_ACTION_ARCHIVE_CACHE: ['/opt/actionarchivecache', 'never'],
  ACTIONS_RUNNER_RETURN_JOB_RESULT_FOR_HOSTED: ['1', 'never'],
  CI: ['true', 'passes'],
  ENABLE_RUNNER_TRACING: ['true', 'when asked for'],
  GITHUB_ACTION: ['__octo_awf', 'passes'],
  GITHUB_ACTIONS: ['true', 'passes'],
  GITHUB_ACTION_PATH: ['/home/runner/work/_actions/octo/awf/v1', 'never'],
  GITHUB_ACTION_REF: ['v1', 'passes'],
  GITHUB_ACTION_REPOSITORY: ['octo/awf', 'passes'],
  GITHUB_ACTOR: ['octocat', 'passes'],
  GITHUB_ACTOR_ID: ['583231', 'passes'],
  GITHUB_API_URL: ['https://api.github.com', 'passes'],
  GITHUB_BASE_REF: ['main', 'passes'],
  GITHUB_ENV: ['/home/runner/work/_temp/_runner_file_commands/set_env_1', 'never'],
  GITHUB_EVENT_NAME: ['pull_request', 'passes'],
  GITHUB_EVENT_PATH: ['/home/runner/work/_temp/_github_workflow/event.json', 'never'],
  GITHUB_GRAPHQL_URL: ['https://api.github.com/graphql', 'passes'],
  GITHUB_HEAD_REF: ['feature', 'passes'],
  GITHUB_JOB: ['build', 'passes'],
  GITHUB_OUTPUT: ['/home/runner/work/_temp/_runner_file_commands/set_output_1', 'set by the sandbox'],
  GITHUB_PATH: ['/home/runner/work/_temp/_runner_file_commands/add_path_1', 'never'],
  GITHUB_REF: ['refs/pull/1/merge', 'passes'],
  GITHUB_REF_NAME: ['1/merge', 'passes'],
  GITHUB_REF_PROTECTED: ['false', 'passes'],
  GITHUB_REF_TYPE: ['branch', 'passes'],
  GITHUB_REPOSITORY: ['octo/repository', 'passes'],
  GITHUB_REPOSITORY_ID: ['1', 'passes'],
  GITHUB_REPOSITORY_OWNER: ['octo', 'passes'],
  GITHUB_REPOSITORY_OWNER_ID: ['2', 'passes'],
  GITHUB_RETENTION_DAYS: ['90', 'passes'],
  GITHUB_RUN_ATTEMPT: ['1', 'passes'],
  GITHUB_RUN_ID: ['18758148396', 'passes'],
  GITHUB_RUN_NUMBER: ['1217', 'passes'],
  GITHUB_SERVER_URL: ['https://github.com', 'passes'],
  GITHUB_SHA: ['737e7778aac91c0f46332e80262a7d183b528c20', 'passes'],
  GITHUB_STATE: ['/home/runner/work/_temp/_runner_file_commands/save_state_1', 'never'],
  GITHUB_STEP_SUMMARY: ['/home/runner/work/_temp/_runner_file_commands/step_summary_1', 'set by the sandbox'],
  GITHUB_TRIGGERING_ACTOR: ['octocat', 'passes'],
  GITHUB_WORKFLOW: ['ci', 'passes'],
  GITHUB_WORKFLOW_REF: ['octo/repository/.github/workflows/ci.yml@refs/heads/main', 'passes'],
  GITHUB_WORKFLOW_SHA: ['737e7778aac91c0f46332e80262a7d183b528c20', 'passes'],
  GITHUB_WORKSPACE: ['/home/runner/work/repository/repository', 'passes'],
  RUNNER_ARCH: ['X64', 'passes'],
  RUNNER_DEBUG: ['1', 'passes'],
  RUNNER_ENVIRONMENT: ['github-hosted', 'passes'],
  RUNNER_NAME: ['GitHub Actions 1000008432', 'passes'],
  RUNNER_OS: ['Linux', 'passes'],
  RUNNER_PERFLOG: ['/home/runner/perflog', 'when asked for'],
  RUNNER_TEMP: ['/home/runner/work/_temp', 'set by the sandbox'],
  RUNNER_TOOL_CACHE: ['/opt/hostedtoolcache', 'passes, but not to an image'],
  RUNNER_TRACKING_ID: ['github_972cfff8-36cf-4f14-914a-10cd0a578205', 'when asked for'],
  RUNNER_USER: ['runner', 'when asked for'],
  RUNNER_WORKSPACE: ['/home/runner/work/repository', 'passes'],
  STATS_D_D: ['true', 'when asked for'],
  STATS_RDCL: ['true', 'when asked for'],

  // Set by the runner for JavaScript actions like this one.
  ACTIONS_CACHE_MODE: ['readonly', 'never'],
  ACTIONS_CACHE_SERVICE_V2: ['True', 'never'],
  ACTIONS_CACHE_URL: ['https://artifactcache.actions.githubusercontent.com/x/', 'never'],
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: ['eyJhbGciOiJSUzI1NiJ9.token', 'never'],
  ACTIONS_ID_TOKEN_REQUEST_URL: ['https://pipelines.actions.githubusercontent.com/x/', 'never'],
  ACTIONS_RESULTS_URL: ['https://results-receiver.actions.githubusercontent.com/', 'never'],
  ACTIONS_RUNTIME_TOKEN: ['eyJhbGciOiJSUzI1NiJ9.token', 'never'],
  ACTIONS_RUNTIME_URL: ['https://pipelines.actions.githubusercontent.com/x/', 'never'],
  'INPUT_ANTHROPIC-API-KEY': ['sk-ant-x', 'never'],
  INPUT_RUN: ['make', 'never'],
  STATE_awf: ['{}', 'never'],

  // Set by the setup actions.
  CARGO_HOME: ['/home/runner/.cargo', 'set by the sandbox'],
  DOTNET_ROOT: ['/usr/share/dotnet', 'passes, but not to an image'],
  GOROOT: ['/opt/hostedtoolcache/go/1.24.7/x64', 'passes, but not to an image'],
  GOTOOLCHAIN: ['local', 'passes'],
  LD_LIBRARY_PATH: ['/opt/hostedtoolcache/Python/3.11.13/x64/lib', 'passes, but not to an image'],
  PKG_CONFIG_PATH: ['/opt/hostedtoolcache/Python/3.11.13/x64/lib/pkgconfig', 'passes, but not to an image'],
  Python2_ROOT_DIR: ['/opt/hostedtoolcache/Python/3.11.13/x64', 'passes, but not to an image'],
  Python3_ROOT_DIR: ['/opt/hostedtoolcache/Python/3.11.13/x64', 'passes, but not to an image'],
  Python_ROOT_DIR: ['/opt/hostedtoolcache/Python/3.11.13/x64', 'passes, but not to an image'],
  RUSTUP_HOME: ['/home/runner/.rustup', 'passes, but not to an image'],
  pythonLocation: ['/opt/hostedtoolcache/Python/3.11.13/x64', 'passes, but not to an image'],

  // Set by workflows: secrets that are not for models, and ways to use them.
  ANDROID_KEYSTORE_PASSWORD: ['x', 'when asked for'],
  AWS_ACCESS_KEY_ID: ['AKIAX', 'when asked for'],
  AWS_BEARER_TOKEN_BEDROCK: ['x', 'when asked for'],
  AWS_SECRET_ACCESS_KEY: ['x', 'when asked for'],
  AZURE_CLIENT_SECRET: ['x', 'when asked for'],
  GH_TOKEN: ['ghs_x', 'when asked for'],
  GITHUB_TOKEN: ['ghs_x', 'when asked for'],
  GIT_CONFIG_VALUE_0: ['AUTHORIZATION: basic x', 'when asked for'],
  GOOGLE_APPLICATION_CREDENTIALS: ['/home/runner/work/repository/gha-creds.json', 'when asked for'],
  HOMEBREW_GITHUB_API_TOKEN: ['ghs_x', 'when asked for'],
  NODE_AUTH_TOKEN: ['npm_x', 'when asked for'],
  NPM_TOKEN: ['npm_x', 'when asked for'],
  // Secrets for models.
  ANTHROPIC_API_KEY: ['sk-ant-x', 'never'],
  ANTHROPIC_AUTH_TOKEN: ['x', 'never'],
  AZURE_OPENAI_API_KEY: ['x', 'never'],
  CLAUDE_CODE_OAUTH_TOKEN: ['sk-ant-oat01-x', 'never'],
  COPILOT_GITHUB_TOKEN: ['ghu_x', 'never'],
  COPILOT_PROVIDER_BEARER_TOKEN: ['x', 'never'],
  GEMINI_API_KEY: ['AIzax', 'set by the sandbox'],
  GOOGLE_API_KEY: ['AIzax', 'never'],
  OPENAI_API_KEY: ['sk-x', 'never'],

  // Hooks of shells, loaders and interpreters. What they name runs in the sandbox, where the command may run anything
  // anyway.
  BASH_ENV: ['/home/runner/.bash_env', 'when asked for'],
  'BASH_FUNC_which%%': ['() { :; }', 'never'],
  COMPOSE_DOCKER_CLI_BUILD: ['1', 'when asked for'],
  DOCKER_BUILDKIT: ['1', 'never'],
  DOCKER_HOST: ['unix:///var/run/docker.sock', 'never'],
  ENV: ['/home/runner/.shinit', 'when asked for'],
  HTTP_PROXY: ['http://proxy.example:3128', 'set by the sandbox'],
  Http_Proxy: ['http://proxy.example:3128', 'never'],
  ALL_PROXY: ['socks5://proxy.example:1080', 'never'],
  LD_PRELOAD: ['/usr/lib/libfaketime.so', 'set by the sandbox'],
  NODE_EXTRA_CA_CERTS: ['/etc/ssl/certs/company.pem', 'passes, but not to an image'],
  NODE_OPTIONS: ['--max-old-space-size=4096', 'when asked for'],
  PROMPT_COMMAND: ['history -a', 'when asked for'],
  PYTHONSTARTUP: ['/home/runner/.pythonrc', 'when asked for'],
  SSH_AUTH_SOCK: ['/tmp/ssh-XXXX/agent.1', 'never'],
};

const host = Object.fromEntries(Object.entries(VARIABLES).map(([name, [value]]) => [name, value]));

const given = (options: Partial<Config>): Readonly<Record<string, string>> =>
  agentEnvironment(aConfig(options), NO_SECRETS, ADDRESSES, host, USER).variables;

/** For each fate: whether the command gets the host's value, by default and with `env-all`. */
const PASSES: Readonly<Record<Fate, { readonly toolchain: [boolean, boolean]; readonly image: [boolean, boolean] }>> = {
  passes: { toolchain: [true, true], image: [true, true] },
  'passes, but not to an image': { toolchain: [true, true], image: [false, false] },
  'when asked for': { toolchain: [false, true], image: [false, true] },
  'set with the toolchain': { toolchain: [false, false], image: [false, false] },
  never: { toolchain: [false, false], image: [false, false] },
  'set by the sandbox': { toolchain: [false, false], image: [false, false] },
};

/** Variables that the sandbox sets to the same value as a hosted runner. */
const SAME: readonly string[] = ['HOME', 'USER', 'LOGNAME', 'XDG_CONFIG_HOME', 'CARGO_HOME'];

describe.each([
  ['toolchain', {}],
  ['image', { agentImage: 'debian:13' }],
] as const)('a hosted runner’s variables, with the %s', (kind, options) => {
  const [byItself, envAll] = [given(options), given({ ...options, envAll: true })];

  test.each(Object.entries(VARIABLES))('%s', (name, [value, fate]) => {
    const [passes, passesWhenAsked] = PASSES[fate][kind];
    const isSet = fate === 'set by the sandbox' || (fate === 'set with the toolchain' && kind === 'toolchain');
    for (const [found, expected] of [
      [byItself[name], passes],
      [envAll[name], passesWhenAsked],
    ] as const) {
      if (expected && name === 'PATH') expect(found).toContain(`:${value}:`);
      else if (expected) expect(found).toBe(value);
      else if (!isSet) expect(found).toBeUndefined();
      else if (SAME.includes(name)) expect(found).toBe(value);
      else expect([undefined, value]).not.toContain(found);
    }
  });

  test('the command has these and the sandbox’s own, and nothing else', () => {
    const own = Object.keys(agentEnvironment(aConfig(options), NO_SECRETS, ADDRESSES, {}, USER).variables);
    const passed = Object.entries(VARIABLES).flatMap(([name, [, fate]]) => (PASSES[fate][kind][0] ? [name] : []));
    expect(Object.keys(byItself).toSorted()).toEqual([...new Set([...own, ...passed])].toSorted());
  });
});

test('a place on the host passes to an image if env names it', () => {
  const named = { env: [{ name: 'PATH', value: undefined }], agentImage: 'debian:13' };
  expect(given(named)['PATH']).toBe(host['PATH']);
});
