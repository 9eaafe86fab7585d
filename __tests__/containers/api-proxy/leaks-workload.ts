/** Clients of all kinds, well-behaved or not, that send the sidecar many requests. */

import { Agent, request as httpRequest, type ClientRequest, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import type { UpstreamHandler } from '../../../testing/sidecar/upstream.ts';

/** The model's name in the path selects what the upstream does, so that all kinds can be mixed. */
const MODELS: Readonly<Record<string, UpstreamHandler>> = {
  ok: (_, response) => response.end('{"ok":true}'),
  error: (_, response) => response.writeHead(500).end('{"error":{}}'),
  broken: (_, __, socket) => socket.destroy(),
  cut: (_, response, socket) => response.writeHead(200).write('data: 1\n\n', () => socket.destroy()),
  silent: () => undefined,
  stream: (_, response) => {
    for (let event = 0; event < 20; event++) response.write(`data: ${event}\n\n`);
    response.end();
  },
  endless: (_, response) => void response.write('data: 1\n\n'),
};

/** Answers as the path says: `/v1/responses/<model>...`. */
export const upstreamOfWorkload: UpstreamHandler = (request, response, socket) => {
  const model = /^\/v1\/responses\/(\w+)/.exec(request.url ?? '')?.[1] ?? 'ok';
  request.on('error', () => undefined);
  if (model === 'silent') return;
  request.resume();
  request.on('end', () => MODELS[model]?.(request, response, socket));
};

type Client = (port: number) => Promise<void>;

export interface Workload {
  /** How many answers had each status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Sends `count` requests of all kinds in turn, a bounded number at a time. */
  readonly run: (port: number, count: number) => Promise<void>;
  readonly close: () => void;
}

/** @param concurrency how many requests run at the same time */
export function createWorkload(concurrency: number): Workload {
  const keepAlive = new Agent({ keepAlive: true, maxSockets: concurrency });
  const statuses: Record<number, number> = {};
  const send = (port: number, path: string, options: RequestOptions, body?: string): ClientRequest => {
    const request = httpRequest({ host: '127.0.0.1', port, path, agent: keepAlive, ...options });
    // Some kinds end connections early or break streams on purpose.
    request.on('error', () => undefined);
    request.on('response', (response) => {
      statuses[response.statusCode ?? 0] = (statuses[response.statusCode ?? 0] ?? 0) + 1;
      response.on('error', () => undefined).resume();
    });
    request.end(body);
    return request;
  };
  const answered = async (request: ClientRequest): Promise<void> => {
    await new Promise((resolve) => request.on('close', resolve));
  };
  const get =
    (path: string, options: RequestOptions = {}): Client =>
    (port) =>
      answered(send(port, path, options));
  const upload =
    (path: string, headers: Record<string, string> = {}): Client =>
    (port) =>
      answered(send(port, path, { method: 'POST', headers }, 'x'.repeat(2_000)));
  const leave =
    (path: string, moment: 'at once' | 'waiting' | 'reading'): Client =>
    async (port) => {
      const request = send(port, path, { agent: false });
      if (moment === 'reading') request.on('response', () => request.destroy());
      else setTimeout(() => request.destroy(), moment === 'waiting' ? 5 : 0);
      await answered(request);
    };
  const raw =
    (octets: string): Client =>
    async (port) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(octets));
      socket.on('error', () => undefined).resume();
      await new Promise((resolve) => socket.on('close', resolve));
    };

  const chunked = { 'transfer-encoding': 'chunked' };
  const clients: readonly Client[] = [
    get('/v1/responses/ok'),
    get('/v1/responses/ok', { method: 'HEAD' }),
    get('/v1/responses/ok', { agent: false }),
    get('/health'),
    upload('/v1/responses/ok/cancel'),
    upload('/v1/responses/ok/cancel', chunked),
    upload('/v1/responses/ok/cancel', { expect: '100-continue' }),
    get('/v1/responses/stream'),
    get('/v1/responses/stream', { agent: false }),
    get('/v1/files'),
    upload('/v1/files', chunked),
    get('/v1/../files', { agent: false }),
    get('/v1/models', { method: 'OPTIONS' }),
    raw('nonsense\r\n\r\n'),
    raw('POST /v1/responses HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx'),
    raw('GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n'),
    get('/v1/responses/error'),
    get('/v1/responses/broken'),
    get('/v1/responses/cut'),
    leave('/v1/responses/ok', 'at once'),
    leave('/v1/responses/silent', 'waiting'),
    leave('/v1/responses/endless', 'reading'),
  ];
  return {
    statuses,
    run: async (port, count) => {
      let next = 0;
      const work = async (): Promise<void> => {
        while (next < count) await clients[next++ % clients.length]!(port);
      };
      await Promise.all(Array.from({ length: concurrency }, work));
    },
    close: () => keepAlive.destroy(),
  };
}
