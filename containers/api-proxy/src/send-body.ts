import type { ClientRequest } from 'node:http';
import { asProxyError, ProxyError, tooManyRequests } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { Flow } from './flow.ts';
import { HeldBody } from './held-body.ts';
import { MAX_WHOLE_BYTES, type BodyJudge, type Judgement } from './judge/judge.ts';
import type { AdmittedRequest } from './request/admission.ts';
import type { Service } from './service.ts';

/**
 * Octets of a body that is judged as a whole before anything of it is sent. A longer one, and one that does not declare
 * its length, is judged as it passes: if it is refused, its connection ends before it does, so the provider never gets a
 * complete request.
 */
const JUDGED_FIRST = 64 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

/** Octets that a body may have. */
export const bodyLimit = ({ maxBodyBytes }: Service, judge: BodyJudge | undefined): number =>
  judge?.needsWhole === true ? Math.min(maxBodyBytes, MAX_WHOLE_BYTES) : maxBodyBytes;

export const bodyTooLarge = (maxBodyBytes: number): ProxyError =>
  new ProxyError('body_too_large', `The request body is larger than the limit of ${maxBodyBytes} bytes.`);

/** Streams the body of a request upstream as it arrives, up to the limit, if its judge lets it pass. */
export class SendBody {
  readonly #exchange: Exchange;
  readonly #upstream: ClientRequest;
  readonly #declared: AdmittedRequest['body'];
  readonly #fail: (error: ProxyError) => void;
  readonly #flow: Flow;
  readonly #judgement: Judgement | undefined;
  /** What waits for the verdict; undefined once the body streams. */
  #waiting: HeldBody | undefined;
  #isRefused = false;

  /**
   * @param declared length that the request's head declares
   * @param fail called if the body is refused
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
    const { judge } = exchange;
    if (!judge) return;
    this.#judgement = judge.begin('request body');
    const isShort = declared !== 'chunked' && declared <= JUDGED_FIRST;
    if (judge.needsWhole || isShort) this.#waiting = new HeldBody(exchange.capacity, isShort ? declared : 0);
  }

  start(): void {
    const { client, answer } = this.#exchange;
    client.on('data', (chunk: Buffer) => {
      this.#onData(chunk);
    });
    client.on('end', () => {
      if (!this.#upstream.destroyed && !this.#upstream.writableEnded) this.#end();
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
    const { record, service, usage, judge } = this.#exchange;
    const maxBodyBytes = bodyLimit(service, judge);
    record.requestBytes += chunk.length;
    // Counted in any case: a chunked body does not declare its length.
    if (record.requestBytes > maxBodyBytes) this.#refuse(bodyTooLarge(maxBodyBytes));
    else if (!this.#upstream.destroyed && !this.#isRefused && this.#passes(chunk)) {
      this.#send(chunk);
      usage?.ask(chunk);
    }
  }

  #send(chunk: Buffer): void {
    // Ending with the last octets saves a separate write to the system.
    const isLast = this.#exchange.record.requestBytes === this.#declared;
    if (isLast && this.#waiting?.isEmpty !== false) this.#end(chunk);
    else if (this.#waiting) this.#wait(this.#waiting, chunk, isLast);
    else this.#flow.write(chunk);
  }

  #wait(waiting: HeldBody, chunk: Buffer, isLast: boolean): void {
    const { answer, judge } = this.#exchange;
    if (waiting.isEmpty) {
      answer.once('close', () => {
        this.#stopWaiting();
      });
    }
    if (waiting.push(chunk)) {
      if (isLast) this.#end();
    } else if (judge?.needsWhole === true) {
      this.#refuse(tooManyRequests());
    } else {
      // Without room for it, a short one is judged as it passes, like a longer one. Nothing of it waits yet: the room is
      // for all of it.
      this.#stopWaiting();
      this.#flow.write(chunk);
    }
  }

  /** @param last octets that have not been sent and do not wait; none if others wait */
  #end(last = NOTHING): void {
    if (this.#isRefused) return;
    const verdict = this.#attempt(() => {
      const rest = this.#waiting?.isEmpty === false ? this.#waiting.octets : last;
      return { rest: this.#judgement?.end(rest) ?? rest };
    });
    if (!verdict) return;
    this.#stopWaiting();
    if (verdict.rest.length === 0) this.#upstream.end();
    else this.#upstream.end(verdict.rest);
  }

  #stopWaiting(): void {
    this.#waiting?.release();
    this.#waiting = undefined;
  }

  #passes(chunk: Buffer): boolean {
    return this.#attempt(() => ({ pushed: this.#judgement?.push(chunk) })) !== undefined;
  }

  /** @returns undefined if it threw, and the body was refused for that reason */
  #attempt<Result extends object>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      this.#refuse(asProxyError(error));
      return undefined;
    }
  }

  #refuse(error: ProxyError): void {
    const { client, answer, record, spending } = this.#exchange;
    this.#isRefused = true;
    if (answer.writableEnded) {
      client.socket.destroy();
      return;
    }
    if (this.#waiting) {
      // Nothing was sent.
      record.forwarded = false;
      record.requests = 0;
      spending?.giveBack();
    }
    this.#stopWaiting();
    this.#fail(error);
  }
}
