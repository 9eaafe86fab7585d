import { connect } from 'node:net';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { ResponsesWS } from 'openai/resources/responses/ws';
import { FAILING_MODELS, promptOf, type Cases } from '../cases.ts';

const MODEL = 'gpt-local';

const chatOf = (name: string, model: string) => ({
  model,
  messages: [{ role: 'user' as const, content: promptOf(name) }],
});

async function chat(client: OpenAI, name: string, model = MODEL): Promise<unknown> {
  const { choices, usage } = await client.chat.completions.create(chatOf(name, model));
  return { text: choices[0]?.message.content, input: usage?.prompt_tokens, output: usage?.completion_tokens };
}

async function chatStream(client: OpenAI, name: string): Promise<unknown> {
  const chunks: string[] = [];
  let usage: OpenAI.CompletionUsage | null | undefined;
  const options = { stream: true, stream_options: { include_usage: true } } as const;
  for await (const chunk of await client.chat.completions.create({ ...chatOf(name, MODEL), ...options })) {
    const delta = chunk.choices[0]?.delta.content ?? '';
    if (delta !== '') chunks.push(delta);
    usage = chunk.usage;
  }
  return { chunks, input: usage?.prompt_tokens, output: usage?.completion_tokens };
}

async function modelIds(client: OpenAI): Promise<unknown> {
  const ids: string[] = [];
  for await (const model of client.models.list()) ids.push(model.id);
  return { ids };
}

async function embeddings(client: OpenAI, name: string): Promise<unknown> {
  const { data } = await client.embeddings.create({ model: MODEL, input: promptOf(name) });
  return { vectors: data.map(({ embedding }) => embedding) };
}

async function response(client: OpenAI, name: string): Promise<unknown> {
  const { output_text: text, usage } = await client.responses.create({ model: MODEL, input: promptOf(name) });
  return { text, input: usage?.input_tokens, output: usage?.output_tokens };
}

async function responseStream(client: OpenAI, name: string): Promise<unknown> {
  const chunks: string[] = [];
  let usage: OpenAI.Responses.ResponseUsage | undefined;
  for await (const event of await client.responses.create({ model: MODEL, input: promptOf(name), stream: true })) {
    if (event.type === 'response.output_text.delta') chunks.push(event.delta);
    if (event.type === 'response.completed') usage = event.response.usage;
  }
  return { chunks, input: usage?.input_tokens, output: usage?.output_tokens };
}

function responseOverWebSocket(client: OpenAI, name: string): Promise<unknown> {
  const socket = new ResponsesWS(client);
  const chunks: string[] = [];
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('response.output_text.delta', ({ delta }) => chunks.push(delta));
    socket.on('response.completed', ({ response: { usage } }) => {
      resolve({ chunks, input: usage?.input_tokens, output: usage?.output_tokens });
      socket.close();
    });
    socket.send({ type: 'response.create', model: MODEL, input: promptOf(name) });
  });
}

/** This client uses TLS whatever the base URL says. `createConnection` is the workaround. */
function realtime(client: OpenAI, name: string): Promise<unknown> {
  const { hostname, port } = new URL(client.baseURL);
  const createConnection = () => connect(Number(port), hostname);
  const socket = new OpenAIRealtimeWS({ model: MODEL, options: { createConnection } }, client);
  const chunks: string[] = [];
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('session.created', () => {
      const content = [{ type: 'input_text' as const, text: promptOf(name) }];
      socket.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
      socket.send({ type: 'response.create' });
    });
    socket.on('response.output_text.delta', ({ delta }) => chunks.push(delta));
    socket.on('response.done', ({ response: { usage } }) => {
      resolve({ chunks, input: usage?.input_tokens, output: usage?.output_tokens });
      socket.close();
    });
  });
}

export function openaiCases(): Cases {
  const client = new OpenAI();
  return {
    'openai.chat': () => chat(client, 'openai.chat'),
    'openai.chat-stream': () => chatStream(client, 'openai.chat-stream'),
    'openai.response': () => response(client, 'openai.response'),
    'openai.response-stream': () => responseStream(client, 'openai.response-stream'),
    'openai.response-websocket': () => responseOverWebSocket(client, 'openai.response-websocket'),
    'openai.realtime': () => realtime(client, 'openai.realtime'),
    'openai.embeddings': () => embeddings(client, 'openai.embeddings'),
    'openai.count-tokens': async () => {
      const request = { model: MODEL, input: promptOf('openai.count-tokens') };
      return { tokens: (await client.responses.inputTokens.count(request)).input_tokens };
    },
    'openai.models': () => modelIds(client),
    'openai.bad-request': () => chat(client, 'openai.bad-request', FAILING_MODELS.badRequest),
    'openai.rate-limit': () => chat(client, 'openai.rate-limit', FAILING_MODELS.rateLimit),
    'openai.refused': () => client.files.list(),
  };
}

/** Copilot speaks OpenAI's API, with its own base URL and without `/v1`. */
export function copilotCases(): Cases {
  const { COPILOT_PROVIDER_BASE_URL: baseURL, COPILOT_PROVIDER_API_KEY: apiKey } = process.env;
  const client = new OpenAI({ baseURL, apiKey });
  return {
    'copilot.chat': () => chat(client, 'copilot.chat'),
    'copilot.chat-stream': () => chatStream(client, 'copilot.chat-stream'),
    'copilot.response': () => response(client, 'copilot.response'),
    'copilot.response-stream': () => responseStream(client, 'copilot.response-stream'),
    'copilot.embeddings': () => embeddings(client, 'copilot.embeddings'),
    'copilot.models': () => modelIds(client),
    'copilot.bad-request': () => chat(client, 'copilot.bad-request', FAILING_MODELS.badRequest),
    'copilot.rate-limit': () => chat(client, 'copilot.rate-limit', FAILING_MODELS.rateLimit),
    'copilot.refused': () => client.files.list(),
  };
}
