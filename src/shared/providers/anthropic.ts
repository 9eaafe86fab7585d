import { CLAUDE_KEY_HELPER } from '../contract.ts';
import { freePost, get, post, spelled, under, type Endpoint } from '../endpoints.ts';
import { ADDED, named, type BodyRules, type Hosted, type Place, type ToolHeader } from '../provider-tools.ts';
import { jsonFile, PLACEHOLDER_TOKEN, type ApiError, type ProviderEntry } from '../provider-entry.ts';
import { isObject, type JsonObject } from '../json.ts';
import { tokens, type Usage } from '../usage.ts';

/** The SDK's `beta` resources and Claude Code add `?beta=true` everywhere. */
export const ANTHROPIC_MESSAGES: readonly Endpoint[] = [
  post('/messages', 'beta'),
  freePost('/messages/count_tokens', 'beta'),
];

const ALL: readonly Endpoint[] = [
  ...ANTHROPIC_MESSAGES,
  get('/models', 'beta', 'limit', 'before_id', 'after_id'),
  get('/models/*', 'beta'),
];

/** Anthropic's SDK appends `/v1/messages` to a base URL; that of opencode appends `/messages`. */
const ENDPOINTS: readonly Endpoint[] = [...under(['/v1'], ALL), ...spelled('', '/v1', 'every-host', ALL)];

/**
 * https://docs.anthropic.com/en/api/messages: `input_tokens` is what no cache was read or written for. What was written is
 * kept for five minutes or an hour: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
 */
export function readAnthropic(counts: JsonObject): Usage {
  const cachedInputTokens = tokens(counts['cache_read_input_tokens']);
  const kept = isObject(counts['cache_creation']) ? counts['cache_creation'] : {};
  const hourCacheWriteTokens = tokens(kept['ephemeral_1h_input_tokens']);
  const cacheWriteTokens = Math.max(
    tokens(counts['cache_creation_input_tokens']),
    hourCacheWriteTokens + tokens(kept['ephemeral_5m_input_tokens']),
  );
  return {
    inputTokens: tokens(counts['input_tokens']) + cacheWriteTokens + cachedInputTokens,
    outputTokens: tokens(counts['output_tokens']),
    cachedInputTokens,
    cacheWriteTokens,
    hourCacheWriteTokens,
  };
}

/** The client runs them. It has the browser, the computer and the memory of those tools. */
const CLIENT_TOOLS =
  /^(?:custom|tool_search_tool_[a-z0-9]+(?:_\d{8})?|(?:bash|text_editor|computer|computer_toolset|browser_toolset|memory|advisor)_\d{8})$/;

/** The provider runs them. */
const HOSTED: Hosted = [
  [/^web_search(?:_\d{8})?$/, 'web-search'],
  [/^web_fetch(?:_\d{8})?$/, 'web-fetch'],
  [/^code_execution(?:_\d{8})?$/, 'code-execution'],
  [/^mcp_toolset(?:_\d{8})?$/, 'mcp'],
];

/** https://docs.anthropic.com/en/api/messages; a tool without a type is the client's own. */
export const ANTHROPIC_BODY: BodyRules = {
  places: [
    // A message may define a tool, too: `tool_addition`, with the beta `inline-tools-2026-09-15`.
    ...['tools', 'definition'].map((inside): Place => ({ inside, key: 'type', passes: CLIENT_TOOLS, hosted: HOSTED })),
    // Wherever a tool is defined.
    named('type', HOSTED),
    {
      inside: 'source',
      key: 'type',
      passes: /^(?:base64|text|content|file)$/,
      hosted: [[/^url$/, 'remote-files']],
    },
    { inside: 'source', key: 'url', hosted: [[/^/, 'remote-files']] },
    ...ADDED.places,
  ],
  families: ADDED.families,
  own: ['inputschema', 'outputschema', 'inputexamples', 'input', 'schema', 'metadata', 'trigger'],
};

