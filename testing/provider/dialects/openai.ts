/**
 * https://platform.openai.com/docs/api-reference/chat and https://platform.openai.com/docs/api-reference/responses, and
 * GitHub Copilot's API, which is the same without `/v1` in its paths.
 */

import type { ProviderId } from '../../../src/shared/providers.ts';
import { isObject, objects, text, type JsonObject } from '../../json.ts';
import {
  type Answer,
  type Channel,
  type Completion,
  type Dialect,
  type DialectRequest,
  type Inference,
  jsonAnswer,
  messagesAnswer,
  sseAnswer,
  words,
} from './dialect.ts';
import { realtimeChannel } from './openai-realtime.ts';

const newId = (prefix: string) => `${prefix}_${crypto.randomUUID().replaceAll('-', '')}`;
const now = () => Math.floor(Date.now() / 1000);

const CHAT_USAGE = { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 };

function chatMessage(completion: Completion) {
  if (typeof completion === 'string') return { role: 'assistant', content: completion };
  const { name, input } = completion.toolUse;
  const call = { id: newId('call'), type: 'function', function: { name, arguments: JSON.stringify(input) } };
  return { role: 'assistant', content: null, tool_calls: [call] };
}

const finishReason = (completion: Completion) => (typeof completion === 'string' ? 'stop' : 'tool_calls');

const chatCompletion = (model: string, completion: Completion): unknown => ({
  id: newId('chatcmpl'),
  object: 'chat.completion',
  created: now(),
  model,
  choices: [{ index: 0, message: chatMessage(completion), logprobs: null, finish_reason: finishReason(completion) }],
  usage: CHAT_USAGE,
});

function chatEvents(model: string, completion: Completion, withUsage: boolean): string[] {
  const base = { id: newId('chatcmpl'), object: 'chat.completion.chunk', created: now(), model };
  const deltas =
    typeof completion === 'string'
      ? words(completion).map((content) => ({ content }))
      : [{ tool_calls: chatMessage(completion).tool_calls?.map((call) => ({ index: 0, ...call })) }];
  const chunks = [
    ...[{ role: 'assistant', content: '' }, ...deltas].map((delta) => ({
      ...base,
      choices: [{ index: 0, delta, finish_reason: null }],
    })),
    { ...base, choices: [{ index: 0, delta: {}, finish_reason: finishReason(completion) }] },
    ...(withUsage ? [{ ...base, choices: [], usage: CHAT_USAGE }] : []),
  ];
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'];
}

function outputItem(completion: Completion) {
  if (typeof completion !== 'string') {
    const { name, input } = completion.toolUse;
    const call = { status: 'completed', call_id: newId('call'), name };
    if (typeof input === 'string') return { id: newId('ctc'), type: 'custom_tool_call' as const, ...call, input };
    return {
      id: newId('fc'),
      type: 'function_call' as const,
      ...call,
      arguments: JSON.stringify(input),
    };
  }
  const part = { type: 'output_text', text: completion, annotations: [] };
  return { id: newId('msg'), type: 'message' as const, status: 'completed', role: 'assistant', content: [part] };
}

const responseObject = (model: string, output: readonly unknown[], id = newId('resp')) => ({
  id,
  object: 'response',
  created_at: now(),
  status: output.length > 0 ? 'completed' : 'in_progress',
  error: null,
  incomplete_details: null,
  model,
  output,
  usage:
    output.length > 0
      ? {
          input_tokens: 12,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 7,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 19,
        }
      : null,
});

/** The events between the first and the last event of an item. */
function itemEvents(item: ReturnType<typeof outputItem>) {
  const inItem = { item_id: item.id, output_index: 0 };
  const added = { type: 'response.output_item.added', output_index: 0 };
  switch (item.type) {
    case 'function_call':
      return [
        { ...added, item: { ...item, status: 'in_progress', arguments: '' } },
        { type: 'response.function_call_arguments.delta', ...inItem, delta: item.arguments },
        { type: 'response.function_call_arguments.done', ...inItem, arguments: item.arguments },
      ];
    case 'custom_tool_call':
      return [
        { ...added, item: { ...item, status: 'in_progress', input: '' } },
        { type: 'response.custom_tool_call_input.delta', ...inItem, delta: item.input },
        { type: 'response.custom_tool_call_input.done', ...inItem, input: item.input },
      ];
    case 'message': {
      const inPart = { ...inItem, content_index: 0 };
      const [part] = item.content;
      return [
        { ...added, item: { ...item, status: 'in_progress', content: [] } },
        { type: 'response.content_part.added', ...inPart, part: { ...part, text: '' } },
        ...words(part?.text ?? '').map((delta) => ({ type: 'response.output_text.delta', ...inPart, delta })),
        { type: 'response.output_text.done', ...inPart, text: part?.text },
        { type: 'response.content_part.done', ...inPart, part },
      ];
    }
  }
}

