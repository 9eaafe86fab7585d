/** What every SDK must see through the sidecar, whatever its language. */

import { beforeAll, describe, expect, test } from 'vitest';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';
import { TEST_KEYS } from '../../testing/runner/action.ts';
import { isObject, text } from '../../testing/json.ts';
import { words } from '../../testing/provider/dialects/dialect.ts';
import type { RecordedRequest } from '../../testing/provider/recorded-request.ts';
import { markOf, type CaseOutcome } from './cases.ts';
import { COPILOT_MODELS } from '../../testing/provider/dialects/openai.ts';
import { FAILURES, TEXT, type ClientsRun } from './run-in-sandbox.ts';

const USAGE = { input: 12, output: 7 };
const SPOKEN = { text: TEXT, ...USAGE };
const STREAMED = { chunks: words(TEXT), ...USAGE };
const COUNTED = { tokens: 12 };
const EMBEDDED = { vectors: [[0, 0.5, -0.25]] };
const LISTED = { ids: ['local-model'] };

interface Call {
  readonly name: string;
  readonly path: string;
  readonly value: unknown;
}

const OPENAI_API = (
  prefix: string,
  listed = LISTED,
): readonly (readonly [name: string, path: string, value: unknown])[] => [
  ['chat', `${prefix}/chat/completions`, SPOKEN],
  ['chat-stream', `${prefix}/chat/completions`, STREAMED],
  ['response', `${prefix}/responses`, SPOKEN],
  ['response-stream', `${prefix}/responses`, STREAMED],
  ['embeddings', `${prefix}/embeddings`, EMBEDDED],
  ['models', `${prefix}/models`, listed],
];

const CALLS: readonly Call[] = Object.entries({
  openai: [...OPENAI_API('/v1'), ['count-tokens', '/v1/responses/input_tokens', COUNTED] as const],
  copilot: OPENAI_API('', { ids: COPILOT_MODELS.data.map(({ id }) => id) }),
  anthropic: [
    ['message', '/v1/messages', SPOKEN],
    ['message-stream', '/v1/messages', STREAMED],
    ['count-tokens', '/v1/messages/count_tokens', COUNTED],
    ['models', '/v1/models', LISTED],
  ] as const,
  gemini: [
    ['generate', '/v1/models/gemini-local:generateContent', SPOKEN],
    ['generate-stream', '/v1/models/gemini-local:streamGenerateContent?alt=sse', STREAMED],
    ['count-tokens', '/v1/models/gemini-local:countTokens', COUNTED],
    ['embeddings', '/v1/models/gemini-local:batchEmbedContents', EMBEDDED],
    ['models', '/v1/models', { ids: ['models/local-model'] }],
  ] as const,
}).flatMap(([id, calls]) => calls.map(([name, path, value]) => ({ name: `${id}.${name}`, path, value })));

/** The WebSockets, with the kinds of messages that the client sends. */
const WEBSOCKETS = [
  { name: 'openai.response-websocket', path: '/v1/responses', says: ['response.create'] },
  {
    name: 'openai.realtime',
    path: '/v1/realtime?model=gpt-local',
    says: ['conversation.item.create', 'response.create'],
  },
  {
    name: 'gemini.live',
    path: '/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent',
    says: ['setup', 'clientContent'],
  },
] as const;

/** The SDKs of OpenAI and Anthropic try three times, Google's once. */
const RATE_LIMITED = [
  ['openai', 3],
  ['copilot', 3],
  ['anthropic', 3],
  ['gemini', 1],
] as const;

/** Endpoints outside inference, each with the line that would allow it. */
const REFUSED = [
  ['openai', 'openai GET /v1/files'],
  ['copilot', 'copilot GET /files'],
  ['anthropic', 'anthropic GET /v1/messages/batches'],
  ['gemini', 'gemini GET /v1/files'],
] as const;

type Failing = 'badRequest' | 'rateLimit' | 'denied';

const OPENAI_ERRORS: Readonly<Record<Failing, string>> = {
  badRequest: 'BadRequestError',
  rateLimit: 'RateLimitError',
  denied: 'PermissionDeniedError',
};

export interface Clients {
  readonly run: () => Promise<ClientsRun>;
  /** Milliseconds for the run, including fetching what it needs. */
  readonly limitMs: number;
  /** The class of Google's errors. The other SDKs have the same classes in both languages. */
  readonly googleError: string;
  /** The names of cases that this language's SDKs do not support. */
  readonly without: readonly (typeof WEBSOCKETS)[number]['name'][];
}

const providerOf = (name: string): ProviderId => PROVIDERS.find(({ id }) => name.startsWith(`${id}.`))!.id;

const whole = ({ method, path, rawHeaders, body, messages }: RecordedRequest): string =>
  [method, path, ...rawHeaders, body.toString(), ...messages].join('\n');

