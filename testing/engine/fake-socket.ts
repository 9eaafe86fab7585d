/** The socket of a container engine that answers as a test says. */

import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { temporaryDirectory } from '../builders.ts';

/** A piece of a container's output, as the engine's API describes it ("Stream format" of ContainerAttach). */
export function frame(stream: 'stdout' | 'stderr', content: string | Buffer): Buffer {
  const payload = Buffer.from(content);
  const header = Buffer.from([stream === 'stdout' ? 1 : 2, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

export interface FakeRequest {
  readonly method: string;
  /** Without the version, with the query: `/containers/json?all=1`. */
  readonly path: string;
  readonly body: unknown;
}

export interface FakeAnswer {
  readonly status?: number;
  /** Sent as JSON; text as it is. */
  readonly body?: unknown;
}

export interface FakeSocket {
  readonly path: string;
  /** Every request but the first, which asks for the version. */
  readonly asked: FakeRequest[];
  /** The version in front of every path: `/v1.41`. */
  readonly versions: Set<string>;
  readonly close: () => Promise<void>;
}

/** What differs from an engine of version 1.41 whose containers end at once. */
export interface FakeSocketOptions {
  /** Plays the container that somebody connects with. */
  readonly attached?: (stream: Duplex) => void;
  /** The newest version of the API that the engine has. */
  readonly version?: string;
  /** Where the socket is. */
  readonly path?: string;
}

/** @param answer to a request; undefined for 404 */
export async function fakeSocket(
  answer: (request: FakeRequest) => FakeAnswer | undefined,
  options: FakeSocketOptions = {},
): Promise<FakeSocket> {
  const { attached = (stream: Duplex) => void stream.end(), version = '1.41' } = options;
  const { path = join(temporaryDirectory(), 'docker.sock') } = options;
  const asked: FakeRequest[] = [];
  const versions = new Set<string>();
  const read = async (request: IncomingMessage): Promise<FakeRequest> => {
    const [, prefix = '', rest = ''] = /^(\/v[\d.]+)?(\/.*)$/.exec(request.url ?? '') ?? [];
    versions.add(prefix);
    const body = await text(request);
    const parsed = {
      method: request.method ?? '',
      path: rest,
      body: body === '' ? undefined : (JSON.parse(body) as unknown),
    };
    asked.push(parsed);
    return parsed;
  };
  const server = createServer((request, response) => {
    if (request.url === '/_ping') {
      response.setHeader('api-version', version).end('OK');
      return;
    }
    void read(request).then((parsed) => {
      const { status = 200, body } = answer(parsed) ?? { status: 404, body: { message: 'No such thing' } };
      response.statusCode = status;
      response.end(typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body));
    });
  });
  const streams = new Set<Duplex>();
  server.on('upgrade', (request, stream: Duplex) => {
    streams.add(stream);
    stream.on('error', () => undefined);
    asked.push({ method: request.method ?? '', path: (request.url ?? '').replace(/^\/v[\d.]+/, ''), body: undefined });
    stream.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    attached(stream);
  });
  server.listen(path);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    for (const stream of streams) stream.destroy();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { path, asked, versions, close };
}
