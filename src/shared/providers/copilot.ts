import { COPILOT_HOST, copilotHost, GITHUB_COPILOT_HOST, isCopilotHost } from '../copilot-host.ts';
import { post, spelled, under, type Endpoint } from '../endpoints.ts';
import { GITHUB_TOKEN_VARIABLES, PLACEHOLDER_GITHUB_TOKEN } from '../github-token.ts';
import { PLACEHOLDER_TOKEN, type ApiError, type ProviderEntry } from '../provider-entry.ts';
import { isModelName, type ModelChoice } from '../model-choice.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Usage } from '../usage.ts';
import { ANTHROPIC_BODY, ANTHROPIC_MESSAGES, readAnthropic } from './anthropic.ts';
import { AZURE_KEY, OPENAI_BODY, OPENAI_GENERATION, OPENAI_MODELS, readOpenAi, VERSION } from './openai.ts';

const OPENAI: readonly Endpoint[] = [
  ...OPENAI_GENERATION.filter(({ path }) => path !== '/completions'),
  post('/responses', VERSION),
  ...OPENAI_MODELS,
];

/**
 * OpenAI's routes without `/v1`; Claude models are also offered by Anthropic's own route, with it. Copilot CLI asks below
 * `/openai` for an upstream that is Azure's.
 */
const ENDPOINTS: readonly Endpoint[] = [
  ...OPENAI,
  ...under(['/openai/v1', '/openai'], OPENAI),
  ...under(['/openai/deployments/*'], OPENAI_GENERATION),
  ...spelled('/v1', '', 'own-hosts', OPENAI),
  ...under(['/v1'], ANTHROPIC_MESSAGES),
  ...spelled('', '/v1', 'every-host', ANTHROPIC_MESSAGES),
];

/** Copilot offers the routes of OpenAI and of Anthropic, and their counts differ by the cache's names only. */
const readUsage = (counts: JsonObject): Usage =>
  'cache_read_input_tokens' in counts ? readAnthropic(counts) : readOpenAi(counts);

/** Tokens of an OAuth App and of a GitHub App for a user. */
const OAUTH_TOKEN = /^gh[ou]_/;

const PLAN_HOSTS = ['individual', 'business', 'enterprise'].map((plan) => `api.${plan}.githubcopilot.com`);

/** The hosts of the plans Business and Enterprise. Reports say that they want OAuth tokens with the older scheme. */
const PLAN_HOST = /^api\.(?:business|enterprise)\.githubcopilot\.com$/;

const MODEL_VARIABLE = 'COPILOT_MODEL';
const WIRE_API_VARIABLE = 'COPILOT_PROVIDER_WIRE_API';

/** One model of the list, as far as the choice depends on it. From reports; GitHub documents none of it. */
interface ListedModel {
  readonly id: string;
  readonly is_chat_default?: unknown;
  readonly is_chat_fallback?: unknown;
  readonly model_picker_enabled?: unknown;
  readonly policy?: { readonly state?: unknown };
  readonly capabilities?: { readonly type?: unknown; readonly supports?: { readonly tool_calls?: unknown } };
  readonly supported_endpoints?: unknown;
}

/** Newer models answer on `/responses` only; a list without endpoints is of the time when there was one. */
const CHAT = '/chat/completions';
const RESPONSES = '/responses';

/** A list from elsewhere may have anything in any place. */
const endpointsOf = ({ supported_endpoints: endpoints }: ListedModel): readonly unknown[] =>
  Array.isArray(endpoints) ? endpoints : [CHAT];

const canChat = (model: ListedModel): boolean => endpointsOf(model).includes(CHAT);

/** A model that an agent can work with: it calls tools, nobody has switched it off, and the program can speak to it. */
function suits(model: ListedModel): boolean {
  const { capabilities, policy } = model;
  const isReachable = canChat(model) || endpointsOf(model).includes(RESPONSES);
  return (
    capabilities?.type === 'chat' &&
    capabilities.supports?.tool_calls === true &&
    policy?.state !== 'disabled' &&
    isReachable
  );
}

