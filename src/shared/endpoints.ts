/**
 * The endpoints that pass the api-proxy: inference, token counting and the list of models, and nothing that stores
 * files, administers an organisation or trains a model. What the SDKs (openai, @anthropic-ai/sdk, @google/genai) and
 * the agent programs call was read from their code, see docs/agents.md.
 */

import { ValueError } from './value-error.ts';

/** `WEBSOCKET` is a GET that asks for one: that a path may be read does not mean that a channel may be opened there. */
export const ENDPOINT_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'WEBSOCKET'] as const;
export type EndpointMethod = (typeof ENDPOINT_METHODS)[number];

export interface Endpoint {
  /** `GET` covers `HEAD` (RFC 9110, section 9.3.2). */
  readonly method: EndpointMethod;
  /** A canonical path, in which `*` stands for a part of one segment, and before a colon for what has no colon. */
  readonly path: string;
  /** Names of query parameters that pass, in the server's spelling; a client may write `name[]` too. */
  readonly query: readonly string[] | 'any';
  /** It generates nothing, so it costs no tokens; what only reads never does. */
  readonly free?: true;
}

/** An entry of the user's: its query is the user's business as well. */
export interface AddedEndpoint {
  readonly method: EndpointMethod;
  readonly path: string;
}

/** The paths with each of the prefixes in front. */
function under(prefixes: readonly string[], endpoints: readonly Endpoint[]): Endpoint[] {
  return prefixes.flatMap((prefix) =>
    endpoints.map((endpoint) => ({ ...endpoint, path: `${prefix}${endpoint.path}` })),
  );
}

const get = (path: string, ...query: string[]): Endpoint => ({ method: 'GET', path, query });
const post = (path: string, ...query: string[]): Endpoint => ({ method: 'POST', path, query });
const freePost = (path: string, ...query: string[]): Endpoint => ({ ...post(path, ...query), free: true });
const websocket = (path: string, ...query: string[]): Endpoint => ({ method: 'WEBSOCKET', path, query });

/** Azure OpenAI wants it everywhere: https://learn.microsoft.com/azure/ai-foundry/openai/reference */
const VERSION = 'api-version';

const OPENAI_GENERATION: readonly Endpoint[] = [
  post('/chat/completions', VERSION),
  post('/completions', VERSION),
  post('/embeddings', VERSION),
];

const OPENAI_RESPONSES: readonly Endpoint[] = [
  post('/responses', VERSION),
  post('/responses/compact', VERSION),
  freePost('/responses/input_tokens', VERSION),
  freePost('/responses/*/cancel', VERSION),
  get('/responses/*', VERSION, 'include', 'include_obfuscation', 'starting_after', 'stream'),
  get('/responses/*/input_items', VERSION, 'after', 'include', 'limit', 'order'),
];

const OPENAI_WEBSOCKETS: readonly Endpoint[] = [
  // Codex tries this one before plain HTTP.
  websocket('/responses', VERSION),
  websocket('/realtime', VERSION, 'model', 'intent', 'call_id', 'deployment'),
];

const OPENAI_MODELS: readonly Endpoint[] = [
  // Codex tells its version.
  get('/models', VERSION, 'client_version'),
  get('/models/*', VERSION),
];

/** With `/v1` as OpenAI has it; without for a base path in the target that has it; below `/openai` as Azure's SDK asks. */
export const OPENAI_ENDPOINTS: readonly Endpoint[] = [
  ...under(
    ['/v1', '', '/openai/v1', '/openai'],
    [...OPENAI_GENERATION, ...OPENAI_RESPONSES, ...OPENAI_WEBSOCKETS, ...OPENAI_MODELS],
  ),
  ...under(['/openai/deployments/*'], OPENAI_GENERATION),
];

/** The SDK's `beta` resources and Claude Code add `?beta=true` everywhere. */
export const ANTHROPIC_ENDPOINTS: readonly Endpoint[] = under(
  ['/v1'],
  [
    post('/messages', 'beta'),
    freePost('/messages/count_tokens', 'beta'),
    get('/models', 'beta', 'limit', 'before_id', 'after_id'),
    get('/models/*', 'beta'),
  ],
);

/** Without `/v1`; Claude models are also offered by Anthropic's own route. */
export const COPILOT_ENDPOINTS: readonly Endpoint[] = [
  ...OPENAI_GENERATION.filter(({ path }) => path !== '/completions'),
  post('/responses', VERSION),
  ...OPENAI_MODELS,
  post('/v1/messages', 'beta'),
  freePost('/v1/messages/count_tokens', 'beta'),
];

/** https://cloud.google.com/apis/docs/system-parameters; `alt=sse` makes a stream of events. */
const GOOGLE_QUERY = ['alt', '$alt', 'fields', '$fields', 'prettyPrint', '$prettyPrint'];

export const GEMINI_ENDPOINTS: readonly Endpoint[] = [
  websocket('/ws/google.ai.generativelanguage.*.GenerativeService.BidiGenerateContent'),
  ...under(
    ['/v1beta', '/v1', '/v1alpha'],
    [
      ...['generateContent', 'streamGenerateContent', 'embedContent', 'batchEmbedContents'].map((verb) =>
        post(`/models/*:${verb}`, ...GOOGLE_QUERY),
      ),
      freePost('/models/*:countTokens', ...GOOGLE_QUERY),
      get('/models', 'pageSize', 'pageToken', 'page_size', 'page_token', ...GOOGLE_QUERY),
      get('/models/*', ...GOOGLE_QUERY),
    ],
  ),
];

const SEGMENT = "[\\w.~!$&'()*+,=:@-]+";
const PATTERN = new RegExp(`^(?:/${SEGMENT})+$`);
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * Checks an endpoint that a user adds.
 *
 * @throws ValueError naming `name` and which part is wrong; it quotes nothing
 */
export function checkEndpoint(name: string, method: unknown, path: unknown): AddedEndpoint {
  const known = ENDPOINT_METHODS.find((candidate) => candidate === method);
  if (known === undefined) throw new ValueError(`${name}: the method must be one of ${ENDPOINT_METHODS.join(', ')}.`);
  if (typeof path !== 'string' || path.length > 1_000 || !PATTERN.test(path) || DOT_SEGMENT.test(path)) {
    throw new ValueError(
      `${name}: the path must start with a slash and have no empty or dot segment, escape, query or end slash.`,
    );
  }
  return { method: known, path };
}
