/** What the dialects of the LLM providers have in common: what they are asked, and what they answer. */

import type { ProviderId } from '../../../src/shared/providers.ts';
import { isObject, type JsonObject, text } from '../../json.ts';

export interface ToolUse {
  readonly name: string;
  /** Text for the tools that take no JSON: https://platform.openai.com/docs/guides/function-calling#custom-tools */
  readonly input: Readonly<Record<string, unknown>> | string;
}

/** What the model says in one turn, in no dialect yet: text, or a tool that it wants run. */
export type Completion = string | { readonly toolUse: ToolUse };

/** A request as a dialect sees it: the path without its query, the body parsed where it is JSON. */
export interface DialectRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
}

/** Bytes to send; each chunk is written on its own, so that a test can see whether they stream. */
export interface Answer {
  readonly contentType: string;
  readonly chunks: readonly string[];
}

/** A request for a completion, understood. */
export interface Inference {
  readonly model: string;
  readonly stream: boolean;
  /** How often the model has spoken in this conversation: a script of turns continues here. */
  readonly turn: number;
  /** Names of the tools that the client offers. */
  readonly tools: readonly string[];
  /** JSON Schema that the answer's text must satisfy, where the client demands one. */
  readonly schema?: JsonObject;
  readonly answer: (completion: Completion) => Answer;
}

/** One WebSocket of a client: what is said first, and what each message of the client's is answered with. */
export interface Channel {
  /** Sent before the client has said anything. */
  readonly greeting: readonly string[];
  /** Messages, or a request for a completion, whose answer's chunks are sent as a message each. */
  readonly receive: (message: JsonObject) => Inference | readonly string[];
  /** Google sends its JSON in binary messages. */
  readonly binary: boolean;
}

/** One provider's wire format, written from the provider's documentation and not from the table of the product. */
export interface Dialect {
  readonly id: ProviderId;
  readonly hosts: readonly string[];
  /** The header that carries the credential, lower case, and what stands before it. */
  readonly credential: { readonly header: string; readonly prefix: string };
  /** Tells the provider by the path alone, for a server that is reached under `localhost`. */
  readonly recognises: (path: string) => boolean;
  /** `undefined`: there is no such endpoint. */
  readonly handle: (request: DialectRequest) => Inference | Answer | undefined;
  readonly errorBody: (status: number, message: string) => unknown;
  /** A new WebSocket; `undefined`: there is none at this path. */
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

/** The answer on a WebSocket, where each event is a message. */
export const messagesAnswer = (events: readonly unknown[]): Answer => ({
  contentType: 'application/json',
  chunks: events.map((event) => JSON.stringify(event)),
});

/**
 * The plainest value that a JSON Schema allows, as far as the agent programs use it. Gemini writes types in capitals.
 *
 * https://ai.google.dev/api/caching#Schema
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
      // Gemini CLI demands at least 1 of its score, and does not say so in the schema.
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
    case 'null':
      return null;
    default:
      return 'local';
  }
}

/** Splits behind each space, about as a model's tokens arrive. */
export const words = (value: string): string[] => value.match(/\S*\s*/g)?.filter((word) => word !== '') ?? [];
