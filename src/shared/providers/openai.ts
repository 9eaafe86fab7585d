import { freePost, get, post, spelled, under, websocket, type Endpoint } from '../endpoints.ts';
import type { InjectionForm } from '../injection.ts';
import { endsSpending, type ApiError, type ProviderEntry } from '../provider-entry.ts';
import { ADDED, named, present, type BodyRules, type Hosted } from '../provider-tools.ts';
import { isObject, type JsonObject } from '../json.ts';
import { tokens, type Usage } from '../usage.ts';

/** Azure OpenAI wants it everywhere: https://learn.microsoft.com/azure/ai-foundry/openai/reference */
export const VERSION = 'api-version';

export const OPENAI_GENERATION: readonly Endpoint[] = [
  post('/chat/completions', VERSION),
  post('/completions', VERSION),
  post('/embeddings', VERSION),
];

const RESPONSES: readonly Endpoint[] = [
  post('/responses', VERSION),
  post('/responses/compact', VERSION),
  freePost('/responses/input_tokens', VERSION),
  freePost('/responses/*/cancel', VERSION),
  get('/responses/*', VERSION, 'include', 'include_obfuscation', 'starting_after', 'stream'),
  get('/responses/*/input_items', VERSION, 'after', 'include', 'limit', 'order'),
];

const WEBSOCKETS: readonly Endpoint[] = [
  // Codex tries this one before plain HTTP.
  websocket('/responses', VERSION),
  websocket('/realtime', VERSION, 'model', 'intent', 'call_id', 'deployment'),
];

export const OPENAI_MODELS: readonly Endpoint[] = [
  // Codex tells its version.
  get('/models', VERSION, 'client_version'),
  get('/models/*', VERSION),
];

const ALL: readonly Endpoint[] = [...OPENAI_GENERATION, ...RESPONSES, ...WEBSOCKETS, ...OPENAI_MODELS];

/** With `/v1` as OpenAI has it; without, as gateways may; below `/openai`, as Azure's SDK asks. */
const ENDPOINTS: readonly Endpoint[] = [
  ...under(['/v1', '/openai/v1', '/openai'], ALL),
  ...spelled('', '/v1', 'own-hosts', ALL),
  ...under(['/openai/deployments/*'], OPENAI_GENERATION),
];

/** The cache's part of a prompt. Only newer models charge for writing, with a field for it. */
const cacheIn = (details: unknown) => ({
  cachedInputTokens: isObject(details) ? tokens(details['cached_tokens']) : 0,
  cacheWriteTokens: isObject(details) ? tokens(details['cache_write_tokens']) : 0,
  hourCacheWriteTokens: 0,
});

/** https://platform.openai.com/docs/api-reference: Chat, Embeddings; otherwise Responses, and Realtime with its own spelling. */
export function readOpenAi(counts: JsonObject): Usage {
  if ('prompt_tokens' in counts) {
    return {
      inputTokens: tokens(counts['prompt_tokens']),
      outputTokens: tokens(counts['completion_tokens']),
      ...cacheIn(counts['prompt_tokens_details']),
    };
  }
  return {
    inputTokens: tokens(counts['input_tokens']),
    outputTokens: tokens(counts['output_tokens']),
    ...cacheIn(counts['input_tokens_details'] ?? counts['input_token_details']),
  };
}

/** The provider runs them. */
const HOSTED: Hosted = [
  [/^web_search(?:_preview)?(?:_\d{4}_\d\d_\d\d)?$/, 'web-search'],
  [/^mcp$/, 'mcp'],
  [/^(?:code_interpreter|hosted_shell|programmatic_tool_calling)$/, 'code-execution'],
  // It reads the files that the key's account keeps at the provider.
  [/^file_search$/, 'remote-files'],
];

/**
 * https://platform.openai.com/docs/api-reference/responses/create, /chat/create and /realtime-client-events. Codex 0.169.0
 * groups its tools in a `namespace`, and puts them into `input[].tools`.
 */
export const OPENAI_BODY: BodyRules = {
  places: [
    {
      inside: 'tools',
      key: 'type',
      passes:
        /^(?:function|custom|namespace|local_shell|apply_patch|tool_search|computer|computer_use(?:_preview)?|image_generation)$/,
      // A shell may be the client's own, but without a look at its `environment`, nobody can tell.
      hosted: [...HOSTED, [/^web_search/, 'web-search'], [/^shell$/, 'code-execution']],
    },
    // Wherever a tool is defined.
    named('type', HOSTED),
    // Azure connects to an index whose address the request names.
    present('datasources', 'remote-files'),
    ...ADDED.places,
  ],
  families: ADDED.families,
  own: [
    ...['parameters', 'schema', 'jsonschema', 'inputschema', 'outputschema', 'guidedjson', 'structuredoutputs'],
    ...['arguments', 'env', 'metadata', 'clientmetadata'],
  ],
};