const kindOf = (message: string): string => {
  const parsed: unknown = JSON.parse(message);
  return isObject(parsed) ? text(parsed['type'], Object.keys(parsed)[0]) : '';
};

/** Registers the tests of one language's SDKs. The program runs once. */
export function describeClients({ run, limitMs, googleError, without }: Clients): void {
  const webSockets = WEBSOCKETS.filter(({ name }) => !without.includes(name));
  const errorOf = (id: ProviderId, failing: Failing): string =>
    id === 'gemini' ? googleError : OPENAI_ERRORS[failing];

  let results: ClientsRun['results'];
  let requests: ClientsRun['requests'];
  beforeAll(async () => {
    ({ results, requests } = await run());
  }, limitMs);

  const outcomeOf = (name: string): CaseOutcome => results[name]!;

  /** The requests of a case that arrived. Its prompt identifies them; a list of models has none. */
  const arrivedOf = (name: string): RecordedRequest[] =>
    requests.filter((request) =>
      name.endsWith('.models')
        ? request.provider === providerOf(name) && request.method === 'GET' && request.path.endsWith('/models')
        : whole(request).includes(markOf(name)),
    );

  /**
   * Checks that exactly the SDK's bytes arrived at the provider's own host, with the real credential once and no
   * placeholder.
   */
  function expectArrivedAsSent(name: string, times: number): void {
    const id = providerOf(name);
    const arrived = arrivedOf(name);
    expect(arrived).toHaveLength(times);
    const { defaultTarget: host } = PROVIDERS.find((provider) => provider.id === id)!;
    for (const request of arrived) {
      expect(request).toMatchObject({ provider: id, host, serverName: host, credential: 'accepted' });
      for (const [other, key] of Object.entries(TEST_KEYS)) {
        expect(whole(request).split(key).length - 1, `keys of ${other}`).toBe(other === id ? 1 : 0);
      }
      expect(whole(request)).not.toMatch(/placeholder/i);
    }
    const asSent = arrived
      .filter(({ messages }) => messages.length === 0)
      .map(({ method, path, body }) => ({ method, path, body: body.toString() }));
    expect(asSent).toEqual(
      outcomeOf(name).sent.map(({ method, url, body }) => ({ method, path: url.replace(/^http:\/\/[^/]+/, ''), body })),
    );
  }

  test('every case ran, and nothing else arrived', () => {
    const failing = RATE_LIMITED.flatMap(([id]) => [`${id}.bad-request`, `${id}.rate-limit`, `${id}.refused`]);
    const names = [...CALLS, ...webSockets].map(({ name }) => name).concat(failing);
    expect(Object.keys(results).sort()).toEqual(names.sort());
    expect(names.flatMap(arrivedOf)).toHaveLength(requests.length);
  });

  test.each(CALLS)('$name', ({ name, path, value }) => {
    expect(outcomeOf(name)).toMatchObject({ value, sent: [{ url: expect.stringMatching(/^http:/) as string }] });
    expectArrivedAsSent(name, 1);
    expect(arrivedOf(name)[0]!.path).toBe(path);
  });

  test.each(webSockets)('$name, over a WebSocket', ({ name, path, says }) => {
    expect(outcomeOf(name)).toEqual({ value: STREAMED, sent: [] });
    expectArrivedAsSent(name, 1);
    const { method, path: asked, messages } = arrivedOf(name)[0]!;
    expect([method, asked, ...messages.map(kindOf)]).toEqual(['GET', path, ...says]);
  });

  describe.each(RATE_LIMITED)('an error of %s', (id, attempts) => {
    test('400 becomes the SDK’s own error, with the provider’s body', () => {
      const name = `${id}.bad-request`;
      const error = { type: errorOf(id, 'badRequest'), status: 400, body: FAILURES[id]?.badRequest };
      expect(outcomeOf(name)).toMatchObject({ error });
      expectArrivedAsSent(name, 1);
    });

    test('so does 429, after the retries that the provider’s header asks for', () => {
      const name = `${id}.rate-limit`;
      const error = { type: errorOf(id, 'rateLimit'), status: 429, body: FAILURES[id]?.rateLimit };
      expect(outcomeOf(name)).toMatchObject({ error });
      expectArrivedAsSent(name, attempts);
    });
  });

  test.each(REFUSED)('a refusal by the sidecar for %s becomes the SDK’s own error and is not retried', (id, line) => {
    const name = `${id}.refused`;
    const { error, sent } = outcomeOf(name);
    expect(error).toMatchObject({ type: errorOf(id, 'denied'), status: 403 });
    expect(error!.message).toContain(`can add this line to allow-endpoints: ${line}`);
    expect(sent.map(({ method, url }) => `${id} ${method} ${new URL(url).pathname}`)).toEqual([line]);
    expectNothingArrived(new URL(sent[0]!.url).pathname);
  });

  function expectNothingArrived(path: string): void {
    expect(requests.filter((request) => request.path === path)).toEqual([]);
  }
}
