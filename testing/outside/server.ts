/**
 * The world outside the sandbox: a resolver and web servers in Squid's network namespace, so that everything Squid lets
 * through ends here and is counted. It runs in a container (see `outside.ts`) and needs only Node.js. It reads its
 * {@link World} from the first line of standard input, prints one {@link OutsideEvent} per line, and ends with its
 * standard input.
 */

import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, isIPv6, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable, type Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

export interface World {
  readonly cert: string;
  readonly key: string;
  /** The resolver's address. */
  readonly resolver: string;
  /**
   * The answers by name. A leading dot stands for all subdomains. The nth question gets the nth answer; the last answer
   * repeats. An answer is a list of addresses. `cname:` in front of a name makes it an alias.
   */
  readonly names: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** The answer to every PTR question. */
  readonly pointer: string;
  /** An address that sends as much as it can from the first octet that it gets, and reads no further. */
  readonly endless?: string;
}

export type OutsideEvent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'query'; readonly name: string; readonly type: number }
  | { readonly kind: 'connection'; readonly address: string; readonly port: number }
  | { readonly kind: 'data'; readonly address: string; readonly port: number; readonly start: string }
  | {
      readonly kind: 'request';
      readonly serverName: string;
      readonly method: string;
      readonly url: string;
      readonly headers: IncomingMessage['headers'];
    };

const TYPE = { A: 1, CNAME: 5, PTR: 12, AAAA: 28 };
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const OTHER_PORTS = [22, 8080, 8443];

/** A request whose body has this word gets no answer. */
const NEVER_ANSWERED = 'never-answered';
/** A request whose body has this word gets an answer without end. */
const ENDLESS_ANSWER = 'endless-answer';

const print = (event: OutsideEvent): void => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};

function answerRequest(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '', headers } = request;
  const { servername } = request.socket as Partial<TLSSocket>;
  print({ kind: 'request', serverName: servername === false ? '' : (servername ?? ''), method, url, headers });
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    if (body.includes(NEVER_ANSWERED)) return;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.on('error', () => response.destroy());
    if (body.includes(ENDLESS_ANSWER)) Readable.from(octetsWithoutEnd()).pipe(response);
    else response.end('{"from":"outside"}');
  });
}

function* octetsWithoutEnd(): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, '-');
  for (;;) yield chunk;
}

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A server's frame with a binary message. */
const FRAME = Buffer.concat([Buffer.from([0x82, 126, 0xff, 0xff]), Buffer.alloc(0xffff, '-')]);

function* framesWithoutEnd(): Generator<Buffer> {
  for (;;) yield FRAME;
}

/** Opens any WebSocket. One at a path with `realtime` sends messages as fast as it can; the others only read. */
function openWebSocket({ headers, url = '' }: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key'] ?? ''}${GUID}`)
    .digest('base64');
  const agreement = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: Upgrade'];
  socket.on('error', () => socket.destroy());
  socket.write([...agreement, `sec-websocket-accept: ${accept}`, '', ''].join('\r\n'));
  if (url.includes('realtime')) Readable.from(framesWithoutEnd()).pipe(socket);
  socket.resume();
}

/** Reports a connection with its first bytes, then hands it on. */
function watch(port: number, handOn: (socket: Socket) => void, endless?: string): void {
  createServer((socket) => {
    const address = (socket.localAddress ?? '').replace('::ffff:', '');
    socket.on('error', () => socket.destroy());
    print({ kind: 'connection', address, port });
    socket.once('data', (chunk: Buffer) => {
      print({ kind: 'data', address, port, start: chunk.subarray(0, 64).toString('latin1') });
      socket.pause();
      if (address === endless) {
        Readable.from(octetsWithoutEnd()).pipe(socket);
        return;
      }
      socket.unshift(chunk);
      handOn(socket);
      process.nextTick(() => socket.resume());
    });
  }).listen(port);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)), NUL]);
}
const NUL = Buffer.from([0]);

/** RFC 1035, section 4.1.2. A question is never compressed. */
function readQuestion(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function record(name: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  // A TTL of 0 makes the client ask again.
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), fixed, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [front, back] = [words(head), words(tail)];
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function resolver({ names, pointer }: World): (name: string, type: number) => Buffer[] {
  const asked = new Map<string, number>();
  const answers = (name: string, type: number): Buffer[] => {
    if (type === TYPE.PTR) return [record(name, TYPE.PTR, encodeName(pointer))];
    const entry = names[name] ?? names[`.${name.split('.').slice(1).join('.')}`];
    if (entry === undefined) return [];
    const count = asked.get(`${name} ${type}`) ?? 0;
    asked.set(`${name} ${type}`, count + 1);
    return (entry[Math.min(count, entry.length - 1)] ?? []).flatMap((value) => {
      const alias = /^cname:(.*)$/.exec(value)?.[1];
      if (alias !== undefined) return [record(name, TYPE.CNAME, encodeName(alias)), ...answers(alias, type)];
      if (isIPv6(value)) return type === TYPE.AAAA ? [record(name, type, ipv6Bytes(value))] : [];
      return type === TYPE.A ? [record(name, type, Buffer.from(value.split('.').map(Number)))] : [];
    });
  };
  return answers;
}

function serveNames(world: World, ready: () => void): void {
  const answers = resolver(world);
  const socket = createSocket('udp4', (message, { port, address }) => {
    const { name, type, end } = readQuestion(message);
    print({ kind: 'query', name, type });
    const records = answers(name, type);
    const reply = Buffer.concat([message.subarray(0, end), ...records]);
    // A recursive answer (RFC 1035, section 4.1.1). A name without records still exists.
    reply.writeUInt16BE(0x8180, 2);
    reply.writeUInt16BE(records.length, 6);
    reply.fill(0, 8, 12);
    socket.send(reply, port, address);
  });
  socket.bind(53, world.resolver, ready);
}

const lines = createInterface(process.stdin);
lines.once('line', (line) => {
  const world = JSON.parse(line) as World;
  const plain = createHttpServer(answerRequest);
  const secure = createHttpsServer({ cert: world.cert, key: world.key }, answerRequest);
  secure.on('upgrade', openWebSocket);
  watch(HTTP_PORT, (socket) => plain.emit('connection', socket));
  watch(HTTPS_PORT, (socket) => secure.emit('connection', socket), world.endless);
  for (const port of OTHER_PORTS) watch(port, (socket) => socket.end('outside\r\n'));
  serveNames(world, () => {
    print({ kind: 'ready' });
  });
});
lines.once('close', () => process.exit());