/** GitHub's own default, else its fallback, else the first that people may pick. */
function chooseModel(list: unknown, name: string | undefined): ModelChoice | undefined {
  const data: unknown = isObject(list) ? list['data'] : undefined;
  const models = (Array.isArray(data) ? data : []).filter(
    (one): one is ListedModel => isObject(one) && isModelName(one['id']),
  );
  const fitting = models.filter(suits);
  const chosen =
    name === undefined
      ? (fitting.find((model) => model.is_chat_default === true) ??
        fitting.find((model) => model.is_chat_fallback === true) ??
        fitting.find((model) => model.model_picker_enabled === true) ??
        fitting[0])
      : models.find(({ id }) => id === name);
  return chosen && { [MODEL_VARIABLE]: chosen.id, ...(canChat(chosen) ? {} : { [WIRE_API_VARIABLE]: 'responses' }) };
}

const errorBody = (error: ApiError): unknown => ({ error: { message: error.message, code: error.code } });

export const copilot = {
  id: 'copilot',
  name: 'GitHub Copilot',
  program: 'Copilot CLI',
  command: 'copilot',
  port: 10002,
  defaultTarget: COPILOT_HOST,
  // One for each plan. GitHub's answer to the program's first request names the right one.
  otherHosts: PLAN_HOSTS,
  // Who the token belongs to, and which host serves the plan.
  companions: [
    { host: 'api.github.com', method: 'GET', path: '/copilot_internal/user', credential: 'COPILOT_GITHUB_TOKEN' },
  ],
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
      form: { value: /^(?:gh[ousr]_|github_pat_)/, example: 'github_pat_…' },
      refuses: {
        value: /^ghp_/,
        what: 'a classic personal access token (ghp_...), which Copilot never accepts',
        instead: 'Use a fine-grained one with the permission "Copilot Requests", or the job\'s own token.',
      },
    },
    { variable: 'COPILOT_API_KEY', input: 'copilot-api-key', label: 'a Copilot key', mode: 'provider-mode' },
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
    others: [{ header: 'authorization', prefix: 'token ', credential: OAUTH_TOKEN, host: PLAN_HOST }, AZURE_KEY],
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
  requestHeaders: [
    ...['copilot-*', 'editor-*', 'x-initiator', 'x-interaction-*', 'x-github-api-version', 'openai-*'],
    ...['x-agent-task-id', 'x-client-*', 'x-github-repository-*'],
  ],
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
    // The program ignores the placeholder in COPILOT_GITHUB_TOKEN for its form, and reads this variable next.
    {
      name: GITHUB_TOKEN_VARIABLES[0],
      when: 'own-mode',
      role: 'setting',
      value: PLACEHOLDER_GITHUB_TOKEN,
      yields: true,
    },
    // Of a provider of its user's own, the program asks nobody about a token. It needs a model by name then, and its wire
    // API.
    { name: 'COPILOT_PROVIDER_BASE_URL', when: 'provider-mode', role: 'base-url', value: '' },
    { name: 'COPILOT_PROVIDER_API_KEY', when: 'provider-mode', role: 'placeholder', value: PLACEHOLDER_TOKEN },
    { name: MODEL_VARIABLE, when: 'provider-mode', role: 'model-choice', value: '', overridable: true },
    { name: WIRE_API_VARIABLE, when: 'provider-mode', role: 'model-choice', value: '', overridable: true },
  ],
  managedSettings: [],
  hopeless: [],
  transcripts: ['.copilot/session-state', '.copilot/logs'],
  modelList: { path: '/models', wrongKey: { status: 401, body: /^/ }, choose: chooseModel },
  sideTraffic: [
    ...['api.github.com', 'api.github.com/copilot_internal/', 'api.github.com/repos/github/copilot-cli/'],
    ...['individual', 'business', 'enterprise'].map((plan) => `telemetry.${plan}.githubcopilot.com`),
  ],
  priceList: 'github-copilot',
  usage: { usageKey: 'usage', modelKey: 'model', read: readUsage },
  finalStatus: 402,
  errorBody,
} as const satisfies ProviderEntry;
