import { COPILOT_HOST, copilotHost, GITHUB_COPILOT_HOST, isCopilotHost } from '../copilot-host.ts';
import { post, spelled, under, type Endpoint } from '../endpoints.ts';
import { PLACEHOLDER_TOKEN, type ApiError, type ProviderEntry } from '../provider-entry.ts';
import type { JsonObject, Usage } from '../usage.ts';
import { ANTHROPIC_BODY, ANTHROPIC_MESSAGES, readAnthropic } from './anthropic.ts';
import { OPENAI_BODY, OPENAI_GENERATION, OPENAI_MODELS, readOpenAi, VERSION } from './openai.ts';

const OPENAI: readonly Endpoint[] = [
  ...OPENAI_GENERATION.filter(({ path }) => path !== '/completions'),
  post('/responses', VERSION),
  ...OPENAI_MODELS,
];

/** OpenAI's routes without `/v1`; Claude models are also offered by Anthropic's own route, with it. */
const ENDPOINTS: readonly Endpoint[] = [
  ...OPENAI,
  ...spelled('/v1', '', 'own-hosts', OPENAI),
  ...under(['/v1'], ANTHROPIC_MESSAGES),
  ...spelled('', '/v1', 'every-host', ANTHROPIC_MESSAGES),
];

/** Copilot offers the routes of OpenAI and of Anthropic, and their counts differ by the cache's names only. */
const readUsage = (counts: JsonObject): Usage =>
  'cache_read_input_tokens' in counts ? readAnthropic(counts) : readOpenAi(counts);

/** Tokens of an OAuth App and of a GitHub App for a user. */
const OAUTH_TOKEN = /^gh[ou]_/;

/** The hosts of the plans Business and Enterprise. Reports say that they want OAuth tokens with the older scheme. */
const PLAN_HOST = /^api\.(?:business|enterprise)\.githubcopilot\.com$/;

const errorBody = (error: ApiError): unknown => ({ error: { message: error.message, code: error.code } });

export const copilot = {
  id: 'copilot',
  name: 'GitHub Copilot',
  port: 10002,
  defaultTarget: COPILOT_HOST,
  byServer: { host: copilotHost, includes: isCopilotHost },
  targetInput: 'copilot-api-target',
  targetVariable: 'COPILOT_API_TARGET',
  authHeaderInput: 'copilot-auth-header',
  authHeaderVariable: 'AWF_COPILOT_AUTH_HEADER',
  credentials: [
    {
      variable: 'COPILOT_GITHUB_TOKEN',
      input: 'copilot-github-token',
      label: 'a Copilot token',
      refuses: {
        value: /^ghp_/,
        what: 'a classic personal access token (ghp_...), which Copilot never accepts',
        instead: 'Use a fine-grained one with the permission "Copilot Requests", or the job\'s own token.',
      },
    },
    { variable: 'COPILOT_API_KEY', input: 'copilot-api-key', label: 'a Copilot key' },
  ],
  withheld: {
    aliases: [],
    wellKnown: ['COPILOT_PROVIDER_BEARER_TOKEN'],
    // Copilot CLI 1.0.102
    patterns: ['COPILOT_*KEY', 'COPILOT_*TOKEN'],
  },
  injection: {
    header: 'authorization',
    prefix: 'Bearer ',
    defaults: {},
    others: [{ header: 'authorization', prefix: 'token ', credential: OAUTH_TOKEN, host: PLAN_HOST }],
    hostDefaults: {
      host: GITHUB_COPILOT_HOST,
      // What Copilot CLI 1.0.102 sends in its own mode. In the mode with a provider of the user's own it sends none.
      defaults: { 'copilot-integration-id': 'copilot-developer-cli' },
      variables: { 'copilot-integration-id': 'COPILOT_INTEGRATION_ID' },
      ids: ['x-interaction-id'],
    },
  },
  endpoints: ENDPOINTS,
  bodyRules: (path) => (path.startsWith('/v1/messages') ? ANTHROPIC_BODY : OPENAI_BODY),
  toolHeaders: [],
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
  hopeless: [],
  sideTraffic: ['api.github.com'],
  priceList: 'github-copilot',
  usage: { usageKey: 'usage', modelKey: 'model', read: readUsage },
  finalStatus: 402,
  errorBody,
} as const satisfies ProviderEntry;
