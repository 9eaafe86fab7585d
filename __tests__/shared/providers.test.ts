/**
 * Compares the provider table with the interface, which is written out here a second time. Users' workflows depend on
 * it, so this file is the specification for these providers. The tests below apply to every provider in the table.
 */

import { describe, expect, test } from 'vitest';
import { CLAUDE_KEY_HELPER, PLACEHOLDER_CLAUDE_KEY } from '../../src/shared/contract.ts';
import { nameMatcher } from '../../src/shared/name-patterns.ts';
import type { AgentVariable } from '../../src/shared/provider-entry.ts';
import {
  ACCEPTED_PLACEHOLDERS,
  CREDENTIAL_PATTERNS,
  CREDENTIAL_VARIABLES,
  CREDENTIALS,
  NO_CREDENTIALS,
  ONE_SHOT_TOKENS,
  PROVIDERS,
  type ProviderId,
} from '../../src/shared/providers.ts';

const TOKEN = 'placeholder-token-for-credential-isolation';

/** Port, host, the target's input and variable, credentials, and what is injected. */
const INTERFACE = {
  openai: {
    port: 10000,
    host: 'api.openai.com',
    target: ['openai-api-target', 'OPENAI_API_TARGET'],
    credentials: { OPENAI_API_KEY: 'openai-api-key' },
    header: ['authorization', 'Bearer '],
    defaults: {},
  },
  anthropic: {
    port: 10001,
    host: 'api.anthropic.com',
    target: ['anthropic-api-target', 'ANTHROPIC_API_TARGET'],
    credentials: { ANTHROPIC_API_KEY: 'anthropic-api-key', CLAUDE_CODE_OAUTH_TOKEN: 'anthropic-oauth-token' },
    header: ['x-api-key', ''],
    defaults: { 'anthropic-version': '2023-06-01' },
  },
  copilot: {
    port: 10002,
    host: 'api.githubcopilot.com',
    target: ['copilot-api-target', 'COPILOT_API_TARGET'],
    credentials: { COPILOT_GITHUB_TOKEN: 'copilot-github-token', COPILOT_API_KEY: 'copilot-api-key' },
    header: ['authorization', 'Bearer '],
    defaults: {},
  },
  gemini: {
    port: 10003,
    host: 'generativelanguage.googleapis.com',
    target: ['gemini-api-target', 'GEMINI_API_TARGET'],
    credentials: { GEMINI_API_KEY: 'gemini-api-key' },
    header: ['x-goog-api-key', ''],
    defaults: {},
  },
};

type Specified = keyof typeof INTERFACE;

/**
 * The agent's variables: when they are set and to what. For a base URL the value is the path after the sidecar's
 * address.
 */
const AGENT: Readonly<Record<Specified, Readonly<Record<string, [when: string, value: string]>>>> = {
  openai: { OPENAI_BASE_URL: ['configured', '/v1'] },
  anthropic: {
    ANTHROPIC_BASE_URL: ['configured', ''],
    ANTHROPIC_AUTH_TOKEN: ['configured', TOKEN],
    CLAUDE_CODE_API_KEY_HELPER: ['configured', '/tmp/awf-lib/get-claude-key.sh'],
    CLAUDE_CODE_API_KEY_HELPER_TTL_MS: ['configured', '3600000'],
    IS_SANDBOX: ['always', '1'],
  },
  copilot: {
    COPILOT_API_URL: ['configured', ''],
    COPILOT_TOKEN: ['configured', TOKEN],
    COPILOT_GITHUB_TOKEN: ['COPILOT_GITHUB_TOKEN', TOKEN],
    COPILOT_API_KEY: ['COPILOT_API_KEY', TOKEN],
    COPILOT_OFFLINE: ['COPILOT_API_KEY', 'true'],
    GH_TOKEN: ['own-mode', 'ghu_placeholderTokenForCredentialIsolation'],
    COPILOT_PROVIDER_BASE_URL: ['provider-mode', ''],
    COPILOT_PROVIDER_API_KEY: ['provider-mode', TOKEN],
    COPILOT_MODEL: ['provider-mode', ''],
    COPILOT_PROVIDER_WIRE_API: ['provider-mode', ''],
  },
  gemini: {
    GEMINI_API_BASE_URL: ['always', ''],
    GOOGLE_GEMINI_BASE_URL: ['always', ''],
    GEMINI_API_KEY: ['always', 'gemini-api-key-placeholder-for-credential-isolation'],
  },
};

const when = (variable: AgentVariable): string =>
  typeof variable.when === 'string' ? variable.when : variable.when.credential;

