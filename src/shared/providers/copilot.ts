import { COPILOT_HOST, copilotHost, isCopilotHost } from '../copilot-host.ts';
import { freePost, post, type Endpoint } from '../endpoints.ts';
import { PLACEHOLDER_TOKEN, type ApiError, type ProviderEntry } from '../provider-entry.ts';
import type { JsonObject, Usage } from '../usage.ts';
import { ANTHROPIC_BODY, readAnthropic } from './anthropic.ts';
import { OPENAI_BODY, OPENAI_GENERATION, OPENAI_MODELS, readOpenAi, VERSION } from './openai.ts';

/** Without `/v1`; Claude models are also offered by Anthropic's own route. */
const ENDPOINTS: readonly Endpoint[] = [
  ...OPENAI_GENERATION.filter(({ path }) => path !== '/completions'),
  post('/responses', VERSION),
  ...OPENAI_MODELS,
  post('/v1/messages', 'beta'),
  freePost('/v1/messages/count_tokens', 'beta'),
];

/** Copilot offers the routes of OpenAI and of Anthropic, and their counts differ by the cache's names only. */
const readUsage = (counts: JsonObject): Usage =>
  'cache_read_input_tokens' in counts ? readAnthropic(counts) : readOpenAi(counts);

const errorBody = (error: ApiError): unknown => ({ error: { message: error.message, code: error.code } });

export const copilot = {
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
  withheld: {
    aliases: [],
    wellKnown: ['COPILOT_PROVIDER_BEARER_TOKEN'],
    // Copilot CLI 1.0.102
    patterns: ['COPILOT_*KEY', 'COPILOT_*TOKEN'],
  },
  injection: { header: 'authorization', prefix: 'Bearer ', defaults: {} },
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
  sideTraffic: ['api.github.com'],
  usage: { usageKey: 'usage', modelKey: 'model', read: readUsage },
  errorBody,
} as const satisfies ProviderEntry;
