/** A request as a provider received it, with a verdict on its credential. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { ProviderId } from '../../src/shared/providers.ts';
import type { Dialect } from './dialects/dialect.ts';

/** `not-checked` means that neither the host nor the path belongs to a provider. */
export type CredentialVerdict = 'accepted' | 'missing' | 'wrong' | 'not-checked';

export interface RecordedRequest {
  /** The Host header without its port. */
  readonly host: string;
  /** The name in the TLS handshake (SNI). Empty if the client used an address. */
  readonly serverName: string;
  /** The peer's address. Behind a proxy it is the proxy's. */
  readonly remoteAddress: string;
  readonly provider: ProviderId | undefined;
  readonly method: string;
  /** The path with its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values alternate, with duplicates and letter case as received. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The messages that the client has sent so far, if the request opened a WebSocket. */
  readonly messages: readonly string[];
  readonly credential: CredentialVerdict;
}

/** Reads the raw list: Node's parsed headers drop a second `Authorization`, which a test has to see. */
export function judgeCredential(
  { credential, otherCredentials = [] }: Dialect,
  rawHeaders: readonly string[],
  key: string | undefined,
): CredentialVerdict {
  const { header, prefix, entry } =
    otherCredentials.find((other) => key !== undefined && other.key.test(key)) ?? credential;
  const valuesOf = (name: string): string[] =>
    rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
  const values = valuesOf(header);
  if (values.length === 0) return 'missing';
  if (entry && !valuesOf(entry[0]).some((list) => list.split(/, */).includes(entry[1]))) return 'wrong';
  return key !== undefined && values.length === 1 && values[0] === `${prefix}${key}` ? 'accepted' : 'wrong';
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The Host header without its port, lower case. */
export const hostOf = (request: IncomingMessage): string =>
  (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();

/**
 * Resolves when the whole body has arrived. Rejects if the client disconnects before that.
 *
 * @param key the provider's real credential; without one, every credential is wrong
 */
export async function recordRequest(
  request: IncomingMessage,
  dialect: Dialect | undefined,
  key: string | undefined,
): Promise<RecordedRequest> {
  const { socket, method = '', url = '/', headers, rawHeaders } = request;
  return {
    host: hostOf(request),
    serverName: socket instanceof TLSSocket && typeof socket.servername === 'string' ? socket.servername : '',
    remoteAddress: socket.remoteAddress ?? '',
    provider: dialect?.id,
    method,
    path: url,
    headers,
    rawHeaders,
    body: await readBody(request),
    messages: [],
    credential: dialect ? judgeCredential(dialect, rawHeaders, key) : 'not-checked',
  };
}
