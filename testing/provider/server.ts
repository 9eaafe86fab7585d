/**
 * The LLM providers, played by a local TLS server under their real host names: no test and no demonstration needs the
 * Internet or a real key. It judges what the product sends (the credential in the right header, and only there), so
 * it states each provider's rules itself and does not read them from the product's provider table.
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

/** Sent as it is, for errors, compression and anything else that a test wants to see arrive untouched. */
export interface RawReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Text, a tool that the model wants run, or the very bytes. */
export type Turn = Completion | RawReply;

export interface RespondRequest {
  readonly provider: ProviderId;
  readonly inference: Inference;
  readonly request: RecordedRequest;
}

/**
 * A script, whose turn is chosen by how often the model has spoken and whose last turn repeats; or a function, which
 * decides on every request, also on those beside the conversation (see `inference.schema` and `inference.tools`).
 */
export type Responder = ((request: RespondRequest) => Turn | Promise<Turn>) | readonly Turn[];

export interface ProviderServerOptions {
  readonly ca: TestCa;
  /** The real credential of each provider; one that has none refuses everything. */
  readonly keys: Readonly<Partial<Record<ProviderId, string>>>;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly respond?: Responder;
  /** More host names, for custom targets and GitHub Enterprise, with the provider that each belongs to. */
  readonly hosts?: Readonly<Record<string, ProviderId>>;
  /** Milliseconds between two chunks of an answer; 0 by default. */
  readonly chunkDelayMs?: number;
  /** Whether WebSockets are accepted where the provider has them; by default they are refused. */
  readonly webSockets?: boolean;
}

export interface ProviderServer extends Listening {
  /** In the order in which their bodies were complete. */
  readonly requests: readonly RecordedRequest[];
  /** Forgets the requests so far. */
  readonly reset: () => void;
}

const DIALECTS: readonly Dialect[] = [anthropic, gemini, openai, copilot];

/** By host; where that is nobody's (`localhost`), by path. */
function findDialect(request: IncomingMessage, ownHosts: Readonly<Record<string, ProviderId>>): Dialect | undefined {
  const host = hostOf(request);
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
 * Programs ask for more than the conversation: titles and summaries without tools, which get text, and choices with a
 * schema (Gemini CLI has a model choose the model, and asks until the answer is such JSON).
 */
function scriptedTurn(script: readonly Turn[], { turn: index, tools, schema }: Inference): Turn {
  if (schema) return JSON.stringify(plainValue(schema));
  const turn = script[Math.min(index, script.length - 1)] ?? DEFAULT_TEXT;
  const lacksTool = typeof turn === 'object' && 'toolUse' in turn && !tools.includes(turn.toolUse.name);
  return lacksTool ? DEFAULT_TEXT : turn;
}

/** Decides on the reply, in the order in which a provider looks: host, credential, endpoint. */
async function decide(
  dialect: Dialect | undefined,
  request: RecordedRequest,
  respond: Responder,
): Promise<Answer | RawReply> {
  const refuse = (status: number, message: string): RawReply => ({
    status,
    // The SDKs of Anthropic and OpenAI obey; without it Claude Code repeats a request that got 401 for minutes.
    headers: { 'x-should-retry': 'false' },
    body: JSON.stringify(dialect?.errorBody(status, message) ?? { error: { message } }),
  });
  if (!dialect) return refuse(404, `The local provider does not know the host ${request.host}.`);
  if (request.credential !== 'accepted') {
    return refuse(401, `The local provider got no valid credential in ${dialect.credential.header}.`);
  }
  // At this status Codex falls back to plain HTTP at once.
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

/** Has the model speak. */
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
  chunkDelayMs = 0,
  webSockets = false,
}: ProviderServerOptions): Promise<ProviderServer> {
  const requests: RecordedRequest[] = [];
  const names = [...DIALECTS.flatMap((dialect) => dialect.hosts), ...Object.keys(hosts), 'localhost', '127.0.0.1'];
  const certificate = await ca.issue(names);

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const dialect = findDialect(request, hosts);
    const recorded = await recordRequest(request, dialect, dialect && keys[dialect.id]);
    requests.push(recorded);
    await send(response, await decide(dialect, recorded, respond), chunkDelayMs);
  };

  /** What the client may open with its request; every refusal is left to {@link decide}. */
  const openChannel = (request: IncomingMessage): Channel | undefined => {
    const dialect = findDialect(request, hosts);
    if (!webSockets || !dialect?.openChannel) return undefined;
    if (judgeCredential(dialect.credential, request.rawHeaders, keys[dialect.id]) !== 'accepted') return undefined;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://local.invalid');
    return dialect.openChannel(pathname, searchParams);
  };
  const shouldUpgradeCallback = (request: IncomingMessage): boolean => openChannel(request) !== undefined;

  const server = createServer({ ...certificate, shouldUpgradeCallback }, (request, response) => {
    serve(request, response).catch((error: unknown) => {
      // A client that went away, or a responder of the test's own that threw: the latter must be seen.
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  const endWebSockets = acceptWebSockets(server, async (request) => {
    const dialect = findDialect(request, hosts);
    const channel = openChannel(request);
    if (!dialect || !channel) throw new Error('agreed to before');
    const messages: string[] = [];
    const recorded = { ...(await recordRequest(request, dialect, keys[dialect.id])), messages };
    requests.push(recorded);
    const answer = async (inference: Inference): Promise<Answer> => {
      const decided = await infer(dialect, recorded, inference, respond);
      if ('status' in decided) throw new Error('A WebSocket has no place for the bytes of an HTTP answer.');
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
    reset: () => {
      requests.length = 0;
    },
  };
}