describe.each(Object.keys(INTERFACE) as Specified[])('the interface of %s', (id) => {
  const expected = INTERFACE[id];
  const provider = PROVIDERS.find((one) => one.id === id)!;

  test('has its port and host', () => {
    expect([provider.port, provider.defaultTarget]).toEqual([expected.port, expected.host]);
  });

  test('has its option and variable for a custom upstream', () => {
    expect([provider.targetInput, provider.targetVariable]).toEqual(expected.target);
  });

  test('has its credentials, by variable and input', () => {
    const credentials = provider.credentials.map(({ variable, input }) => [variable, input]);
    expect(credentials).toEqual(Object.entries(expected.credentials));
  });

  test('has its header', () => {
    const { header, prefix, defaults } = provider.injection;
    expect([header, prefix]).toEqual(expected.header);
    expect(defaults).toEqual(expected.defaults);
  });

  test('gives the agent its variables', () => {
    const variables = provider.agentVariables.map((variable) => [variable.name, [when(variable), variable.value]]);
    expect(Object.fromEntries(variables)).toEqual(AGENT[id]);
    expect(variables).toHaveLength(Object.keys(AGENT[id]).length);
  });
});

describe.each(PROVIDERS)('$id', (provider) => {
  test('its port follows from its place in the table, and its names follow from its id', () => {
    const { id, port, targetInput, targetVariable, authHeaderInput, authHeaderVariable, credentials } = provider;
    const prefix = id.toUpperCase();
    expect([port, targetInput, targetVariable, authHeaderInput, authHeaderVariable]).toEqual([
      10_000 + PROVIDERS.indexOf(provider),
      ...[`${id}-api-target`, `${prefix}_API_TARGET`, `${id}-auth-header`, `AWF_${prefix}_AUTH_HEADER`],
    ]);
    for (const { variable, input, label } of credentials) {
      expect(input.startsWith(`${id}-`)).toBe(true);
      // Claude Code's own name for it.
      if (variable !== 'CLAUDE_CODE_OAUTH_TOKEN') expect(input).toBe(variable.toLowerCase().replaceAll('_', '-'));
      expect(label).toMatch(/^an? .+ (?:key|token)$/);
    }
  });

  test('no value of the user’s reaches the agent under another name of a credential', () => {
    const { aliases, wellKnown, patterns } = provider.withheld;
    const isWithheld = nameMatcher(CREDENTIAL_PATTERNS);
    const credentials = provider.credentials.map(({ variable }) => variable);
    expect([...credentials, ...aliases, ...wellKnown].filter((name) => !isWithheld(name))).toEqual([]);
    expect(patterns.filter((pattern) => !/^[A-Z_]+_\*[A-Z_]+$/.test(pattern))).toEqual([]);
  });

  test('allows something that costs tokens, and lists nothing twice', () => {
    const routes = provider.endpoints.map(({ method, path }) => `${method} ${path}`);
    expect(provider.endpoints.some(({ method, free }) => method === 'POST' && !free)).toBe(true);
    expect(routes).toEqual([...new Set(routes)]);
  });

  test('an error contains its message in the provider’s format', () => {
    expect(JSON.stringify(provider.errorBody({ status: 503, code: 'x', message: 'Set it.' }))).toContain('"Set it."');
  });

  test('every placeholder is recognised as one, and every base URL is checked', () => {
    for (const { name, role, value, yields } of provider.agentVariables) {
      expect([name, role === 'base-url']).toEqual([name, /_(BASE_URL|API_URL)$/.test(name)]);
      expect([name, role === 'placeholder']).toEqual([name, value.includes('placeholder') && !yields]);
      if (role === 'placeholder') expect(ACCEPTED_PLACEHOLDERS).toContain(value);
    }
  });

  test('lets no credential header through', () => {
    const credential = ['authorization', 'x-api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie', 'forwarded'];
    const passes = (header: string): boolean =>
      provider.requestHeaders.some((name) =>
        name.endsWith('*') ? header.startsWith(name.slice(0, -1)) : header === name,
      );
    expect([...credential, 'x-forwarded-host', 'connection', 'host'].filter(passes)).toEqual([]);
    expect(provider.requestHeaders.every((name) => /^[a-z][a-z0-9_-]*\*?$/.test(name) && name !== '*')).toBe(true);
  });

  test('its settings are below /etc or the home, in their own directory', () => {
    for (const { path } of provider.managedSettings) expect(path).toMatch(/^(?:\/etc|~)\/[\w.-]+\/[\w.-]+$/);
  });
});

test('the user can only change the helper’s time to live, Copilot’s model and Claude’s word for a sandbox', () => {
  const overridable = PROVIDERS.flatMap(({ agentVariables }) => agentVariables.filter((one) => one.overridable));
  expect(overridable.map(({ name }) => name)).toEqual([
    'CLAUDE_CODE_API_KEY_HELPER_TTL_MS',
    'IS_SANDBOX',
    'COPILOT_MODEL',
    'COPILOT_PROVIDER_WIRE_API',
  ]);
});

test('Gemini’s key is dropped from the query', () => {
  expect(PROVIDERS.find(({ id }) => id === 'gemini')!.credentialQuery).toContain('key');
});

