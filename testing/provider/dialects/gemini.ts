/** https://ai.google.dev/api/generate-content */

import { isObject, objects, text } from '../../json.ts';
import { type Completion, type Dialect, type DialectRequest, jsonAnswer, sseAnswer, words } from './dialect.ts';
import { liveChannel } from './gemini-live.ts';

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  404: 'NOT_FOUND',
};

const MODELS = /\/v1(?:alpha|beta)?\/models$/;
const EMBEDDING = { values: [0, 0.5, -0.25] };

const part = (completion: Completion) =>
  typeof completion === 'string'
    ? { text: completion }
    : { functionCall: { name: completion.toolUse.name, args: completion.toolUse.input } };

const response = (model: string, responseId: string, completion: Completion, last: boolean) => ({
  candidates: [
    { content: { role: 'model', parts: [part(completion)] }, index: 0, ...(last ? { finishReason: 'STOP' } : {}) },
  ],
  usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 7, totalTokenCount: 19 },
  modelVersion: model,
  responseId,
});

function responseParts(model: string, completion: Completion) {
  const id = crypto.randomUUID();
  const pieces = typeof completion === 'string' ? words(completion) : [completion];
  return pieces.map((piece, index) => response(model, id, piece, index === pieces.length - 1));
}

function handle({ method, path, query, body }: DialectRequest): ReturnType<Dialect['handle']> {
  if (method === 'GET' && MODELS.test(path)) {
    const supportedGenerationMethods = ['generateContent', 'countTokens'];
    return jsonAnswer({ models: [{ name: 'models/local-model', displayName: 'Local', supportedGenerationMethods }] });
  }
  const call = /\/models\/([^/:]+):(\w+)$/.exec(path);
  if (method !== 'POST' || call === null) return undefined;
  const model = text(call[1]);
  if (call[2] === 'countTokens') return jsonAnswer({ totalTokens: 12 });
  if (call[2] === 'embedContent') return jsonAnswer({ embedding: EMBEDDING });
  if (call[2] === 'batchEmbedContents') {
    return jsonAnswer({ embeddings: objects(body['requests']).map(() => EMBEDDING) });
  }
  if (call[2] !== 'generateContent' && call[2] !== 'streamGenerateContent') return undefined;
  const stream = call[2] === 'streamGenerateContent';
  const config = isObject(body['generationConfig']) ? body['generationConfig'] : {};
  const schema = config['responseJsonSchema'] ?? config['responseSchema'];
  return {
    model,
    stream,
    ...(isObject(schema) ? { schema } : {}),
    turn: objects(body['contents']).filter((entry) => entry['role'] === 'model').length,
    tools: objects(body['tools'])
      .flatMap((tool) => objects(tool['functionDeclarations']))
      .map((declaration) => text(declaration['name'])),
    answer: (completion) => {
      if (!stream) return jsonAnswer(response(model, crypto.randomUUID(), completion, true));
      const parts = responseParts(model, completion);
      if (query.get('alt') !== 'sse') return jsonAnswer(parts);
      return sseAnswer(parts.map((entry) => `data: ${JSON.stringify(entry)}\r\n\r\n`));
    },
  };
}

export const gemini: Dialect = {
  id: 'gemini',
  hosts: ['generativelanguage.googleapis.com'],
  credential: { header: 'x-goog-api-key', prefix: '' },
  recognises: (path) => /\/models\/[^/:]+:\w+$/.test(path) || path.endsWith('/v1beta/models'),
  handle,
  errorBody: (status, message) => ({ error: { code: status, message, status: STATUSES[status] ?? 'INTERNAL' } }),
  // https://ai.google.dev/gemini-api/docs/troubleshooting and https://google.aip.dev/193
  wrongKey: {
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'API key not valid. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'API_KEY_INVALID',
            domain: 'googleapis.com',
            metadata: { service: 'generativelanguage.googleapis.com' },
          },
        ],
      },
    },
  },
  openChannel: (path) => (/^\/ws\/.*\.GenerativeService\.BidiGenerateContent$/.test(path) ? liveChannel() : undefined),
};
