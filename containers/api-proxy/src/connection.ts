import type { ServerResponse } from 'node:http';
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
