import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { isAnswered, type SidecarTransparent } from '../../../../src/shared/transparent.ts';
import { listen } from '../listen.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import { readQuery, RESPONSE_CODES, writeAnswer, type Query } from './dns-message.ts';

/** Octets of a query. One name, its type and an extension or two take a fraction of it. */
const MAX_QUERY_BYTES = 4_096;
/** Connections of clients that ask over TCP. */
const MAX_CONNECTIONS = 256;
/**
 * Answers that such a connection gets before it ends. Clients ask for two, and connect again if they want more. Others would
 * have us answer until every buffer on the way is full, and everybody else would wait.
 */
const MAX_ANSWERS = 100;
/** RFC 6761, section 6.3: names of the sandbox itself, whatever the policy says. Not every program reads /etc/hosts. */
const OWN_NAME = /^(?:.+\.)?localhost$/;
const LOOPBACK = '127.0.0.1';
/** Refused names in the log. Each is logged once, and the command chooses how many there are. */
const MAX_LOGGED_NAMES = 1_000;

/**
 * The sandbox's resolver. It answers allowed names with the sidecar's own address and knows no others. It never asks
 * another resolver, so no query leaves the sandbox, whatever data its name carries.
 */
export class Resolver {
  readonly #policy: SidecarTransparent;
  readonly #log: Log;
  readonly #refused = new Set<string>();
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #open = new Set<Socket>();

  constructor(policy: SidecarTransparent, limits: Pick<Limits, 'headTimeoutMs'>, log: Log) {
    this.#policy = policy;
    this.#log = log;
    this.#udp = createSocket({
      type: 'udp4',
      // Our own address needs no resolver, and this keeps Node from loading its own.
      lookup: (address, _, found) => {
        found(null, address, 4);
      },
    });
    this.#udp.on('error', () => undefined);
    this.#udp.on('message', (message, { address, port }) => {
      const answer = message.length > MAX_QUERY_BYTES ? undefined : this.answer(message);
      if (answer) this.#udp.send(answer, port, address);
    });
    this.#tcp = createServer((socket) => {
      this.#accept(socket, limits.headTimeoutMs);
    });
    this.#tcp.maxConnections = MAX_CONNECTIONS;
  }

  /** @returns undefined for a message that gets no answer */
  answer(message: Buffer): Buffer | undefined {
    const query = readQuery(message);
    return query && this.#answerTo(query);
  }

  #answerTo(query: Query): Buffer {
    const { question } = query;
    if (!query.isOrdinary) return writeAnswer({ ...query, question: undefined }, RESPONSE_CODES.notImplemented);
    if (!question) return writeAnswer(query, RESPONSE_CODES.malformed);
    const { name, wantsAddress } = question;
    if (name !== undefined && OWN_NAME.test(name)) {
      return writeAnswer(query, RESPONSE_CODES.ok, wantsAddress ? LOOPBACK : undefined);
    }
    if (name === undefined || !isAnswered(this.#policy, name)) {
      if (name !== undefined) this.#logRefusal(name);
      // Programs ask again after a refusal, and some wait. That a name does not exist ends every lookup at once.
      return writeAnswer(query, RESPONSE_CODES.unknownName);
    }
    // The name exists, and has no record of any other kind. A program that asks for IPv6 first goes on to IPv4.
    return writeAnswer(query, RESPONSE_CODES.ok, wantsAddress ? this.#policy.address : undefined);
  }

  #logRefusal(name: string): void {
    if (this.#refused.has(name) || this.#refused.size >= MAX_LOGGED_NAMES) return;
    this.#refused.add(name);
    this.#log.event('info', 'lookup-refused', { name });
  }

  /** RFC 1035, section 4.2.2: over TCP, each message comes after its length in two octets. */
  #accept(socket: Socket, idleMs: number): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => undefined);
    socket.setTimeout(idleMs, () => socket.destroy());
    let waiting: Buffer = Buffer.alloc(0);
    let answered = 0;
    const onData = (chunk: Buffer): void => {
      waiting = Buffer.concat([waiting, chunk]);
      const answers: Buffer[] = [];
      while (waiting.length >= 2 && answered < MAX_ANSWERS) {
        const length = waiting.readUInt16BE(0);
        if (length > MAX_QUERY_BYTES) {
          socket.destroy();
          return;
        }
        if (waiting.length < 2 + length) break;
        const answer = this.answer(waiting.subarray(2, 2 + length));
        if (answer) answers.push(framed(answer));
        answered++;
        waiting = waiting.subarray(2 + length);
      }
      // A client that never reads must not make us keep its answers.
      const isTaken = answers.length === 0 || socket.write(Buffer.concat(answers));
      if (isTaken && answered < MAX_ANSWERS) return;
      socket.off('data', onData);
      socket.destroySoon();
    };
    socket.on('data', onData);
  }

  /** @param port 0 for a free one @returns the port, of both protocols */
  async listen(port: number, host: string | undefined): Promise<number> {
    const bound = once(this.#udp, 'listening');
    this.#udp.bind({ port, address: host ?? '0.0.0.0' });
    await bound;
    return await listen(this.#tcp, this.#udp.address().port, host);
  }

  close(): void {
    this.#udp.close();
    this.#tcp.close();
    for (const socket of this.#open) socket.destroy();
  }
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