describe('invariants', () => {
  test.each<[string, (typeof PROVIDERS)[number][keyof (typeof PROVIDERS)[number]][]]>([
    ['ports', PROVIDERS.map(({ port }) => port)],
    ['hosts', PROVIDERS.map(({ defaultTarget }) => defaultTarget)],
    ['variables', PROVIDERS.flatMap(({ agentVariables }) => agentVariables.map(({ name }) => name))],
    ['credentials', CREDENTIALS.map(({ variable }) => variable)],
    ['inputs', [...CREDENTIALS.map(({ input }) => input), ...PROVIDERS.map(({ targetInput }) => targetInput)]],
  ])('no two of the %s are the same', (_, values) => {
    expect(values).toEqual([...new Set(values)]);
  });

  test('the names that are withheld', () => {
    expect(CREDENTIAL_VARIABLES).toEqual(
      expect.arrayContaining([
        ...['OPENAI_API_KEY', 'OPENAI_KEY', 'CODEX_API_KEY', 'ANTHROPIC_API_KEY', 'CLAUDE_API_KEY'],
        ...['COPILOT_GITHUB_TOKEN', 'COPILOT_API_KEY', 'GEMINI_API_KEY'],
      ]),
    );
    const other = PROVIDERS.flatMap(({ withheld }) => withheld.aliases);
    expect(CREDENTIAL_VARIABLES).toHaveLength(CREDENTIALS.length + other.length);
  });

  test('the names that can be read only once, and those that child processes need', () => {
    expect(ONE_SHOT_TOKENS.slice(0, 2)).toEqual(['COPILOT_GITHUB_TOKEN', 'GITHUB_TOKEN']);
    const needed = ['ANTHROPIC_AUTH_TOKEN', 'GEMINI_API_KEY', 'OPENAI_API_KEY', 'COPILOT_API_KEY', 'COPILOT_TOKEN'];
    expect(needed.filter((name) => ONE_SHOT_TOKENS.includes(name))).toEqual([]);
    expect(ONE_SHOT_TOKENS.filter((name) => !/^[A-Z_]+$/.test(name))).toEqual([]);
  });

  test('placeholders', () => {
    expect(PLACEHOLDER_CLAUDE_KEY).toBe('sk-ant-placeholder-key-for-credential-isolation');
    expect(CLAUDE_KEY_HELPER).toBe('/tmp/awf-lib/get-claude-key.sh');
    expect(ACCEPTED_PLACEHOLDERS).toEqual(
      expect.arrayContaining([
        ...['placeholder', TOKEN, PLACEHOLDER_CLAUDE_KEY, 'gemini-api-key-placeholder-for-credential-isolation'],
      ]),
    );
    expect(ACCEPTED_PLACEHOLDERS.filter((value) => !value.includes('placeholder'))).toEqual([]);
  });

  test('the message for a run without any key', () => {
    const sentence =
      /^API proxy enabled but no API keys found in environment. Set ([A-Z_, ]+), or ([A-Z_]+) to use the proxy$/;
    const [, all = '', last = ''] = sentence.exec(NO_CREDENTIALS) ?? [];
    const names = [...all.split(', '), last];
    const specified = [
      ...['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'COPILOT_GITHUB_TOKEN', 'COPILOT_API_KEY'],
    ];
    expect(names.filter((name) => specified.includes(name))).toEqual(specified);
    expect([...names, 'CLAUDE_CODE_OAUTH_TOKEN'].toSorted()).toEqual(
      CREDENTIALS.map(({ variable }) => variable).toSorted(),
    );
  });
});

describe('an error has the provider’s own format', () => {
  const error = { status: 503, code: 'credential_missing', message: 'Set it.' };
  const forbidden = { ...error, status: 403 };

  test.each<[ProviderId, object, object]>([
    [
      'openai',
      { error: { message: 'Set it.', type: 'server_error', param: null, code: 'credential_missing' } },
      { error: { message: 'Set it.', type: 'invalid_request_error', param: null, code: 'credential_missing' } },
    ],
    [
      'anthropic',
      { type: 'error', error: { type: 'api_error', message: 'Set it.' } },
      { type: 'error', error: { type: 'permission_error', message: 'Set it.' } },
    ],
    [
      'copilot',
      { error: { message: 'Set it.', code: 'credential_missing' } },
      { error: { message: 'Set it.', code: 'credential_missing' } },
    ],
    [
      'gemini',
      { error: { code: 503, message: 'Set it.', status: 'UNAVAILABLE' } },
      { error: { code: 403, message: 'Set it.', status: 'PERMISSION_DENIED' } },
    ],
  ])('%s', (id, of503, of403) => {
    const provider = PROVIDERS.find((one) => one.id === id)!;
    expect(provider.errorBody(error)).toEqual(of503);
    expect(provider.errorBody(forbidden)).toEqual(of403);
  });
});
