import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProxyError } from './errors.ts';

const connections = new WeakMap<Duplex, Connection>();

/** What a client's connection is busy with. HTTP/1.1 allows several requests in a row; we take one at a time. */
export class Connection {
  /** Undefined until the first request. */
  answer: ServerResponse | undefined;
  /** The exchange in progress. Undefined if the request did not get that far. */
  forwarding: { readonly fail: (error: ProxyError) => void } | undefined;
  /** It ends with a refusal. That one may still wait in a queue, and its packet may have brought more requests. */
  isDoomed = false;

  static of(socket: Duplex): Connection {
    const known = connections.get(socket);
    if (known) return known;
    const connection = new Connection();
    connections.set(socket, connection);
    return connection;
  }

  get isBusy(): boolean {
    return this.isDoomed || this.answer?.writableFinished === false;
  }

  /** Begins with the next request. @throws ProxyError 400 if the one before it is not answered yet */
  begin(answer: ServerResponse): void {
    // An answer that queues behind another has no socket, so no event would tell that its client has left.
    if (this.isBusy) throw new ProxyError('pipelining', 'Send the next request when the answer has arrived.');
    this.answer = answer;
    this.forwarding = undefined;
  }
}

/** Node's parser of a connection. It has its callbacks under numbers, whose names its class has. */
interface Parser {
  [callback: number]: (...args: unknown[]) => unknown;
  /** Of the connection that it reads at the moment: Node uses a parser again for another one. */
  readonly socket: Socket;
  readonly constructor: { readonly kOnHeadersComplete: number };
}

const prepared = new WeakSet<Parser>();

/** For the parser, a number that it does not know is an error: it stops where it is. */
const STOP = -1;

/**
 * Stops the parser of a connection once it ends with a refusal. Left to itself, Node makes objects for each request that has
 * arrived, two thousand of them in one read, and keeps them until the connection is closed: a few hundred connections
 * would use up the memory. `destroy` and the parser's own `pause` take effect only after everything that was read.
 *
 * @throws Error if this version of Node has no such parser
 */
export function stopAtRefusal(socket: Socket): void {
  const { parser } = socket as Socket & { readonly parser?: Parser };
  const index = parser?.constructor.kOnHeadersComplete;
  const original = index === undefined ? undefined : parser?.[index];
  if (parser === undefined || index === undefined || original === undefined) {
    throw new Error('Node has no parser of this kind.');
  }
  if (prepared.has(parser)) return;
  prepared.add(parser);
  parser[index] = function (this: Parser, ...args) {
    return Connection.of(this.socket).isDoomed ? STOP : original.apply(this, args);
  };
}