/** https://docs.anthropic.com/en/api/beta-headers */
const BETAS: ToolHeader = {
  name: 'anthropic-beta',
  hosted: [
    [/^mcp-/, 'mcp'],
    [/^web-search-/, 'web-search'],
    [/^web-fetch-/, 'web-fetch'],
    [/^(?:code-execution|skills)-/, 'code-execution'],
  ],
};

/** https://docs.anthropic.com/en/api/errors */
const ERROR_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
};

/** What `claude setup-token` prints, for Claude Code with a subscription. */
const OAUTH_VARIABLE = 'CLAUDE_CODE_OAUTH_TOKEN';

const errorBody = (error: ApiError): unknown => ({
  type: 'error',
  error: {
    type: ERROR_TYPES[error.status] ?? (error.status >= 500 ? 'api_error' : 'invalid_request_error'),
    message: error.message,
  },
});

export const anthropic = {
  id: 'anthropic',
  name: 'Anthropic',
  program: 'Claude Code',
  command: 'claude',
  port: 10001,
  defaultTarget: 'api.anthropic.com',
  otherHosts: [],
  companions: [],
  targetInput: 'anthropic-api-target',
  targetVariable: 'ANTHROPIC_API_TARGET',
  authHeaderInput: 'anthropic-auth-header',
  authHeaderVariable: 'AWF_ANTHROPIC_AUTH_HEADER',
  credentials: [
    {
      variable: 'ANTHROPIC_API_KEY',
      input: 'anthropic-api-key',
      label: 'an Anthropic key',
      form: { value: /^sk-/, example: 'sk-ant-…' },
    },
    {
      variable: OAUTH_VARIABLE,
      input: 'anthropic-oauth-token',
      label: 'a Claude subscription token',
      form: { value: /^sk-ant-oat/, example: 'sk-ant-oat…' },
      isSubstitute: true,
    },
  ],
  withheld: {
    aliases: ['CLAUDE_API_KEY'],
    wellKnown: [],
    // @anthropic-ai/sdk 1.12.0 and Claude Code 2.1.330
    patterns: [
      ...['ANTHROPIC_*KEY', 'ANTHROPIC_*TOKEN', 'ANTHROPIC_*SECRET'],
      ...['CLAUDE_*KEY', 'CLAUDE_*TOKEN', 'CLAUDE_*CREDENTIAL'],
    ],
  },
  injection: {
    header: 'x-api-key',
    prefix: '',
    defaults: { 'anthropic-version': '2023-06-01' },
    others: [
      {
        header: 'authorization',
        prefix: 'Bearer ',
        variable: OAUTH_VARIABLE,
        credential: /^sk-ant-oat/,
        entries: { 'anthropic-beta': 'oauth-2025-04-20' },
      },
    ],
  },
  endpoints: ENDPOINTS,
  bodyRules: () => ANTHROPIC_BODY,
  toolHeaders: [BETAS],
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
    // Without it, Claude Code 2.1.330 refuses --dangerously-skip-permissions to root.
    { name: 'IS_SANDBOX', when: 'always', role: 'setting', value: '1', overridable: true },
  ],
  managedSettings: [
    {
      path: '/etc/claude-code/managed-settings.json',
      when: 'configured',
      // Its WebSearch is a request of its own, with a search that the provider runs.
      content: (_, allowed) =>
        jsonFile({
          apiKeyHelper: CLAUDE_KEY_HELPER,
          ...(!allowed.includes('web-search') && { permissions: { deny: ['WebSearch'] } }),
        }),
    },
  ],
  hopeless: [],
  transcripts: ['.claude/projects'],
  // https://docs.claude.com/en/api/models-list and /en/api/errors
  modelList: { path: '/v1/models?limit=1', wrongKey: { status: 401, body: /"authentication_error"/ } },
  sideTraffic: ['api.anthropic.com', 'statsig.anthropic.com', 'sentry.io'],
  priceList: 'anthropic',
  usage: { usageKey: 'usage', modelKey: 'model', read: readAnthropic },
  finalStatus: 402,
  errorBody,
} as const satisfies ProviderEntry;
