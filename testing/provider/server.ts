/**
 * A local TLS server that plays the LLM providers under their real host names, so that no test or demo needs the
 * internet or a real key. It judges what AWF sends: the credential must be in the right header and nowhere else. It
 * therefore states each provider's rules itself instead of reading them from AWF's provider table.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProviderId } from '../../src/shared/providers.ts';
import { isObject, type JsonObject } from '../json.ts';
import { type Listening, listen } from '../listen.ts';
import { anthropic } from './dialects/anthropic.ts';
import {
  type Answer,
  type Channel,
  type Completion,
  type CredentialForm,
  type Dialect,
  type Inference,
  plainValue,
} from './dialects/dialect.ts';
import { gemini } from './dialects/gemini.ts';
import { copilot, openai } from './dialects/openai.ts';
import { acceptWebSockets } from './websocket.ts';
import { hostOf, judgeCredential, type RecordedRequest, recordRequest } from './recorded-request.ts';
import type { TestCa } from '../tls.ts';

export const DEFAULT_TEXT = 'Hello from the local provider.';

/** An answer sent unchanged, for errors, compression and anything else that must arrive untouched. */
export interface RawReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Text, a tool call, or the exact bytes of an answer. */
export type Turn = Completion | RawReply;

export interface RespondRequest {
  readonly provider: ProviderId;
  readonly inference: Inference;
  readonly request: RecordedRequest;
}

/**
 * A script or a function. The number of turns that the model has taken selects the turn of a script; the last turn
 * repeats. A function decides on every request, including those outside the conversation (see `inference.schema` and
 * `inference.tools`).
 */
export type Responder = ((request: RespondRequest) => Turn | Promise<Turn>) | readonly Turn[];

export interface ProviderServerOptions {
  readonly ca: TestCa;
  /** The real credential of each provider. A provider without one refuses every request. */
  readonly keys: Readonly<Partial<Record<ProviderId, string>>>;
  /** The address to listen on. 127.0.0.1 by default. */
  readonly host?: string;
  /** The port to listen on. The default, 0, picks a free one. */
  readonly port?: number;
  readonly respond?: Responder;
  /** Further host names, for custom targets and GitHub Enterprise, with the provider of each. */
  readonly hosts?: Readonly<Record<string, ProviderId>>;
  /** The form of the credential at those hosts, if it is not the provider's own. */
  readonly credential?: CredentialForm;
  /** Milliseconds between two chunks of an answer; 0 by default. */
  readonly chunkDelayMs?: number;
  /** Whether to accept WebSockets where the provider has them. They are refused by default. */
  readonly webSockets?: boolean;
}

export interface ProviderServer extends Listening {
  /** The requests, in the order in which their bodies were complete, without the {@link modelLists}. */
  readonly requests: readonly RecordedRequest[];
  /** The lists of models that the api-proxy itself asked for, when it started. */
  readonly modelLists: readonly RecordedRequest[];
  /** Forgets the requests so far. */
  readonly reset: () => void;
}

const DIALECTS: readonly Dialect[] = [anthropic, gemini, openai, copilot];

/** The providers that the server can play. */
export const PLAYED: ReadonlySet<ProviderId> = new Set(DIALECTS.map(({ id }) => id));

/** Finds the dialect by host, or by path if the host belongs to no provider (`localhost`). */
function findDialect(
  request: IncomingMessage,
  ownHosts: Readonly<Record<string, ProviderId>>,
  credential: CredentialForm | undefined,
): Dialect | undefined {
  const host = hostOf(request);
  if (credential && ownHosts[host] !== undefined) {
    return DIALECTS.filter(({ id }) => id === ownHosts[host]).map((dialect) => ({
      ...dialect,
      ...{ credential, otherCredentials: [] },
    }))[0];
  }
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  return (
    DIALECTS.find(({ id, hosts }) => id === ownHosts[host] || hosts.includes(host)) ??
    DIALECTS.find((dialect) => dialect.recognises(path))
  );
}

