/**
 * https://platform.openai.com/docs/api-reference/chat and /responses, and GitHub Copilot's API, which speaks the same
 * without `/v1` in its paths.
 */

import type { ProviderId } from '../../../src/shared/providers.ts';
import { isObject, objects, text } from '../json.ts';
import {
  type Completion,
  type Dialect,
  type DialectRequest,
  type Inference,
  jsonAnswer,
  sseAnswer,
  words,
} from './dialect.ts';

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
    return {
      id: newId('fc'),
      type: 'function_call' as const,
      status: 'completed',
      call_id: newId('call'),
      name,
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

function responseEvents(model: string, completion: Completion): string[] {
  const item = outputItem(completion);
  const started = responseObject(model, []);
  const inItem = { item_id: item.id, output_index: 0 };
  const inPart = { ...inItem, content_index: 0 };
  const emptyPart = { type: 'output_text', text: '', annotations: [] };
  const body =
    item.type === 'function_call'
      ? [
          {
            type: 'response.output_item.added',
            output_index: 0,
            item: { ...item, status: 'in_progress', arguments: '' },
          },
          { type: 'response.function_call_arguments.delta', ...inItem, delta: item.arguments },
          { type: 'response.function_call_arguments.done', ...inItem, arguments: item.arguments },
        ]
      : [
          {
            type: 'response.output_item.added',
            output_index: 0,
            item: { ...item, status: 'in_progress', content: [] },
          },
          { type: 'response.content_part.added', ...inPart, part: emptyPart },
          ...words(text(completion)).map((delta) => ({ type: 'response.output_text.delta', ...inPart, delta })),
          { type: 'response.output_text.done', ...inPart, text: completion },
          { type: 'response.content_part.done', ...inPart, part: item.content[0] },
        ];
  return [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
    ...body,
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: responseObject(model, [item], started.id) },
  ].map((event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`);
}

/** The chat API nests a tool's name in `function`, the responses API does not. */
const toolNames = (tools: unknown) =>
  objects(tools).map((tool) => text(isObject(tool['function']) ? tool['function']['name'] : tool['name']));

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

function responses(body: DialectRequest['body']): Inference {
  const model = text(body['model'], 'local-model');
  const stream = body['stream'] === true;
  return {
    model,
    stream,
    turn: objects(body['input']).filter((entry) => entry['role'] === 'assistant' || entry['type'] === 'function_call')
      .length,
    tools: toolNames(body['tools']),
    answer: (completion) =>
      stream
        ? sseAnswer(responseEvents(model, completion))
        : jsonAnswer(responseObject(model, [outputItem(completion)])),
  };
}

const models = { object: 'list', data: [{ id: 'local-model', object: 'model', created: 0, owned_by: 'local' }] };

const handler =
  (version: '' | '/v1') =>
  ({ method, path, body }: DialectRequest): ReturnType<Dialect['handle']> => {
    if (method === 'GET' && path.endsWith(`${version}/models`)) return jsonAnswer(models);
    if (method !== 'POST') return undefined;
    if (path.endsWith(`${version}/chat/completions`)) return chat(body);
    if (path.endsWith(`${version}/responses`)) return responses(body);
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
});

export const openai = dialect('openai', ['api.openai.com'], '/v1');
export const copilot = dialect(
  'copilot',
  ['', 'individual.', 'business.', 'enterprise.'].map((plan) => `api.${plan}githubcopilot.com`),
  '',
);
