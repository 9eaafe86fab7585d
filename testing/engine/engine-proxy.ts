/** A socket in front of the real engine, on which a test changes what the engine is asked for. */

import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';

const ENGINE = '/var/run/docker.sock';

/** What the engine is told to create a container from. */
export interface CreateBody {
  HostConfig: Record<string, unknown>;
}

export interface EngineProxy {
  /** For `DOCKER_HOST`. */
  readonly endpoint: string;
  readonly close: () => void;
}

/**
 * @param onCreate may change the body that a container is created from, and delay the creation, which happens even if
 *   whoever asked for it has gone meanwhile
 * @param at a port of this machine instead of a socket
 * @returns once somebody can connect
 */
export async function startEngineProxy(
  onCreate: (name: string, body: CreateBody) => void | Promise<void> = () => undefined,
  at: 'socket' | 'port' = 'socket',
): Promise<EngineProxy> {
  const socketPath = process.env['DOCKER_HOST']?.replace('unix://', '') ?? ENGINE;
  const directory = mkdtempSync(join(tmpdir(), 'test-awf-engine-'));
  const path = join(directory, 'engine.sock');
  const forwarded = async (request: IncomingMessage): Promise<Buffer> => {
    const body = await buffer(request);
    const name = /\/containers\/create\?name=([\w-]+)/.exec(request.url ?? '')?.[1];
    if (name === undefined) return body;
    const parsed = JSON.parse(body.toString()) as CreateBody;
    await onCreate(name, parsed);
    return Buffer.from(JSON.stringify(parsed));
  };
  const server = createServer((request, response) => {
    void forwarded(request).then((body) => {
      const { method, url, headers } = request;
      const options = { socketPath, method, path: url, headers: { ...headers, 'content-length': body.length } };
      const sent = send({ ...options, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      response.on('close', () => sent.destroy());
      sent.on('error', () => response.destroy());
      sent.end(body);
    });
  });
  server.on('upgrade', (request: IncomingMessage, client: Duplex) => {
    const engine = connect({ path: socketPath, allowHalfOpen: true });
    const lines = request.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
    engine.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
    for (const [from, to] of [
      [client, engine],
      [engine, client],
    ] as const) {
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  if (at === 'socket') server.listen(path);
  else server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return {
    endpoint: typeof address === 'string' ? `unix://${address}` : `tcp://127.0.0.1:${address.port}`,
    close: () => {
      server.close();
      rmSync(directory, { recursive: true });
    },
  };
}
