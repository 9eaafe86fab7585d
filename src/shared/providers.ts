/**
 * The provider table: the only place that knows a provider's port, host, header, key names, placeholders, base-URL
 * variables, error shape and managed settings. Adding a provider is one entry here.
 *
 * Which variables and files the agent programs read was measured, see docs/agents.md.
 */

import { CLAUDE_KEY_HELPER } from './contract.ts';
import { COPILOT_HOST, copilotHost, isCopilotHost } from './copilot-host.ts';
import {
  anthropicErrorBody,
  copilotErrorBody,
  googleErrorBody,
  openAiErrorBody,
  type ApiError,
} from './error-shapes.ts';
import {
  ANTHROPIC_ENDPOINTS,
  COPILOT_ENDPOINTS,
  GEMINI_ENDPOINTS,
  OPENAI_ENDPOINTS,
  type Endpoint,
} from './endpoints.ts';
import { ANTHROPIC_USAGE, COPILOT_USAGE, GEMINI_USAGE, OPENAI_USAGE, type UsageDialect } from './usage.ts';

export type ProviderId = 'openai' | 'anthropic' | 'copilot' | 'gemini';

/** What stands in the agent's environment where a program expects a credential. */
const PLACEHOLDER_TOKEN = 'placeholder-token-for-credential-isolation';
/** What `get-claude-key.sh` prints. */
export const PLACEHOLDER_CLAUDE_KEY = 'sk-ant-placeholder-key-for-credential-isolation';
const PLACEHOLDER_GEMINI_KEY = 'gemini-api-key-placeholder-for-credential-isolation';

/** Values that a user may put into a credential variable of the agent, for SDKs that insist on one. */
export const ACCEPTED_PLACEHOLDERS: readonly string[] = [
  'placeholder',
  PLACEHOLDER_TOKEN,
  PLACEHOLDER_CLAUDE_KEY,
  PLACEHOLDER_GEMINI_KEY,
];

/** A secret that a user hands over: the action's input and the variable of the same meaning. */
export interface Credential {
  readonly variable: string;
  readonly input: string;
  /** For people: "a Copilot token". */
  readonly label: string;
}

/** A variable that the agent gets because of a provider. */
export interface AgentVariable {
  readonly name: string;
  /** `configured`: any credential of the provider was given; otherwise the variable of the credential it depends on. */
  readonly when: 'always' | 'configured' | { readonly credential: string };
  /** `base-url` is checked for a listener and `placeholder` for its exact value before the command runs. */
  readonly role: 'base-url' | 'placeholder' | 'setting';
  /** The value; for `base-url` the path behind `http://<sidecar>:<port>`. */
  readonly value: string;
  /** The user's own value, where set, wins. */
  readonly overridable?: true;
}

/** A settings file of an agent program. */
export interface ManagedSettings {
  /** Absolute: the machine's place, mounted read-only. With `~/` in front: in the private home, for programs that want more. */
  readonly path: string;
  readonly when: 'always' | 'configured';
  /** @param baseUrl `http://<sidecar>:<port>`, without a path */
  readonly content: (baseUrl: string) => string;
}

