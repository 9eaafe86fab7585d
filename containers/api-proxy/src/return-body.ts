import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { Flow } from './flow.ts';
import type { ReflectionGuard, StreamMask } from './reflection.ts';
import { clientResponseTrailers } from './request/headers.ts';
import { headerPairs, headerValue } from './request/raw-headers.ts';

/** Streams the body of an answer and its trailers to the client as they arrive, with the credential masked. */
export class ReturnBody {
  readonly #response: IncomingMessage;
  readonly #exchange: Exchange;
  readonly #guard: ReflectionGuard;
  readonly #fail: (error: Error) => void;
  readonly #mask: StreamMask;
  readonly #flow: Flow;
  /** In octets; undefined if the answer's head does not tell it. */
  readonly #length: number | undefined;
  #isGathering = false;

  /** @param fail called if the answer breaks off */
  constructor(response: IncomingMessage, exchange: Exchange, guard: ReflectionGuard, fail: (error: Error) => void) {
    const length = headerValue(response.rawHeaders, 'content-length');
    this.#response = response;
    this.#exchange = exchange;
    this.#guard = guard;
    this.#fail = fail;
    this.#mask = guard.stream();
    this.#flow = new Flow(response, exchange.answer);
    this.#length = length === undefined ? undefined : Number(length);
  }

  start(): void {
    const { answer, record } = this.#exchange;
    this.#response.on('data', (chunk: Buffer) => {
      this.#onData(chunk);
    });
    this.#response.on('end', () => {
      this.#onEnd();
    });
    this.#response.on('error', (error) => {
      this.#fail(error);
    });
    // The head must not wait for the first octet of the body, which may take minutes. Most often that octet is there by
    // the next turn of the event loop, and both leave in one packet. flushHeaders would turn octets above 127 into
    // UTF-8.
    setImmediate(() => {
      if (!answer.writableEnded && record.responseBytes === 0) answer.write('', 'latin1');
    });
  }

  #onData(chunk: Buffer): void {
    const { answer, record, usage } = this.#exchange;
    record.responseBytes += chunk.length;
    usage?.keep(chunk);
    const masked = this.#mask.pass(chunk);
    // Ending with the last octets saves a separate write to the system.
    if (record.responseBytes === this.#length) {
      const rest = this.#mask.rest();
      answer.end(rest.length === 0 ? masked : Buffer.concat([masked, rest]));
    } else if (masked.length > 0) {
      this.#gather();
      this.#flow.write(masked);
    }
  }

  /**
   * Every TLS record arrives as a chunk, and every chunk would be a write to the system. What arrived in one packet
   * leaves in one, at the end of this turn of the event loop.
   */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    const { client, usage } = this.#exchange;
    client.socket.cork();
    setImmediate(() => {
      this.#isGathering = false;
      client.socket.uncork();
      usage?.catchUp();
    });
  }

  #onEnd(): void {
    const { answer } = this.#exchange;
    if (answer.writableEnded) return;
    try {
      // Node sends trailers with a chunked answer and forgets them otherwise: HTTP/1.0 has none.
      answer.addTrailers(headerPairs(this.#guard.headers(clientResponseTrailers(this.#response))));
      answer.end(this.#mask.rest());
    } catch (error) {
      this.#fail(error as Error);
    }
  }
}
