import { freePost, get, post, spelled, under, websocket, type Endpoint } from '../endpoints.ts';
import { endsSpending, jsonFile, type ApiError, type ProviderEntry } from '../provider-entry.ts';
import { ADDED, GOOGLE_TOOLS, type BodyRules } from '../provider-tools.ts';
import type { JsonObject } from '../json.ts';
import { tokens, type Usage } from '../usage.ts';

/** https://cloud.google.com/apis/docs/system-parameters; `alt=sse` makes a stream of events. */
const QUERY = ['alt', '$alt', 'fields', '$fields', 'prettyPrint', '$prettyPrint'];

const ALL: readonly Endpoint[] = [
  ...['generateContent', 'streamGenerateContent', 'embedContent', 'batchEmbedContents'].map((verb) =>
    post(`/models/*:${verb}`, ...QUERY),
  ),
  freePost('/models/*:countTokens', ...QUERY),
  get('/models', 'pageSize', 'pageToken', 'page_size', 'page_token', ...QUERY),
  get('/models/*', ...QUERY),
];

/** Google's SDK appends a version to a base URL; the AI SDK of other programs has it in the base URL. */
const ENDPOINTS: readonly Endpoint[] = [
  websocket('/ws/google.ai.generativelanguage.*.GenerativeService.BidiGenerateContent'),
  ...under(['/v1beta', '/v1', '/v1alpha'], ALL),
  ...spelled('', '/v1beta', 'every-host', ALL),
];

/** https://ai.google.dev/api/generate-content#UsageMetadata, and the Live API's `responseTokenCount`. */
function readUsage(counts: JsonObject): Usage {
  return {
    inputTokens: tokens(counts['promptTokenCount']) + tokens(counts['toolUsePromptTokenCount']),
    outputTokens:
      tokens(counts['candidatesTokenCount'] ?? counts['responseTokenCount']) + tokens(counts['thoughtsTokenCount']),
    cachedInputTokens: tokens(counts['cachedContentTokenCount']),
    // What fills a cache is a request of its own: https://ai.google.dev/api/caching
    cacheWriteTokens: 0,
    hourCacheWriteTokens: 0,
  };
}

/** https://ai.google.dev/api/caching#Tool and #FileData. JSON for a protocol buffer may name a field in two ways. */
const BODY: BodyRules = {
  places: [
    { inside: 'tools', passes: /^(?:functiondeclarations|computeruse)$/, hosted: GOOGLE_TOOLS },
    {
      // Where a file is, and where Google is to write one.
      key: '*uri',
      // A file of the account's: it is at the provider already.
      passes: /^https:\/\/generativelanguage\.googleapis\.com\/v1(?:alpha|beta)?\/files\/[\w-]+$/,
      hosted: [[/^/, 'remote-files']],
    },
    ...ADDED.places,
  ],
  families: [[/uris?(?:prefix)?$/, '*uri'], ...ADDED.families],
  own: ['functiondeclarations', 'args', 'response', 'responseschema', 'responsejsonschema', 'labels', 'partmetadata'],
};

/** https://cloud.google.com/apis/design/errors */
const STATUSES: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const errorBody = (error: ApiError): unknown => ({
  error: {
    code: error.status,
    message: error.message,
    status: endsSpending(error)
      ? 'FAILED_PRECONDITION'
      : (STATUSES[error.status] ?? (error.status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT')),
  },
});

export const gemini = {
  id: 'gemini',
  name: 'Google Gemini',
  program: 'Gemini CLI',
  command: 'gemini',
  port: 10003,
  defaultTarget: 'generativelanguage.googleapis.com',
  otherHosts: [],
  companions: [],
  targetInput: 'gemini-api-target',
  targetVariable: 'GEMINI_API_TARGET',
  authHeaderInput: 'gemini-auth-header',
  authHeaderVariable: 'AWF_GEMINI_AUTH_HEADER',
  credentials: [
    {
      variable: 'GEMINI_API_KEY',
      input: 'gemini-api-key',
      label: 'a Gemini key',
      form: { value: /^(?:AIza|AQ\.)/, example: 'AIza…' },
    },
  ],
  withheld: {
    aliases: [],
    wellKnown: ['GOOGLE_API_KEY'],
    // @google/genai 3.1.0
    patterns: ['GEMINI_*KEY', 'GOOGLE_*API_KEY'],
  },
  injection: { header: 'x-goog-api-key', prefix: '', defaults: {}, others: [] },
  endpoints: ENDPOINTS,
  bodyRules: () => BODY,
  toolHeaders: [],
  // https://cloud.google.com/apis/docs/system-parameters, and those of the API's discovery document
  credentialQuery: ['key', '$key', 'access_token', 'oauth_token'],
  requestHeaders: ['x-goog-api-client', 'x-goog-request-params', 'x-gemini-*'],
  subprotocols: [],
  agentVariables: [
    { name: 'GEMINI_API_BASE_URL', when: 'always', role: 'base-url', value: '' },
    { name: 'GOOGLE_GEMINI_BASE_URL', when: 'always', role: 'base-url', value: '' },
    {
      name: 'GEMINI_API_KEY',
      when: 'always',
      role: 'placeholder',
      value: 'gemini-api-key-placeholder-for-credential-isolation',
    },
  ],
  managedSettings: [
    {
      // It takes the machine's own (/etc/gemini-cli) from a directory of root's only, and an ordinary user can make none.
      path: '~/.gemini/settings.json',
      when: 'always',
      // Its search is a request of its own, with a tool that the provider runs.
      content: (_, allowed) =>
        jsonFile({
          security: { auth: { selectedType: 'gemini-api-key' } },
          ...(!allowed.includes('web-search') && { tools: { exclude: ['google_web_search'] } }),
        }),
    },
  ],
  hopeless: [],
  transcripts: ['.gemini/tmp'],
  // https://ai.google.dev/gemini-api/docs/troubleshooting: a wrong key is an invalid argument.
  modelList: { path: '/v1beta/models?pageSize=1', wrongKey: { status: 400, body: /"API_KEY_INVALID"/ } },
  sideTraffic: ['play.googleapis.com'],
  priceList: 'google',
  usage: { usageKey: 'usageMetadata', modelKey: 'modelVersion', isModelLast: true, read: readUsage },
  finalStatus: 400,
  errorBody,
} as const satisfies ProviderEntry;