export interface Provider {
  readonly id: ProviderId;
  readonly name: string;
  /** The sidecar's port for this provider. */
  readonly port: number;
  /** Host of the provider's public API. */
  readonly defaultTarget: string;
  /** For a provider whose API has another host for the users of another GitHub server. */
  readonly byServer?: {
    /** @param serverUrl value of `GITHUB_SERVER_URL` @throws ValueError naming the variable */
    readonly host: (serverUrl: string | undefined) => string;
    /** True for every value of `host`. */
    readonly includes: (host: string) => boolean;
  };
  readonly targetInput: `${ProviderId}-api-target`;
  readonly targetVariable: string;
  /** In order of precedence: the first one given is injected. */
  readonly credentials: readonly Credential[];
  readonly injection: {
    /** Lower case. */
    readonly header: string;
    /** Stands before the credential in the header's value. */
    readonly prefix: string;
    /** Sent with these values where the client sends none; lower case. */
    readonly defaults: Readonly<Record<string, string>>;
  };
  /** What passes to the provider; everything else is refused. */
  readonly endpoints: readonly Endpoint[];
  /** Query parameters that carry a credential and are dropped. */
  readonly credentialQuery: readonly string[];
  /** Names of request headers that pass beside the common ones; a trailing `*` is a prefix. Lower case. */
  readonly requestHeaders: readonly string[];
  /** WebSocket subprotocols that pass; a trailing `*` is a prefix. Any other may be a key. */
  readonly subprotocols: readonly string[];
  readonly agentVariables: readonly AgentVariable[];
  readonly managedSettings: readonly ManagedSettings[];
  /** Hosts that the provider's own program contacts besides the API, known noise in a report when they are refused. */
  readonly sideTraffic: readonly string[];
  /** How its answers say what they used. */
  readonly usage: UsageDialect;
  /** The body of an error, in the shape that the provider's clients parse. */
  readonly errorBody: (error: ApiError) => unknown;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  port: 10000,
  defaultTarget: 'api.openai.com',
  targetInput: 'openai-api-target',
  targetVariable: 'OPENAI_API_TARGET',
  credentials: [{ variable: 'OPENAI_API_KEY', input: 'openai-api-key', label: 'an OpenAI key' }],
  injection: { header: 'authorization', prefix: 'Bearer ', defaults: {} },
  endpoints: OPENAI_ENDPOINTS,
  credentialQuery: [],
  requestHeaders: ['openai-*', 'originator', 'session_id', 'session-id', 'conversation_id', 'x-codex-*', 'chatgpt-*'],
  // https://platform.openai.com/docs/guides/realtime-websocket; openai-insecure-api-key.<key> is the one to lose.
  subprotocols: ['realtime', 'openai-beta.*', 'openai-organization.*', 'openai-project.*'],
  agentVariables: [{ name: 'OPENAI_BASE_URL', when: 'configured', role: 'base-url', value: '/v1' }],
  managedSettings: [
    {
      path: '/etc/codex/config.toml',
      when: 'configured',
      content: (baseUrl) => `openai_base_url = ${JSON.stringify(`${baseUrl}/v1`)}\n`,
    },
  ],
  sideTraffic: ['chatgpt.com', 'ab.chatgpt.com', 'github.com', 'api.github.com'],
  usage: OPENAI_USAGE,
  errorBody: openAiErrorBody,
};

const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic',
  port: 10001,
  defaultTarget: 'api.anthropic.com',
  targetInput: 'anthropic-api-target',
  targetVariable: 'ANTHROPIC_API_TARGET',
  credentials: [{ variable: 'ANTHROPIC_API_KEY', input: 'anthropic-api-key', label: 'an Anthropic key' }],
  injection: { header: 'x-api-key', prefix: '', defaults: { 'anthropic-version': '2023-06-01' } },
  endpoints: ANTHROPIC_ENDPOINTS,
  credentialQuery: [],
  requestHeaders: ['anthropic-*', 'x-app', 'x-claude-*'],
  subprotocols: [],
  agentVariables: [
    { name: 'ANTHROPIC_BASE_URL', when: 'configured', role: 'base-url', value: '' },
    { name: 'ANTHROPIC_AUTH_TOKEN', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
    { name: 'CLAUDE_CODE_API_KEY_HELPER', when: 'configured', role: 'setting', value: CLAUDE_KEY_HELPER },
    {
      name: 'CLAUDE_CODE_API_KEY_HELPER_TTL_MS',
      when: 'configured',
      role: 'setting',
      value: '3600000',
      overridable: true,
    },
  ],
  managedSettings: [
    {
      path: '/etc/claude-code/managed-settings.json',
      when: 'configured',
      content: () => json({ apiKeyHelper: CLAUDE_KEY_HELPER }),
    },
  ],
  sideTraffic: ['api.anthropic.com', 'statsig.anthropic.com', 'sentry.io'],
  usage: ANTHROPIC_USAGE,
  errorBody: anthropicErrorBody,
};

