/** A request as a provider got it, with a judgement on its credential. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { ProviderId } from '../../src/shared/providers.ts';
import type { Dialect } from './dialects/dialect.ts';

/** `not-checked`: neither host nor path belong to a provider. */
export type CredentialVerdict = 'accepted' | 'missing' | 'wrong' | 'not-checked';

export interface RecordedRequest {
  /** The Host header without its port. */
  readonly host: string;
  /** The name in the TLS handshake (SNI); empty for an address. */
  readonly serverName: string;
  /** The peer's address: through a proxy, the proxy's. */
  readonly remoteAddress: string;
  readonly provider: ProviderId | undefined;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, duplicates and letter case as received. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** What the client has said so far, where the request opened a WebSocket. */
  readonly messages: readonly string[];
  readonly credential: CredentialVerdict;
}

/** Reads the raw list: Node's object drops a second `Authorization`, and here a second one is a finding. */
export function judgeCredential(
  { header, prefix }: Dialect['credential'],
  rawHeaders: readonly string[],
  key: string | undefined,
): CredentialVerdict {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === header);
  if (values.length === 0) return 'missing';
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
 * Resolves when the whole body is there; rejects when the client goes away before.
 *
 * @param key the provider's real credential; without one every credential is wrong
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
    credential: dialect ? judgeCredential(dialect.credential, rawHeaders, key) : 'not-checked',
  };
}
