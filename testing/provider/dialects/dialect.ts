/** What the dialects of the LLM providers have in common: their requests and answers. */

import type { ProviderId } from '../../../src/shared/providers.ts';
import { isObject, type JsonObject, text } from '../../json.ts';

export interface ToolUse {
  readonly name: string;
  /** A string for tools that do not take JSON: https://platform.openai.com/docs/guides/function-calling#custom-tools */
  readonly input: Readonly<Record<string, unknown>> | string;
}

/** What the model says in one turn, independent of any dialect: text, or a tool call. */
export type Completion = string | { readonly toolUse: ToolUse };

/** A request as a dialect sees it: the path without its query, and the body, parsed if it is JSON. */
export interface DialectRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
}

/** Bytes to send. Each chunk is written separately, so that a test can see whether answers are streamed. */
export interface Answer {
  readonly contentType: string;
  readonly chunks: readonly string[];
}

/** A request for a completion, parsed. */
export interface Inference {
  readonly model: string;
  readonly stream: boolean;
  /** How many turns the model has taken in this conversation. A script of turns continues here. */
  readonly turn: number;
  /** The names of the tools that the client offers. */
  readonly tools: readonly string[];
  /** The JSON Schema that the answer's text must satisfy, if the client demands one. */
  readonly schema?: JsonObject;
  readonly answer: (completion: Completion) => Answer;
}

/** One WebSocket of a client: the messages sent first, and the reply to each of the client's messages. */
export interface Channel {
  /** Sent before the client has sent anything. */
  readonly greeting: readonly string[];
  /** Returns messages, or a request for a completion: each chunk of its answer is then sent as one message. */
  readonly receive: (message: JsonObject) => Inference | readonly string[];
  /** Google sends its JSON in binary messages. */
  readonly binary: boolean;
}

export interface CredentialForm {
  readonly header: string;
  readonly prefix: string;
  /** An entry that must be in a list among the headers. */
  readonly entry?: readonly [header: string, entry: string];
}

/** One provider's wire format, written from the provider's documentation instead of AWF's provider table. */
export interface Dialect {
  readonly id: ProviderId;
  readonly hosts: readonly string[];
  /** The header that carries the credential, in lower case, and the prefix of its value. */
  readonly credential: CredentialForm;
  /** Credentials that go otherwise. */
  readonly otherCredentials?: readonly (CredentialForm & { readonly key: RegExp })[];
  /** Headers without which the provider's own hosts answer 400 for a path, in lower case. */
  readonly demands?: (path: string) => readonly string[];
  /** Recognises the provider by the path alone, for a server that is reached as `localhost`. */
  readonly recognises: (path: string) => boolean;
  /** Returns `undefined` if there is no such endpoint. */
  readonly handle: (request: DialectRequest) => Inference | Answer | undefined;
  readonly errorBody: (status: number, message: string) => unknown;
  /** The answer to a wrong key, where it is not 401 with an ordinary body. */
  readonly wrongKey?: { readonly status: number; readonly body: unknown };
  /** Opens a WebSocket. Returns `undefined` if there is none at this path. */
  readonly openChannel?: (path: string, query: URLSearchParams) => Channel | undefined;
}

export const jsonAnswer = (body: unknown): Answer => ({
  contentType: 'application/json',
  chunks: [JSON.stringify(body)],
});

export const sseAnswer = (chunks: readonly string[]): Answer => ({
  contentType: 'text/event-stream; charset=utf-8',
  chunks,
});

/** The answer on a WebSocket: each event is one message. */
export const messagesAnswer = (events: readonly unknown[]): Answer => ({
  contentType: 'application/json',
  chunks: events.map((event) => JSON.stringify(event)),
});

/**
 * The simplest value that a JSON Schema allows, as far as the agent programs use schemas. Gemini writes types in
 * capitals: https://ai.google.dev/api/caching#Schema
 */
export function plainValue(schema: JsonObject): unknown {
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  switch (text(schema['type']).toLowerCase()) {
    case 'object': {
      const properties = isObject(schema['properties']) ? schema['properties'] : {};
      return Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, isObject(property) ? plainValue(property) : null]),
      );
    }
    case 'array':
      return [];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      // Gemini CLI requires its score to be at least 1, but its schema does not say so.
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
    case 'null':
      return null;
    default:
      return 'local';
  }
}

/** Splits text after each space, roughly as a model's tokens arrive. */
export const words = (value: string): string[] => value.match(/\S*\s*/g)?.filter((word) => word !== '') ?? [];
