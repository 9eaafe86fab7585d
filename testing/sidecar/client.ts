/** Clients of the sidecar: `node:http`, and one that writes raw octets to send what a well-behaved client cannot. */

import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the server ended the connection. */
  readonly closed: boolean;
}

function parse(text: string, closed: boolean): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { text, closed, headers, status: Number(statusLine.split(' ')[1] ?? 0), body: rest.join('\r\n\r\n') };
}

/** Milliseconds to wait for anything the server might send after a complete answer. */
const AFTERMATH_MS = 25;

const INTERIM_ANSWERS = /^(?:HTTP\/1\.1 1\d\d [^]*?\r\n\r\n)+/;
/** The last chunk with the trailers (RFC 9112, section 7.1). */
const LAST_CHUNK = /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/;

function isWhole(text: string): boolean {
  const { status, headers, body } = parse(text.replace(INTERIM_ANSWERS, ''), false);
  return status >= 200 && (body.length === Number(headers['content-length']) || LAST_CHUNK.test(body));
}

/**
 * Writes raw octets (latin1) and reads until the server closes the connection, has answered, or is silent for
 * `quietMs`.
 */
export function sendRaw(port: number, octets: string, quietMs = 1_000): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(parse(text, closed));
    };
    let timer = setTimeout(finish, quietMs, false);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      clearTimeout(timer);
      timer = setTimeout(finish, isWhole(text) ? AFTERMATH_MS : quietMs, false);
    });
    for (const event of ['end', 'error']) {
      socket.on(event, () => {
        finish(true);
      });
    }
    socket.write(Buffer.from(octets, 'latin1'));
  });
}

export interface RawConnection {
  readonly socket: Socket;
  /** The answer's head, without the empty line. */
  readonly head: string;
  /** What has arrived after the head so far (latin1). */
  readonly received: () => string;
}

/** Writes raw octets (latin1) and resolves with the open connection once the head of the answer has arrived. */
export async function openRaw(port: number, octets: string): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(octets, 'latin1')));
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  while (!text.includes('\r\n\r\n')) await once(socket, 'data');
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  return { socket, head, received: () => text.slice(head.length + 4) };
}

export interface ClientAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

const agent = new Agent({ keepAlive: true });

/** Sends one request and reads the whole answer. @throws Error if the connection breaks before the end */
export async function send(port: number, options: RequestOptions = {}, body?: string | Buffer): Promise<ClientAnswer> {
  const request = httpRequest({ host: '127.0.0.1', port, agent, path: '/v1/models', ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body: Buffer.concat(chunks),
  };
}

export const post = (port: number, path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  send(port, { method: 'POST', path, headers: { 'content-type': 'application/json', ...headers } }, body);