function responseEvents(model: string, completion: Completion, id = newId('resp')) {
  const item = outputItem(completion);
  const started = responseObject(model, [], id);
  return [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    ...itemEvents(item),
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: responseObject(model, [item], id) },
  ].map((event, index) => ({ ...event, sequence_number: index }));
}

/** The chat API nests a tool's name in `function`; the responses API does not. A namespace contains further tools. */
const toolNames = (tools: unknown): string[] =>
  objects(tools).flatMap((tool) =>
    tool['type'] === 'namespace'
      ? toolNames(tool['tools'])
      : [text(isObject(tool['function']) ? tool['function']['name'] : tool['name'])],
  );

function chat(body: DialectRequest['body']): Inference {
  const model = text(body['model'], 'local-model');
  const stream = body['stream'] === true;
  const options = body['stream_options'];
  const withUsage = isObject(options) && options['include_usage'] === true;
  return {
    model,
    stream,
    turn: objects(body['messages']).filter((entry) => entry['role'] === 'assistant').length,
    tools: toolNames(body['tools']),
    answer: (completion) =>
      stream ? sseAnswer(chatEvents(model, completion, withUsage)) : jsonAnswer(chatCompletion(model, completion)),
  };
}

const CALLS = ['function_call', 'custom_tool_call'];