const copilot: Provider = {
  id: 'copilot',
  name: 'GitHub Copilot',
  port: 10002,
  defaultTarget: COPILOT_HOST,
  byServer: { host: copilotHost, includes: isCopilotHost },
  targetInput: 'copilot-api-target',
  targetVariable: 'COPILOT_API_TARGET',
  credentials: [
    { variable: 'COPILOT_GITHUB_TOKEN', input: 'copilot-github-token', label: 'a Copilot token' },
    { variable: 'COPILOT_API_KEY', input: 'copilot-api-key', label: 'a Copilot key' },
  ],
  injection: { header: 'authorization', prefix: 'Bearer ', defaults: {} },
  endpoints: COPILOT_ENDPOINTS,
  credentialQuery: [],
  requestHeaders: ['copilot-*', 'editor-*', 'x-initiator', 'x-interaction-*', 'x-github-api-version', 'openai-*'],
  subprotocols: [],
  agentVariables: [
    { name: 'COPILOT_API_URL', when: 'configured', role: 'base-url', value: '' },
    { name: 'COPILOT_TOKEN', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
    {
      name: 'COPILOT_GITHUB_TOKEN',
      when: { credential: 'COPILOT_GITHUB_TOKEN' },
      role: 'placeholder',
      value: PLACEHOLDER_TOKEN,
    },
    { name: 'COPILOT_API_KEY', when: { credential: 'COPILOT_API_KEY' }, role: 'placeholder', value: PLACEHOLDER_TOKEN },
    { name: 'COPILOT_OFFLINE', when: { credential: 'COPILOT_API_KEY' }, role: 'setting', value: 'true' },
    // Today's CLI asks api.github.com about a token, and a placeholder is none; of a provider of its user's own it asks
    // nobody. So these are set for a token too, and with them it needs a model by name.
    { name: 'COPILOT_PROVIDER_BASE_URL', when: 'configured', role: 'base-url', value: '' },
    { name: 'COPILOT_PROVIDER_API_KEY', when: 'configured', role: 'placeholder', value: PLACEHOLDER_TOKEN },
    { name: 'COPILOT_MODEL', when: 'configured', role: 'setting', value: 'gpt-4.1', overridable: true },
  ],
  managedSettings: [],
  sideTraffic: ['api.github.com'],
  usage: COPILOT_USAGE,
  errorBody: copilotErrorBody,
};

const gemini: Provider = {
  id: 'gemini',
  name: 'Google Gemini',
  port: 10003,
  defaultTarget: 'generativelanguage.googleapis.com',
  targetInput: 'gemini-api-target',
  targetVariable: 'GEMINI_API_TARGET',
  credentials: [{ variable: 'GEMINI_API_KEY', input: 'gemini-api-key', label: 'a Gemini key' }],
  injection: { header: 'x-goog-api-key', prefix: '', defaults: {} },
  endpoints: GEMINI_ENDPOINTS,
  // https://cloud.google.com/apis/docs/system-parameters, and those of the API's discovery document
  credentialQuery: ['key', '$key', 'access_token', 'oauth_token'],
  requestHeaders: ['x-goog-api-client', 'x-goog-request-params', 'x-gemini-*'],
  subprotocols: [],
  agentVariables: [
    { name: 'GEMINI_API_BASE_URL', when: 'always', role: 'base-url', value: '' },
    { name: 'GOOGLE_GEMINI_BASE_URL', when: 'always', role: 'base-url', value: '' },
    { name: 'GEMINI_API_KEY', when: 'always', role: 'placeholder', value: PLACEHOLDER_GEMINI_KEY },
  ],
  managedSettings: [
    {
      // It takes the machine's own (/etc/gemini-cli) from a directory of root's only, and an ordinary user can make none.
      path: '~/.gemini/settings.json',
      when: 'always',
      content: () => json({ security: { auth: { selectedType: 'gemini-api-key' } } }),
    },
  ],
  sideTraffic: ['play.googleapis.com'],
  usage: GEMINI_USAGE,
  errorBody: googleErrorBody,
};

/** All providers, by port. */
export const PROVIDERS: readonly Provider[] = [openai, anthropic, copilot, gemini];

/**
 * The provider's host for those who name no other.
 *
 * @param serverUrl value of `GITHUB_SERVER_URL`
 * @throws ValueError naming the variable, where the host depends on it and it cannot be understood
 */
export function ownHost({ byServer, defaultTarget }: Provider, serverUrl: string | undefined): string {
  return byServer ? byServer.host(serverUrl) : defaultTarget;
}

/** True for a host of the provider's own, in whatever way it was named; any other may be anybody's gateway. */
export function isOwnHost({ byServer, defaultTarget }: Provider, host: string): boolean {
  return host === defaultTarget || (byServer?.includes(host) ?? false);
}

/** Every credential that a run can be given. */
export const CREDENTIALS: readonly Credential[] = PROVIDERS.flatMap((provider) => provider.credentials);

const ALL_KEYS = [openai, anthropic, gemini, copilot].flatMap(({ credentials }) => credentials.map((c) => c.variable));

/** Said when the api-proxy has nothing to inject. */
export const NO_CREDENTIALS = `API proxy enabled but no API keys found in environment. Set ${ALL_KEYS.slice(0, -1).join(', ')}, or ${ALL_KEYS.at(-1) ?? ''} to use the proxy`;

/** Variables under which agent programs look for a credential, beside those of {@link CREDENTIALS}. */
const CREDENTIAL_ALIASES: readonly string[] = ['OPENAI_KEY', 'CODEX_API_KEY', 'CLAUDE_API_KEY'];

/**
 * Names under which today's programs and SDKs of the providers take a credential that the api-proxy cannot inject: logins,
 * administrators' keys, tokens for gateways. A `*` stands for anything. Read from `openai` 7.57.0, `@anthropic-ai/sdk`,
 * `@google/genai`, Claude Code 2.1.330, Codex 0.169.0 and Copilot CLI 1.0.102.
 */
export const CREDENTIAL_PATTERNS: readonly string[] = [
  ...['OPENAI_*KEY', 'OPENAI_*TOKEN', 'OPENAI_*SECRET', 'AZURE_OPENAI_*KEY', 'AZURE_OPENAI_*TOKEN'],
  ...['CODEX_*KEY', 'CODEX_*TOKEN'],
  ...['ANTHROPIC_*KEY', 'ANTHROPIC_*TOKEN', 'ANTHROPIC_*SECRET', 'CLAUDE_*KEY', 'CLAUDE_*TOKEN', 'CLAUDE_*CREDENTIAL'],
  ...['COPILOT_*KEY', 'COPILOT_*TOKEN', 'GEMINI_*KEY', 'GOOGLE_*API_KEY'],
];

/** Those of {@link CREDENTIAL_PATTERNS} that are most often set; the pre-flight check looks for them in an image too. */
const OTHER_CREDENTIALS: readonly string[] = [
  ...['AZURE_OPENAI_API_KEY', 'CODEX_ACCESS_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN', 'COPILOT_PROVIDER_BEARER_TOKEN'],
  'GOOGLE_API_KEY',
];

/** Names that never reach the agent with a value of the user's. */
export const CREDENTIAL_VARIABLES: readonly string[] = [
  ...CREDENTIALS.map((credential) => credential.variable),
  ...CREDENTIAL_ALIASES,
];

/** Names under which a program could find a credential: a placeholder is all that they ever hold in the agent. */
export const CREDENTIAL_NAMES: readonly string[] = [
  ...new Set([
    ...CREDENTIAL_VARIABLES,
    ...OTHER_CREDENTIALS,
    ...PROVIDERS.flatMap(({ agentVariables }) =>
      agentVariables.filter(({ role }) => role === 'placeholder').map(({ name }) => name),
    ),
  ]),
];

/**
 * Names that the one-shot-token library protects in the agent: tokens that users pass, and names that hold nothing.
 *
 * Not the placeholders: they are worth nothing, and programs need them in children. Measured: npm 11 hands none of these
 * variables on, so that a program on an SDK fails under `npm start`; Gemini CLI 0.61.0 reads its key, starts itself again
 * without it, and ends with exit code 41.
 */
export const ONE_SHOT_TOKENS: readonly string[] = [
  ...['COPILOT_GITHUB_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITHUB_API_TOKEN', 'GITHUB_PAT'],
  ...CREDENTIAL_ALIASES,
];
