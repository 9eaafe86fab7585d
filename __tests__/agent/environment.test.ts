import { describe, expect, test } from 'vitest';
import { agentEnvironment, preflightChecks } from '../../src/agent/environment.ts';
import { UserError } from '../../src/errors.ts';
import { addressesIn } from '../../src/shared/network.ts';
import { CREDENTIAL_NAMES } from '../../src/shared/providers.ts';
import {
  ADDRESSES,
  aConfig,
  given,
  NO_SECRETS,
  SENTINELS,
  thrown,
  USER,
  type ConfigOverrides,
} from '../../testing/builders.ts';

const PLACEHOLDER = 'placeholder-token-for-credential-isolation';

/** What every agent has, without any credential. */
const ALWAYS = {
  IS_SANDBOX: '1',
  GEMINI_API_BASE_URL: 'http://172.30.0.30:10003',
  GOOGLE_GEMINI_BASE_URL: 'http://172.30.0.30:10003',
  GEMINI_API_KEY: 'gemini-api-key-placeholder-for-credential-isolation',
  HTTP_PROXY: 'http://172.30.0.10:3128',
  HTTPS_PROXY: 'http://172.30.0.10:3128',
  http_proxy: 'http://172.30.0.10:3128',
  https_proxy: 'http://172.30.0.10:3128',
  NO_PROXY: 'localhost,127.0.0.1,172.30.0.30,172.30.0.20,awf-agent,0.0.0.0',
  no_proxy: 'localhost,127.0.0.1,172.30.0.30,172.30.0.20,awf-agent,0.0.0.0',
  AWF_API_PROXY_IP: '172.30.0.30',
  LD_PRELOAD: '/tmp/awf-lib/one-shot-token.so',
  ASAN_OPTIONS: 'verify_asan_link_order=0',
  HOME: '/home/runner',
  USER: 'runner',
  LOGNAME: 'runner',
  TMPDIR: '/tmp',
  RUNNER_TEMP: '/tmp',
  XDG_CONFIG_HOME: '/home/runner/.config',
  XDG_CACHE_HOME: '/home/runner/.cache',
  XDG_DATA_HOME: '/home/runner/.local/share',
  XDG_STATE_HOME: '/home/runner/.local/state',
  XDG_RUNTIME_DIR: '/tmp/awf-runtime',
  CARGO_HOME: '/home/runner/.cargo',
  GOPATH: '/home/runner/go',
  NPM_CONFIG_GLOBALCONFIG: '/home/runner/.local/installed/etc/npmrc',
  PNPM_HOME: '/home/runner/.local/installed/pnpm',
  PIPX_HOME: '/home/runner/.local/installed/pipx',
  PIPX_BIN_DIR: '/home/runner/.local/installed/bin',
  UV_TOOL_DIR: '/home/runner/.local/installed/uv-tools',
  UV_TOOL_BIN_DIR: '/home/runner/.local/installed/bin',
  GEM_HOME: '/home/runner/.local/installed/gems',
  COMPOSER_HOME: '/home/runner/.local/installed/composer',
  DOTNET_CLI_HOME: '/home/runner/.local/installed/dotnet',
  PIP_BREAK_SYSTEM_PACKAGES: '1',
  NODE_USE_ENV_PROXY: '1',
  YARN_HTTPS_PROXY: 'http://172.30.0.10:3128',
  JAVA_TOOL_OPTIONS:
    '-Dhttp.proxyHost=172.30.0.10 -Dhttp.proxyPort=3128 -Dhttps.proxyHost=172.30.0.10 -Dhttps.proxyPort=3128 ' +
    '-Dhttp.nonProxyHosts=127.*|[::1]|localhost|172.30.0.30|172.30.0.20|awf-agent|0.0.0.0',
  GITHUB_OUTPUT: '/tmp/awf-github/output',
  GITHUB_STEP_SUMMARY: '/tmp/awf-github/summary.md',
};

/** Variables without a placeholder that a program needs in its child processes. */
const ONE_SHOT = [
  ...['COPILOT_GITHUB_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_API_TOKEN', 'GITHUB_PAT'],
  ...['OPENAI_KEY', 'CODEX_API_KEY', 'CLAUDE_API_KEY'],
];

