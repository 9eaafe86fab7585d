/** https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/api/messages-streaming */

import { objects, text } from '../../json.ts';
import { type Completion, type Dialect, type DialectRequest, jsonAnswer, sseAnswer, words } from './dialect.ts';

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
};

const USAGE = { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 7 };

const newId = (prefix: string) => `${prefix}_${crypto.randomUUID().replaceAll('-', '')}`;

const contentBlock = (completion: Completion) =>
  typeof completion === 'string'
    ? { type: 'text', text: completion }
    : { type: 'tool_use', id: newId('toolu'), name: completion.toolUse.name, input: completion.toolUse.input };

const stopReason = (completion: Completion) => (typeof completion === 'string' ? 'end_turn' : 'tool_use');

function message(model: string, completion: Completion): unknown {
  return {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model,
    content: [contentBlock(completion)],
    stop_reason: stopReason(completion),
    stop_sequence: null,
    usage: USAGE,
  };
}

function messageEvents(model: string, completion: Completion): string[] {
  const block = contentBlock(completion);
  const [emptyBlock, deltas] =
    block.type === 'text'
      ? [{ ...block, text: '' }, words(text(completion)).map((word) => ({ type: 'text_delta', text: word }))]
      : [{ ...block, input: {} }, [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]];
  const start = {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...USAGE, output_tokens: 1 },
  };
  return [
    { type: 'message_start', message: start },
    { type: 'content_block_start', index: 0, content_block: emptyBlock },
    { type: 'ping' },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason(completion), stop_sequence: null },
      usage: { output_tokens: USAGE.output_tokens },
    },
    { type: 'message_stop' },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function handle({ method, path, body }: DialectRequest): ReturnType<Dialect['handle']> {
  const model = text(body['model'], 'local-model');
  if (method === 'POST' && path.endsWith('/v1/messages/count_tokens')) {
    return jsonAnswer({ input_tokens: USAGE.input_tokens });
  }
  if (method === 'GET' && path.endsWith('/v1/models')) {
    const entry = { type: 'model', id: 'local-model', display_name: 'Local', created_at: '2026-01-01T00:00:00Z' };
    return jsonAnswer({ data: [entry], has_more: false, first_id: entry.id, last_id: entry.id });
  }
  if (method !== 'POST' || !path.endsWith('/v1/messages')) return undefined;
  const stream = body['stream'] === true;
  return {
    model,
    stream,
    turn: objects(body['messages']).filter((entry) => entry['role'] === 'assistant').length,
    tools: objects(body['tools']).map((tool) => text(tool['name'])),
    answer: (completion) =>
      stream ? sseAnswer(messageEvents(model, completion)) : jsonAnswer(message(model, completion)),
  };
}

export const anthropic: Dialect = {
  id: 'anthropic',
  hosts: ['api.anthropic.com'],
  credential: { header: 'x-api-key', prefix: '' },
  // What Claude Code sends with a token from `claude setup-token`.
  otherCredentials: [
    {
      key: /^sk-ant-oat/,
      ...{ header: 'authorization', prefix: 'Bearer ', entry: ['anthropic-beta', 'oauth-2025-04-20'] },
    },
  ],
  recognises: (path) => /\/v1\/messages(\/|$)/.test(path),
  handle,
  errorBody: (status, errorMessage) => ({
    type: 'error',
    error: { type: ERROR_TYPES[status] ?? 'api_error', message: errorMessage },
  }),
};
