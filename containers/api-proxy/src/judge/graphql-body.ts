import { isRecord } from '../../../../src/shared/json.ts';
import { JsonReader, type Slot } from './json-reader.ts';
import { NotJson } from './json-text.ts';

/** The members that a GraphQL request may have. */
export interface GraphqlBody {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

/** What is inside `variables` is the operation's business. It is read again below. */
const SLOTS: ReadonlyMap<string, Slot> = new Map(
  ['query', 'operationName', 'variables'].map((name) => [name, { name, wish: 'skip' }]),
);

/** Fails with a reason instead of a stack. */
class Unusual extends Error {}

/**
 * Checks the document as it is written: a parser that keeps the last of two equal keys and one that keeps the first would
 * otherwise read different requests. Other members are refused, because some of them stand for a document that is stored
 * at the server (`extensions`, `id`, `documentId`).
 *
 * @throws Unusual, NotJson
 */
function checkKeys(body: Buffer): void {
  const seen = new Set<string>();
  const reader = new JsonReader({
    onKey: (key) => {
      const slot = SLOTS.get(key);
      if (!slot) throw new Unusual('it has other members than "query", "variables" and "operationName"');
      if (seen.has(key)) throw new Unusual(`it has "${key}" twice`);
      seen.add(key);
      return slot;
    },
    onValue: () => undefined,
  });
  reader.push(body);
  reader.end();
}

/** @returns the request, or why it is none */
export function parseGraphqlBody(body: Buffer): GraphqlBody | string {
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    checkKeys(body);
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof Unusual) return error.message;
    if (error instanceof NotJson || error instanceof SyntaxError || error instanceof TypeError) {
      return 'it is not one JSON document in UTF-8';
    }
    throw error;
  }
  if (!isRecord(value)) return Array.isArray(value) ? 'it is a batch of requests' : 'it is not a JSON object';
  const { query, operationName = null, variables } = value;
  if (typeof query !== 'string') return 'it has no "query"';
  if (operationName !== null && typeof operationName !== 'string') return 'its "operationName" is no string';
  if (!isRecord(variables ?? {})) return 'its "variables" are not a JSON object';
  return {
    query,
    ...(isRecord(variables) && { variables }),
    ...(operationName !== null && { operationName }),
  };
}