/** What each credential adds. */
const OPENAI = { OPENAI_BASE_URL: 'http://172.30.0.30:10000/v1' };
const ANTHROPIC = {
  ANTHROPIC_BASE_URL: 'http://172.30.0.30:10001',
  ANTHROPIC_AUTH_TOKEN: PLACEHOLDER,
  CLAUDE_CODE_API_KEY_HELPER: '/tmp/awf-lib/get-claude-key.sh',
  CLAUDE_CODE_API_KEY_HELPER_TTL_MS: '3600000',
};
const COPILOT = {
  COPILOT_API_URL: 'http://172.30.0.30:10002',
  COPILOT_TOKEN: PLACEHOLDER,
};
const COPILOT_PROVIDER = {
  COPILOT_PROVIDER_BASE_URL: 'http://172.30.0.30:10002',
  COPILOT_PROVIDER_API_KEY: PLACEHOLDER,
};
const COPILOT_TOKEN = { ...COPILOT, COPILOT_GITHUB_TOKEN: PLACEHOLDER };
const COPILOT_OWN_MODE = { ...COPILOT_TOKEN, GH_TOKEN: 'ghu_placeholderTokenForCredentialIsolation' };
const COPILOT_KEY = {
  ...COPILOT,
  ...COPILOT_PROVIDER,
  COPILOT_API_KEY: PLACEHOLDER,
  COPILOT_OFFLINE: 'true',
};

const environmentOf = (options: ConfigOverrides = {}, host: NodeJS.ProcessEnv = {}) =>
  agentEnvironment(aConfig(options), options.secrets ?? NO_SECRETS, ADDRESSES, host, USER);

function variables(options: ConfigOverrides = {}, host: NodeJS.ProcessEnv = {}): Record<string, string> {
  return { ...environmentOf(options, host).variables };
}

const named = (name: string, value?: string) => ({ env: [{ name, value }] });

