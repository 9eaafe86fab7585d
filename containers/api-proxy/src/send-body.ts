import type { ClientRequest } from 'node:http';
import { ProxyError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { Flow } from './flow.ts';
import type { AdmittedRequest } from './request/admission.ts';

export const bodyTooLarge = (maxBodyBytes: number): ProxyError =>
  new ProxyError('body_too_large', `The request body is larger than the limit of ${maxBodyBytes} bytes.`);

/** Streams the body of a request upstream as it arrives, up to the limit. */
export class SendBody {
  readonly #exchange: Exchange;
  readonly #upstream: ClientRequest;
  readonly #declared: AdmittedRequest['body'];
  readonly #fail: (error: ProxyError) => void;
  readonly #flow: Flow;

  /**
   * @param declared length that the request's head declares
   * @param fail called if the body is larger than the limit
   */
  constructor(
    exchange: Exchange,
    upstream: ClientRequest,
    declared: AdmittedRequest['body'],
    fail: (error: ProxyError) => void,
  ) {
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.#declared = declared;
    this.#fail = fail;
    this.#flow = new Flow(exchange.client, upstream);
  }

  start(): void {
    const { client, answer } = this.#exchange;
    client.on('data', (chunk: Buffer) => {
      this.#onData(chunk);
    });
    client.on('end', () => {
      if (!this.#upstream.destroyed && !this.#upstream.writableEnded) this.#upstream.end();
    });
    // If the answer was complete before the request, the rest of the request is read and discarded: the client may go
    // on using its connection.
    answer.on('finish', () => {
      if (this.#upstream.writableEnded) return;
      this.#upstream.destroy();
      client.resume();
    });
  }

  #onData(chunk: Buffer): void {
    const { client, answer, record, maxBodyBytes } = this.#exchange;
    record.requestBytes += chunk.length;
    // Counted in any case: a chunked body does not declare its length.
    if (record.requestBytes > maxBodyBytes) {
      if (answer.writableEnded) client.socket.destroy();
      else this.#fail(bodyTooLarge(maxBodyBytes));
    } else if (this.#upstream.destroyed) {
      return;
    } else if (record.requestBytes === this.#declared) {
      // Ending with the last octets saves a separate write to the system.
      this.#upstream.end(chunk);
    } else {
      this.#flow.write(chunk);
    }
  }
}