/** https://learn.microsoft.com/azure/ai-foundry/openai/reference: a key goes as `api-key`, a token of Entra ID as a bearer. */
export const AZURE_KEY: InjectionForm = {
  header: 'api-key',
  prefix: '',
  host: /\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$/,
  credential: /^(?!eyJ[\w-]*\.)/,
};

const errorBody = (error: ApiError): unknown => ({
  error: {
    message: error.message,
    type: endsSpending(error) ? 'insufficient_quota' : error.status >= 500 ? 'server_error' : 'invalid_request_error',
    param: null,
    code: error.code,
  },
});

export const openai = {
  id: 'openai',
  name: 'OpenAI',
  program: 'Codex',
  command: 'codex',
  port: 10000,
  defaultTarget: 'api.openai.com',
  otherHosts: [],
  companions: [],
  targetInput: 'openai-api-target',
  targetVariable: 'OPENAI_API_TARGET',
  authHeaderInput: 'openai-auth-header',
  authHeaderVariable: 'AWF_OPENAI_AUTH_HEADER',
  credentials: [
    {
      variable: 'OPENAI_API_KEY',
      input: 'openai-api-key',
      label: 'an OpenAI key',
      form: { value: /^sk-/, example: 'sk-…' },
    },
  ],
  withheld: {
    aliases: ['OPENAI_KEY', 'CODEX_API_KEY'],
    wellKnown: ['AZURE_OPENAI_API_KEY', 'CODEX_ACCESS_TOKEN'],
    // openai 7.57.0 and Codex 0.169.0
    patterns: [
      ...['OPENAI_*KEY', 'OPENAI_*TOKEN', 'OPENAI_*SECRET', 'AZURE_OPENAI_*KEY', 'AZURE_OPENAI_*TOKEN'],
      ...['CODEX_*KEY', 'CODEX_*TOKEN'],
    ],
  },
  injection: {
    header: 'authorization',
    prefix: 'Bearer ',
    defaults: {},
    others: [AZURE_KEY],
  },
  endpoints: ENDPOINTS,
  bodyRules: () => OPENAI_BODY,
  toolHeaders: [],
  credentialQuery: [],
  requestHeaders: ['openai-*', 'originator', 'session_id', 'session-id', 'conversation_id', 'x-codex-*', 'chatgpt-*'],
  // https://platform.openai.com/docs/guides/realtime-websocket; openai-insecure-api-key.<key> is the one to lose.
  subprotocols: ['realtime', 'openai-beta.*', 'openai-organization.*', 'openai-project.*'],
  agentVariables: [{ name: 'OPENAI_BASE_URL', when: 'configured', role: 'base-url', value: '/v1' }],
  managedSettings: [
    {
      path: '/etc/codex/config.toml',
      when: 'configured',
      // Its own sandbox needs namespaces, which it cannot have in this one: each shell call would fail. Without the last
      // line, it offers models up to 5.5 a search that the provider runs.
      content: (baseUrl, allowed) =>
        `openai_base_url = ${JSON.stringify(`${baseUrl}/v1`)}\n` +
        'sandbox_mode = "danger-full-access"\n' +
        (allowed.includes('web-search') ? '' : 'web_search = "disabled"\n'),
    },
  ],
  hopeless: [
    {
      command:
        /\bcodex\b[^\n]*\s(?:(?:-s|--sandbox)[ =]|(?:-c|--config)[ =]["']*sandbox_mode=["']*)(?:read-only|workspace-write)\b/,
      reason:
        'Codex is asked for a sandbox of its own, which needs namespaces that it cannot have in this one: each of its ' +
        'shell calls will fail. Leave the option out: AWF is the sandbox.',
    },
  ],
  transcripts: ['.codex/sessions'],
  // A key without the permission to list models gets 401 or 403 with another code.
  modelList: { path: '/v1/models', wrongKey: { status: 401, body: /"invalid_api_key"/ } },
  sideTraffic: ['chatgpt.com', 'ab.chatgpt.com', 'github.com', 'api.github.com'],
  priceList: 'openai',
  usage: { usageKey: 'usage', modelKey: 'model', read: readOpenAi },
  finalStatus: 400,
  errorBody,
} as const satisfies ProviderEntry;