function parseJson(body: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/**
 * Agent programs also send requests outside the conversation. Requests for titles and summaries offer no tools and get
 * text. Choices have a schema: Gemini CLI lets a model choose the model, and repeats the request until the answer
 * matches.
 */
function scriptedTurn(script: readonly Turn[], { turn: index, tools, schema }: Inference): Turn {
  if (schema) return JSON.stringify(plainValue(schema));
  const turn = script[Math.min(index, script.length - 1)] ?? DEFAULT_TEXT;
  const lacksTool = typeof turn === 'object' && 'toolUse' in turn && !tools.includes(turn.toolUse.name);
  return lacksTool ? DEFAULT_TEXT : turn;
}

/** Decides on the reply. The checks run in a provider's order: host, credential, endpoint. */
async function decide(
  dialect: Dialect | undefined,
  request: RecordedRequest,
  respond: Responder,
): Promise<Answer | RawReply> {
  const refuse = (status: number, message: string): RawReply => ({
    status,
    // The SDKs of Anthropic and OpenAI respect this header. Without it, Claude Code retries for minutes after a 401.
    headers: { 'x-should-retry': 'false' },
    body: JSON.stringify(dialect?.errorBody(status, message) ?? { error: { message } }),
  });
  if (!dialect) return refuse(404, `The local provider does not know the host ${request.host}.`);
  if (request.credential === 'wrong' && dialect.wrongKey) {
    return { status: dialect.wrongKey.status, body: JSON.stringify(dialect.wrongKey.body) };
  }
  if (request.credential !== 'accepted') {
    return refuse(401, `The local provider got no valid credential in ${dialect.credential.header}.`);
  }
  const missing = dialect.hosts.includes(request.host)
    ? dialect.demands?.(request.path).find((name) => !(name in request.headers))
    : undefined;
  if (missing !== undefined) return refuse(400, `bad request: missing required ${missing} header`);
  // On this status Codex falls back to plain HTTP at once.
  if (request.headers.upgrade !== undefined) return refuse(426, 'The local provider does not speak WebSocket.');

  const url = new URL(request.path, 'https://local.invalid');
  const handled = dialect.handle({
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    body: parseJson(request.body),
  });
  if (!handled) return refuse(404, `The local provider has no endpoint ${request.method} ${url.pathname}.`);
  return 'chunks' in handled ? handled : infer(dialect, request, handled, respond);
}

/** Produces the model's answer. */
async function infer(
  { id }: Dialect,
  request: RecordedRequest,
  inference: Inference,
  respond: Responder,
): Promise<Answer | RawReply> {
  const turn =
    typeof respond === 'function'
      ? await respond({ provider: id, inference, request })
      : scriptedTurn(respond, inference);
  return typeof turn === 'object' && 'status' in turn ? turn : inference.answer(turn);
}

async function send(response: ServerResponse, reply: Answer | RawReply, chunkDelayMs: number): Promise<void> {
  if ('status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(reply.body);
    return;
  }
  response.writeHead(200, { 'content-type': reply.contentType, 'request-id': crypto.randomUUID() });
  for (const [index, chunk] of reply.chunks.entries()) {
    if (index > 0 && chunkDelayMs > 0) await sleep(chunkDelayMs);
    response.write(chunk);
  }
  response.end();
}

/** Starts the server; it answers as soon as the promise resolves. */
export async function startProviderServer({
  ca,
  keys,
  host = '127.0.0.1',
  port = 0,
  respond = [DEFAULT_TEXT],
  hosts = {},
  credential,
  chunkDelayMs = 0,
  webSockets = false,
}: ProviderServerOptions): Promise<ProviderServer> {
  const requests: RecordedRequest[] = [];
  const modelLists: RecordedRequest[] = [];
  const names = [...DIALECTS.flatMap((dialect) => dialect.hosts), ...Object.keys(hosts), 'localhost', '127.0.0.1'];
  const certificate = await ca.issue(names);

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const dialect = findDialect(request, hosts, credential);
    const recorded = await recordRequest(request, dialect, dialect && keys[dialect.id]);
    (recorded.headers['user-agent'] === 'awf' ? modelLists : requests).push(recorded);
    await send(response, await decide(dialect, recorded, respond), chunkDelayMs);
  };

  /** The channel that the client may open. {@link decide} handles every refusal. */
  const openChannel = (request: IncomingMessage): Channel | undefined => {
    const dialect = findDialect(request, hosts, credential);
    if (!webSockets || !dialect?.openChannel) return undefined;
    if (judgeCredential(dialect, request.rawHeaders, keys[dialect.id]) !== 'accepted') return undefined;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://local.invalid');
    return dialect.openChannel(pathname, searchParams);
  };
  const shouldUpgradeCallback = (request: IncomingMessage): boolean => openChannel(request) !== undefined;

  const server = createServer({ ...certificate, shouldUpgradeCallback }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      // Either the client has disconnected, or the test's own responder threw, which must be visible.
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  const endWebSockets = acceptWebSockets(server, async (request) => {
    const dialect = findDialect(request, hosts, credential);
    const channel = openChannel(request);
    if (!dialect || !channel) throw new Error('There is no channel, although the request was accepted.');
    const messages: string[] = [];
    const recorded = { ...(await recordRequest(request, dialect, keys[dialect.id])), messages };
    requests.push(recorded);
    const answer = async (inference: Inference): Promise<Answer> => {
      const decided = await infer(dialect, recorded, inference, respond);
      if ('status' in decided) throw new Error('A WebSocket cannot carry the bytes of an HTTP answer.');
      return decided;
    };
    return { channel, answer, heard: (message) => messages.push(message) };
  });
  const { close, ...listening } = await listen(server, host, port);
  return {
    ...listening,
    close: () => {
      endWebSockets();
      return close();
    },
    requests,
    modelLists,
    reset: () => {
      requests.length = 0;
      modelLists.length = 0;
    },
  };
}
