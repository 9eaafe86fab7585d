import type { Duplex } from 'node:stream';
import { asProxyError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { BodyJudge, Judgement } from '../judge/judge.ts';
import { bodyUnreadable, ToolRefusal } from '../judge/refusals.ts';
import { BadFrame, FrameReader, refusalFrames } from './frame-reader.ts';

const WHAT = 'WebSocket message';
const NOTHING = Buffer.alloc(0);

/**
 * Judges a client's messages as they pass. The last octets of a message leave only after its verdict, so the provider
 * never gets a whole message that is refused. A refusal ends the connection: the client gets an error in the provider's
 * shape, and a close frame with the line that would allow the message.
 */
export class MessageGuard {
  readonly #exchange: Exchange;
  readonly #upstream: Duplex;
  readonly #judge: BodyJudge;
  readonly #fromClient: FrameReader;
  readonly #fromUpstream = new FrameReader();
  #judgement: Judgement;
  #isRefused = false;

  constructor(exchange: Exchange, upstream: Duplex, judge: BodyJudge) {
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.#judge = judge;
    this.#judgement = judge.begin(WHAT);
    this.#fromClient = new FrameReader({
      onData: (payload) => {
        this.#judgement.push(payload);
      },
      onMessageEnd: () => {
        this.#judgement.end(NOTHING);
        this.#judgement = this.#judge.begin(WHAT);
      },
    });
  }

  /** @returns what of the client's octets may go to the provider */
  pass(chunk: Buffer): Buffer {
    if (this.#isRefused) return NOTHING;
    try {
      this.#fromClient.push(chunk);
      return chunk;
    } catch (error) {
      this.#refuse(error instanceof BadFrame ? bodyUnreadable(WHAT) : error);
      return NOTHING;
    }
  }

  /** @returns what is held back at the end: nothing */
  rest(): Buffer {
    return NOTHING;
  }

  /** Call this with the octets that the client gets. Only between two frames is there room for one of ours. */
  onSent(octets: Buffer): void {
    this.#fromUpstream.push(octets);
  }

  #refuse(cause: unknown): void {
    const { client, service, record } = this.#exchange;
    const error = asProxyError(cause);
    this.#isRefused = true;
    record.error ??= error.logged;
    if (this.#fromUpstream.isAtBoundary) {
      const { status, code, message } = error;
      const { body } = service.errorAnswer({ status, code, message }, undefined);
      const line = error instanceof ToolRefusal ? error.line : code;
      client.socket.write(
        refusalFrames(JSON.stringify({ type: 'error', status, ...(JSON.parse(body.toString()) as object) }), line),
      );
    }
    this.#upstream.destroy();
    client.socket.destroySoon();
  }
}
