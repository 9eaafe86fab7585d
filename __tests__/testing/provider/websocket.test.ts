import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { isObject, type JsonObject } from '../../../testing/json.ts';
import {
  DEFAULT_TEXT,
  type ProviderServer,
  startProviderServer,
  type Responder,
} from '../../../testing/provider/server.ts';
import { createTestCa, type TestCa } from '../../../testing/tls.ts';

const KEYS = { openai: 'sk-real', gemini: 'AIza-real' };
const OPENAI = { host: 'api.openai.com', headers: { authorization: 'Bearer sk-real' } };
const GEMINI = { host: 'generativelanguage.googleapis.com', headers: { 'x-goog-api-key': 'AIza-real' } };
const LIVE = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent';

interface Conversation {
  readonly say: (message: unknown) => void;
  /** The next messages, up to the first one that `isLast` accepts. */
  readonly heard: (isLast: (message: JsonObject) => boolean) => Promise<JsonObject[]>;
}

let ca: TestCa;
let server: ProviderServer;
beforeAll(async () => {
  ca = await createTestCa();
});
afterEach(() => server.close());

const start = async (respond: Responder = [DEFAULT_TEXT]) => {
  server = await startProviderServer({ ca, keys: KEYS, respond, webSockets: true });
};

function dial({ host, headers }: typeof OPENAI | typeof GEMINI, path: string): WebSocket {
  const options = { ca: ca.certPem, servername: host, headers: { ...headers, host } };
  return new WebSocket(`wss://127.0.0.1:${server.port}${path}`, options);
}

async function open(to: typeof OPENAI | typeof GEMINI, path: string): Promise<Conversation> {
  const socket = dial(to, path);
  const queue: JsonObject[] = [];
  let wake: () => void = () => undefined;
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString());
    queue.push(isObject(message) ? message : {});
    wake();
  });
  await once(socket, 'open');
  return {
    say: (message) => socket.send(JSON.stringify(message)),
    heard: async (isLast) => {
      for (let end = queue.findIndex(isLast); ; end = queue.findIndex(isLast)) {
        if (end >= 0) return queue.splice(0, end + 1);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const ofType = (type: string) => (message: JsonObject) => message['type'] === type;
const deltas = (messages: readonly JsonObject[]): unknown =>
  messages.flatMap(({ delta }) => (typeof delta === 'string' ? [delta] : [])).join('');

describe('the responses API', () => {
  test('answers with the events of a stream', async () => {
    await start();
    const { say, heard } = await open(OPENAI, '/v1/responses');
    say({ type: 'response.create', model: 'm', input: 'hi' });
    const events = await heard(ofType('response.completed'));
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    expect(deltas(events)).toBe(DEFAULT_TEXT);
    expect(server.requests).toMatchObject([
      {
        path: '/v1/responses',
        credential: 'accepted',
        messages: ['{"type":"response.create","model":"m","input":"hi"}'],
      },
    ]);
  });

  test('continues from the previous response, and sends nothing if a message only adds context', async () => {
    await start(['first', 'second']);
    const { say, heard } = await open(OPENAI, '/v1/responses');
    const turn = async (message: JsonObject) => {
      say({ type: 'response.create', model: 'm', input: [], ...message });
      const events = await heard(ofType('response.completed'));
      const { response } = events.at(-1)!;
      return { said: deltas(events), id: isObject(response) ? response['id'] : undefined };
    };
    const context = await turn({ generate: false });
    const first = await turn({ previous_response_id: context.id });
    const second = await turn({ previous_response_id: first.id });
    expect([context, first, second].map(({ said }) => said)).toEqual(['', 'first', 'second']);
  });
});

describe('the realtime API', () => {
  test('greets, accepts messages, and answers', async () => {
    await start();
    const { say, heard } = await open(OPENAI, '/v1/realtime?model=m');
    expect(await heard(ofType('session.created'))).toMatchObject([{ session: { model: 'm' } }]);
    say({ type: 'session.update', session: { instructions: 'x' } });
    expect(await heard(ofType('session.updated'))).toMatchObject([{ session: { instructions: 'x' } }]);
    say({ type: 'conversation.item.create', item: { type: 'message' } });
    expect(await heard(ofType('conversation.item.done'))).toHaveLength(2);
    say({ type: 'response.create' });
    expect(deltas(await heard(ofType('response.done')))).toBe(DEFAULT_TEXT);
    say({ type: 'nonsense' });
    expect(await heard(ofType('error'))).toMatchObject([{ error: { code: 'unknown_event' } }]);
  });
});

describe('the live API', () => {
  test('is set up, and answers at the end of a turn', async () => {
    await start();
    const { say, heard } = await open(GEMINI, LIVE);
    say({ setup: { model: 'models/m' } });
    expect(await heard(() => true)).toEqual([{ setupComplete: {} }]);
    say({ clientContent: { turns: [], turnComplete: true } });
    const messages = await heard(({ usageMetadata }) => usageMetadata !== undefined);
    expect([...JSON.stringify(messages).matchAll(/"text":"([^"]*)"/g)].map(([, word]) => word).join('')).toBe(
      DEFAULT_TEXT,
    );
  });
});

test.each([
  ['without the credential', { ...OPENAI, headers: { authorization: 'Bearer wrong' } }, '/v1/responses', 401],
  ['where there is none', OPENAI, '/v1/models', 426],
  ['where the provider has none', GEMINI, '/v1beta/models', 426],
] as const)('refuses a WebSocket %s', async (_, to, path, status) => {
  await start();
  const [error] = (await once(dial(to, path), 'error')) as [Error];
  expect(error.message).toBe(`Unexpected server response: ${status}`);
});

test('closes a WebSocket with the error of a responder', async () => {
  await start(() => {
    throw new Error('a mistake of the test');
  });
  const socket = dial(OPENAI, '/v1/responses');
  socket.on('open', () => socket.send('{"type":"response.create"}'));
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([1011, 'Error: a mistake of the test']);
});