/** The credentials on which users' workflows depend. */
const INTERFACE = [
  ...['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'COPILOT_GITHUB_TOKEN', 'COPILOT_API_KEY', 'GEMINI_API_KEY'],
];

describe('what the sandbox sets', () => {
  test.each<[string, string[], object]>([
    ['no credential', [], {}],
    ['an OpenAI key', ['OPENAI_API_KEY'], OPENAI],
    ['an Anthropic key', ['ANTHROPIC_API_KEY'], ANTHROPIC],
    ['a Copilot token', ['COPILOT_GITHUB_TOKEN'], COPILOT_OWN_MODE],
    ['a Copilot key', ['COPILOT_API_KEY'], COPILOT_KEY],
    ['a Copilot token and key', ['COPILOT_API_KEY', 'COPILOT_GITHUB_TOKEN'], { ...COPILOT_TOKEN, ...COPILOT_KEY }],
    ['a Gemini key', ['GEMINI_API_KEY'], {}],
    ['every credential of the interface', INTERFACE, { ...OPENAI, ...ANTHROPIC, ...COPILOT_TOKEN, ...COPILOT_KEY }],
  ])('with %s', (_, credentials, expected) => {
    const { AWF_ONE_SHOT_TOKENS: oneShot, ...rest } = variables({ secrets: given(...credentials) });
    expect(rest).toEqual({ ...ALWAYS, ...expected });
    expect(oneShot?.split(',').toSorted()).toEqual(ONE_SHOT.toSorted());
  });

  test.each([
    ['github', { GH_TOKEN: 'ghu_placeholderTokenForCredentialIsolation' }],
    ['provider', COPILOT_PROVIDER],
  ] as const)('with a Copilot token and copilot-mode %s', (copilotMode, expected) => {
    const secrets = given('COPILOT_GITHUB_TOKEN');
    const found = variables({ copilotMode, secrets }, { GH_TOKEN: 'ghs_of-the-job' });
    expect(found).toMatchObject({ ...COPILOT_TOKEN, ...expected });
    expect(
      Object.keys(found)
        .filter((name) => /GH_TOKEN|COPILOT_PROVIDER/.test(name))
        .toSorted(),
    ).toEqual(Object.keys(expected).toSorted());
    const env = [{ name: 'GH_TOKEN', value: undefined }];
    expect(variables({ copilotMode, secrets, env }, { GH_TOKEN: 'ghs_of-the-job' })).toMatchObject({
      GH_TOKEN: 'ghs_of-the-job',
    });
  });

  test('follows the subnet', () => {
    const addresses = addressesIn('10.213.7.0/24');
    const found = agentEnvironment(aConfig({ secrets: SENTINELS }), SENTINELS, addresses, {}, USER).variables;
    expect(JSON.stringify(found)).not.toContain('172.30.');
    expect(found).toMatchObject({
      HTTPS_PROXY: 'http://10.213.7.10:3128',
      no_proxy: 'localhost,127.0.0.1,10.213.7.30,10.213.7.20,awf-agent,0.0.0.0',
      AWF_API_PROXY_IP: '10.213.7.30',
      OPENAI_BASE_URL: 'http://10.213.7.30:10000/v1',
    });
  });

  test('without the api-proxy names no provider', () => {
    const found = variables({ apiProxy: false, secrets: SENTINELS });
    expect(Object.keys(found).filter((name) => /OPENAI|ANTHROPIC|CLAUDE|COPILOT|GEMINI/.test(name))).toEqual([]);
  });

  describe.each([
    ...['CLAUDE_CODE_API_KEY_HELPER_TTL_MS', 'AWF_ONE_SHOT_TOKEN_DEBUG', 'ASAN_OPTIONS'],
    'NODE_USE_ENV_PROXY',
  ])('the user may set %s', (name) => {
    test.each([
      ['from the host', {}, { [name]: '5' }],
      ['by env-all', { envAll: true }, { [name]: '5' }],
      ['by env', named(name, '5'), {}],
    ])('where set, %s', (_, options, host) => {
      expect(variables({ secrets: SENTINELS, ...options }, host)[name]).toBe('5');
    });
  });
});

test('root’s tar restores no owners, unless the user wants it to', () => {
  const options = (uid: number, env: Record<string, string> = {}) =>
    agentEnvironment(aConfig(), NO_SECRETS, ADDRESSES, env, { ...USER, uid }).variables['TAR_OPTIONS'];
  expect([options(0), options(1001)]).toEqual(['--no-same-owner', undefined]);
  expect(options(0, { TAR_OPTIONS: '--warning=none' })).toBe('--warning=none');
});

describe('R15 what passes without being asked for', () => {
  test.each([
    ['JAVA_TOOL_OPTIONS', '-Xmx1g -Dhttps.proxyHost=proxy.example -Dhttps.proxyPassword=SECRET'],
    ['JAVA_TOOL_OPTIONS', '-Djavax.net.ssl.keyStorePassword=SECRET'],
    ['JAVA_TOOL_OPTIONS', '-Xmx1g -Dnewrelic.config.license_key=SECRET'],
    ['JAVA_TOOL_OPTIONS', '-javaagent:/opt/agent.jar=SECRET'],
    ['JAVA_TOOL_OPTIONS', '"-Dsonar.login=SECRET"'],
    ['YARN_HTTPS_PROXY', 'http://user:SECRET@proxy.example:3128'],
    ['YARN_HTTPS_PROXY', 'http://proxy.example:3128'],
    ['GITHUB_SERVER_URL', 'https://user:SECRET@github.example'],
    ['GITHUB_SERVER_URL', 'https://user:12/#SECRET@github.example'],
    ['LC_DEPLOY_KEY', 'SECRET'],
    ['JAVA_HOME', '/x?token=SECRET'],
  ])('has no password, and names no proxy of the host’s: %s=%s', (name, value) => {
    const found = variables({}, { [name]: value })[name] ?? '';
    expect(found).not.toContain('SECRET');
    expect(found).not.toContain('proxy.example');
  });

  test.each([
    ['JAVA_TOOL_OPTIONS', '-Xmx1g'],
    ['JAVA_TOOL_OPTIONS', '-XX:+UseG1GC -XX:MaxRAMPercentage=75.0 -Dfile.encoding=UTF-8 -Djava.awt.headless=true'],
    ['GITHUB_SERVER_URL', 'https://github.example'],
    ['JAVA_HOME', '/usr/lib/jvm/java-21'],
    ['LC_MESSAGES', 'de_DE.UTF-8@euro'],
  ])('control: %s=%s passes', (name, value) => {
    expect(variables({}, { [name]: value })[name]).toContain(value);
  });

  test.each([{ envAll: true }, named('YARN_HTTPS_PROXY')])('control: what is asked for passes: %j', (options) => {
    const value = 'http://user:pass@proxy.example:3128';
    expect(variables(options, { YARN_HTTPS_PROXY: value })['YARN_HTTPS_PROXY']).toBe(value);
  });
});

test.each(['CARGO_HOME', 'GOPATH', 'GEM_HOME', 'PIPX_HOME'])(
  '%s is in the private home, unless env overrides it',
  (name) => {
    const host = { [name]: '/usr/local/read-only' };
    for (const options of [{}, { envAll: true }]) expect(variables(options, host)[name]).toBe(ALWAYS[name as 'GOPATH']);
    expect(variables(named(name, '/workspace/cache'), host)[name]).toBe('/workspace/cache');
    expect(variables(named(name), host)[name]).toBe('/usr/local/read-only');
  },
);

/** Names that never have a value from the user, whatever the options are. */
const NEVER = [
  ...['OPENAI_API_KEY', 'OPENAI_KEY', 'CODEX_API_KEY', 'ANTHROPIC_API_KEY', 'CLAUDE_API_KEY'],
  ...['COPILOT_GITHUB_TOKEN', 'COPILOT_API_KEY', 'COPILOT_TOKEN', 'COPILOT_PROVIDER_API_KEY', 'GEMINI_API_KEY'],
  'ANTHROPIC_AUTH_TOKEN',
  // Further credentials that today's programs accept.
  ...['CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_OAUTH_REFRESH_TOKEN', 'ANTHROPIC_IDENTITY_TOKEN'],
  ...['ANTHROPIC_FOUNDRY_API_KEY', 'OPENAI_ADMIN_KEY', 'AZURE_OPENAI_API_KEY', 'AZURE_OPENAI_AD_TOKEN'],
  ...['CODEX_ACCESS_TOKEN', 'COPILOT_PROVIDER_BEARER_TOKEN', 'GOOGLE_API_KEY', 'GOOGLE_GENAI_API_KEY'],
  ...['INPUT_RUN', 'INPUT_ANYTHING', 'ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RUNTIME_URL', 'ACTIONS_RESULTS_URL'],
  ...['ACTIONS_CACHE_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_URL'],
  ...['ACTIONS_CACHE_SERVICE_V2', 'ACTIONS_CACHE_MODE', 'ACTIONS_ORCHESTRATION_ID', 'ACTIONS_OF_TOMORROW'],
  ...['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_ACTION_PATH', 'STATE_awf'],
  ...['DOCKER_HOST', 'CONTAINER_HOST', 'SSH_AUTH_SOCK', 'GPG_AGENT_INFO', 'DBUS_SESSION_BUS_ADDRESS', 'NOTIFY_SOCKET'],
];

/** Names that only the sandbox may set. */
const RESERVED = [
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'NO_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy'],
  ...['AWF_API_PROXY_IP', 'AWF_ONE_SHOT_TOKENS', 'AWF_CHECKS', 'LD_PRELOAD', 'LD_AUDIT', 'HOME', 'USER', 'TMPDIR'],
  ...['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'RUNNER_TEMP', 'XDG_RUNTIME_DIR', 'Http_Proxy', 'nO_PrOxY', 'Ftp_proxy'],
  ...['PWD', 'OLDPWD', 'SHLVL', '_'],
];

describe.each([
  ['no credential given', new Map<string, string>()],
  ['all credentials given', SENTINELS],
])('never in the agent, with %s', (_, secrets) => {
  test.each([...NEVER, ...RESERVED])('%s of the host, with env-all', (name) => {
    const { variables: found, withheld } = environmentOf({ secrets, envAll: true }, { [name]: 'of-host' });
    expect(Object.values(found)).not.toContain('of-host');
    expect(JSON.stringify(withheld)).not.toContain('of-host');
  });

  test.each([...NEVER, ...RESERVED])('%s by env', (name) => {
    for (const [value, host] of [
      ['of-env', {}],
      [undefined, { [name]: 'of-host' }],
    ] as const) {
      const error = thrown(() => environmentOf({ secrets, ...named(name, value) }, host));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toBe(`env: ${name} cannot be given to the command.`);
      expect(error.hint).toBeTruthy();
      expect(error.message + (error.hint ?? '')).not.toMatch(/of-(env|host)/);
    }
  });
});

describe('never by value', () => {
  test.each([...SENTINELS])('%s in a variable of the host', (variable, secret) => {
    const host = { LANG: `x${secret}`, MY_COPY: `Bearer ${secret}`, HARMLESS: 'yes' };
    for (const envAll of [true, false]) {
      const { variables: found, withheld } = environmentOf({ secrets: SENTINELS, envAll }, host);
      expect(JSON.stringify({ found, withheld })).not.toContain(secret);
      expect(withheld.map(({ name }) => name)).toEqual(envAll ? ['LANG', 'MY_COPY'] : ['LANG']);
      expect(withheld[0]?.reason).toContain(variable);
      expect(found['HARMLESS']).toBe(envAll ? 'yes' : undefined);
    }
  });

  test.each([...SENTINELS])('%s in a variable of env', (variable, secret) => {
    for (const [value, host] of [
      [`x-${secret}`, {}],
      [undefined, { MY_COPY: secret }],
    ] as const) {
      const { variables: found, withheld } = environmentOf({ secrets: SENTINELS, ...named('MY_COPY', value) }, host);
      expect(found).not.toHaveProperty('MY_COPY');
      expect(withheld).toEqual([{ name: 'MY_COPY', reason: expect.stringContaining(variable) as string }]);
    }
  });

  test('a value on the host that env overrides is replaced', () => {
    const host = { MY_COPY: SENTINELS.get('OPENAI_API_KEY')! };
    const options = { secrets: SENTINELS, envAll: true, ...named('MY_COPY', 'clean') };
    expect(variables(options, host)['MY_COPY']).toBe('clean');
  });
});

describe('a placeholder in env, for programs that require a key', () => {
  test.each([
    ['OPENAI_API_KEY', 'placeholder'],
    ['OPENAI_API_KEY', PLACEHOLDER],
    ['CODEX_API_KEY', 'placeholder'],
    ['ANTHROPIC_API_KEY', 'sk-ant-placeholder-key-for-credential-isolation'],
  ])('%s=%s is accepted', (name, value) => {
    expect(variables({ secrets: SENTINELS, ...named(name, value) })[name]).toBe(value);
    expect(variables({ ...named(name) }, { [name]: value })[name]).toBe(value);
  });

  test.each(['placeholder2', 'Placeholder', ' placeholder', 'sk-real', ''])(
    'OPENAI_API_KEY=%j is rejected',
    (value) => {
      const error = thrown(() => environmentOf(named('OPENAI_API_KEY', value)));
      expect(error).toBeInstanceOf(UserError);
      expect(error.hint).toContain('OPENAI_API_KEY=placeholder');
    },
  );

  test.each([
    ['action', 'env: OPENAI_API_KEY cannot', 'as an input of the action'],
    ['cli', '--env: OPENAI_API_KEY cannot', 'in the environment of awf'],
  ] as const)('an error uses the option names of the %s', (frontEnd, problem, remedy) => {
    const error = thrown(() => environmentOf({ frontEnd, ...named('OPENAI_API_KEY', 'sk-real') }));
    expect(error.message).toContain(problem);
    expect(error.hint).toContain(remedy);
  });

  test('the sandbox’s own one stays', () => {
    expect(variables(named('GEMINI_API_KEY', 'placeholder'))).toMatchObject(ALWAYS);
  });
});

describe('what passes', () => {
  // environment-policy.test.ts has a row for every variable of a hosted runner.

  test.each(['GITHUB_TOKEN', 'MY_SETTING', 'constructor'])('%s if env names it', (name) => {
    expect(variables(named(name), { [name]: 'of-host' })[name]).toBe('of-host');
    expect(variables(named(name, 'of-env'), { [name]: 'of-host' })[name]).toBe('of-env');
  });

  test.each(['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'])(
    '%s is in the private home, wherever it is on the host; env may name another place',
    (name) => {
      const host = { [name]: '/somewhere/else' };
      for (const envAll of [true, false]) {
        expect(variables({ envAll }, host)[name]).toMatch(/^\/home\/runner\/\./);
        expect(variables({ envAll, ...named(name, '/workspace/.cache') }, host)[name]).toBe('/workspace/.cache');
      }
    },
  );

  test('env-all warns about a model credential under another name, and nothing else does', () => {
    const host = { CODEX_ACCESS_TOKEN: 'x', GOOGLE_API_KEY: '', COPILOT_TOKEN: PLACEHOLDER };
    expect(environmentOf({ envAll: true }, host).withheld).toEqual([
      { name: 'CODEX_ACCESS_TOKEN', reason: expect.stringContaining('credential for a model') as string },
    ]);
    expect(environmentOf({}, host).withheld).toEqual([]);
    const all = Object.fromEntries(SENTINELS);
    expect(environmentOf({ envAll: true, secrets: SENTINELS }, all).withheld).toEqual([]);
  });

  test('any value, byte for byte', () => {
    const value = ' a\n\'"$(x)`y`\\\u{1f600}';
    expect(variables({ envAll: true, ...named('B', value) }, { A: value })).toMatchObject({
      A: value,
      B: value,
    });
  });

  test('a name in env that is not set is reported', () => {
    const { withheld, warnings } = environmentOf(named('MISSING'));
    expect(withheld).toEqual([]);
    expect(warnings).toEqual(['env lists MISSING, but this step does not set it. Add it under env: of the step.']);
  });

  test('the names of what comes from outside are known', () => {
    const { passed } = environmentOf(named('ASKED', 'x'), { LANG: 'C', SECRET: 'y' });
    expect(passed).toEqual({ fromHost: ['LANG'], asked: ['ASKED'] });
  });
});

describe('preflightChecks', () => {
  const checks = (options: ConfigOverrides = {}): string[] =>
    preflightChecks(aConfig(options), ADDRESSES, environmentOf(options), new Map([['/work space', '1:2']]));
  const of = (kind: string, lines: readonly string[]): string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));

  test('without a credential: no variable may be set except Gemini’s placeholder', () => {
    const lines = checks();
    expect(of('absent', lines)).toEqual(
      expect.arrayContaining([
        ...['OPENAI_API_KEY', 'OPENAI_KEY', 'CODEX_API_KEY', 'ANTHROPIC_API_KEY', 'CLAUDE_API_KEY'],
        ...['COPILOT_GITHUB_TOKEN', 'COPILOT_API_KEY'],
      ]),
    );
    expect(of('placeholder', lines)).toEqual(['GEMINI_API_KEY gemini-api-key-placeholder-for-credential-isolation']);
    expect(of('listening', lines)).toEqual(['GEMINI_API_BASE_URL', 'GOOGLE_GEMINI_BASE_URL']);
  });

  test('the workspace is the runner’s', () => {
    expect(of('same', checks())).toEqual(['1:2 /work space']);
  });

  test('with every credential of the interface: each placeholder, each base URL', () => {
    const lines = checks({ secrets: given(...INTERFACE) });
    const placeholders = of('placeholder', lines).map((line) => line.split(' ')[0]);
    expect(of('absent', lines)).toEqual(CREDENTIAL_NAMES.filter((name) => !placeholders.includes(name)));
    expect(of('absent', lines)).toEqual(
      expect.arrayContaining([
        ...['OPENAI_API_KEY', 'OPENAI_KEY', 'CODEX_API_KEY', 'ANTHROPIC_API_KEY', 'CLAUDE_API_KEY'],
        ...['AZURE_OPENAI_API_KEY', 'CODEX_ACCESS_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'COPILOT_PROVIDER_BEARER_TOKEN'],
        'GOOGLE_API_KEY',
      ]),
    );
    expect(of('placeholder', lines).toSorted()).toEqual(
      [
        `ANTHROPIC_AUTH_TOKEN ${PLACEHOLDER}`,
        `COPILOT_API_KEY ${PLACEHOLDER}`,
        `COPILOT_GITHUB_TOKEN ${PLACEHOLDER}`,
        `COPILOT_PROVIDER_API_KEY ${PLACEHOLDER}`,
        `COPILOT_TOKEN ${PLACEHOLDER}`,
        'GEMINI_API_KEY gemini-api-key-placeholder-for-credential-isolation',
      ].toSorted(),
    );
    expect(of('listening', lines).toSorted()).toEqual(
      [
        ...['ANTHROPIC_BASE_URL', 'COPILOT_API_URL', 'COPILOT_PROVIDER_BASE_URL', 'GEMINI_API_BASE_URL'],
        ...['GOOGLE_GEMINI_BASE_URL', 'OPENAI_BASE_URL'],
      ].toSorted(),
    );
  });

  test('a placeholder set by env is checked for its value', () => {
    const lines = checks(named('OPENAI_API_KEY', 'placeholder'));
    expect(of('placeholder', lines)).toContain('OPENAI_API_KEY placeholder');
    expect(of('absent', lines)).not.toContain('OPENAI_API_KEY');
  });

  test('the network is checked in every run', () => {
    const lines = checks({ apiProxy: false });
    expect(of('isolated', lines)).toEqual(['172.30.0.1 probe.awf.invalid']);
    expect(of('squid', lines)).toEqual([expect.stringMatching(/^172\.30\.0\.10:3128 \S+\.invalid$/)]);
    expect(of('listening', lines)).toEqual([]);
  });
});