function responses(body: DialectRequest['body']): Inference {
  const input = objects(body['input']);
  const model = text(body['model'], 'local-model');
  const stream = body['stream'] === true;
  return {
    model,
    stream,
    turn: input.filter(({ role, type }) => role === 'assistant' || CALLS.includes(text(type))).length,
    tools: toolNames([...objects(body['tools']), ...input.flatMap((entry) => objects(entry['tools']))]),
    answer: (completion) =>
      stream
        ? sseAnswer(
            responseEvents(model, completion).map(
              (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
            ),
          )
        : jsonAnswer(responseObject(model, [outputItem(completion)])),
  };
}

/**
 * The events of a stream, one per message. A request may continue the previous response. With `generate: false` it only
 * adds context: https://developers.openai.com/api/docs/guides/websocket-mode
 */
function responsesChannel(): Channel {
  /** How many turns the model has taken up to the response with each id. */
  const turns = new Map<unknown, number>();
  return {
    greeting: [],
    binary: false,
    receive: (message) => {
      if (message['type'] !== 'response.create') return [];
      const inference = responses(message);
      const turn = inference.turn + (turns.get(message['previous_response_id']) ?? 0);
      if (message['generate'] === false) {
        const response = { ...responseObject(inference.model, []), status: 'completed' };
        turns.set(response.id, turn);
        return messagesAnswer([
          { type: 'response.created', response: { ...response, status: 'in_progress' }, sequence_number: 0 },
          { type: 'response.completed', response, sequence_number: 1 },
        ]).chunks;
      }
      const answer = (completion: Completion): Answer => {
        const id = newId('resp');
        turns.set(id, turn + 1);
        return messagesAnswer(responseEvents(inference.model, completion, id));
      };
      return { ...inference, turn, answer };
    },
  };
}

/** Makes vectors. The SDKs ask for base64 of 32-bit floats, least significant octet first. */
function embeddings({ model, input, encoding_format: format }: DialectRequest['body']): unknown {
  const vector = (index: number): readonly number[] => [index, 0.5, -0.25];
  const encoded = (values: readonly number[]): unknown =>
    format === 'base64' ? Buffer.from(Float32Array.from(values).buffer).toString('base64') : values;
  const inputs = Array.isArray(input) ? input : [input];
  const data = inputs.map((_, index) => ({ object: 'embedding', index, embedding: encoded(vector(index)) }));
  return { object: 'list', data, model, usage: { prompt_tokens: 12, total_tokens: 12 } };
}

const models = { object: 'list', data: [{ id: 'local-model', object: 'model', created: 0, owned_by: 'local' }] };

/** As people have recorded it; GitHub documents none of it. The default is not the first, and some cannot be chosen. */
const copilotModel = (id: string, fields: JsonObject = {}) => ({
  ...{ id, object: 'model', name: id, vendor: 'local', version: id, preview: false },
  ...{ model_picker_enabled: true, is_chat_default: false, is_chat_fallback: false },
  policy: { state: 'enabled', terms: '' },
  capabilities: { type: 'chat', family: id, supports: { tool_calls: true, streaming: true } },
  supported_endpoints: ['/chat/completions', '/responses'],
  ...fields,
});

const GITHUB_API = 'api.github.com';
const COPILOT_USER = '/copilot_internal/user';

/** What the program needs of the answer about its token. Measured with Copilot CLI 1.0.102. */
const COPILOT_ACCOUNT = {
  login: 'octocat',
  copilot_plan: 'individual',
  chat_enabled: true,
  cli_enabled: true,
  is_mcp_enabled: true,
  organization_list: [],
  endpoints: {
    api: 'https://api.individual.githubcopilot.com',
    telemetry: 'https://telemetry.individual.githubcopilot.com',
  },
};

export const COPILOT_MODELS = {
  object: 'list',
  data: [
    copilotModel('text-embedding', { capabilities: { type: 'embeddings', family: 'text-embedding' } }),
    copilotModel('local-switched-off', { is_chat_default: true, policy: { state: 'disabled', terms: '' } }),
    copilotModel('local-newer', { supported_endpoints: ['/responses'] }),
    copilotModel('local-default', { is_chat_default: true }),
    // The program knows its models by name, and takes no other in its own mode.
    copilotModel('gpt-5-mini', { supported_endpoints: ['/chat/completions', '/responses'] }),
  ],
};

const handler =
  (version: '' | '/v1', list: unknown = models) =>
  ({ method, path, body }: DialectRequest): ReturnType<Dialect['handle']> => {
    if (method === 'GET' && path.endsWith(`${version}/models`)) return jsonAnswer(list);
    if (method !== 'POST') return undefined;
    if (path.endsWith(`${version}/chat/completions`)) return chat(body);
    if (path.endsWith(`${version}/responses`)) return responses(body);
    if (path.endsWith(`${version}/embeddings`)) return jsonAnswer(embeddings(body));
    if (path.endsWith(`${version}/responses/input_tokens`)) {
      return jsonAnswer({ object: 'response.input_tokens', input_tokens: 12 });
    }
    return undefined;
  };

const dialect = (id: ProviderId, hosts: readonly string[], version: '' | '/v1'): Dialect => ({
  id,
  hosts,
  credential: { header: 'authorization', prefix: 'Bearer ' },
  recognises: (path) => new RegExp(`${version}/(chat/completions|responses|models)$`).test(path),
  handle: handler(version),
  errorBody: (status, message) => ({
    error: {
      message,
      type: status >= 500 ? 'server_error' : 'invalid_request_error',
      param: null,
      code: status === 401 ? 'invalid_api_key' : null,
    },
  }),
  openChannel: (path, query) => {
    if (path.endsWith(`${version}/responses`)) return responsesChannel();
    return path.endsWith(`${version}/realtime`) ? realtimeChannel(query.get('model') ?? '') : undefined;
  },
});

export const openai = dialect('openai', ['api.openai.com'], '/v1');
export const copilot: Dialect = {
  ...dialect(
    'copilot',
    [...['', 'individual.', 'business.', 'enterprise.'].map((plan) => `api.${plan}githubcopilot.com`), GITHUB_API],
    '',
  ),
  handle: (request) =>
    request.path === COPILOT_USER ? jsonAnswer(COPILOT_ACCOUNT) : handler('', COPILOT_MODELS)(request),
  // From reports: the API answers 400 without it.
  demands: (path) => (path === COPILOT_USER ? [] : ['copilot-integration-id']),
};
