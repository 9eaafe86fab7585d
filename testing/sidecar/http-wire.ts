/**
 * Reads HTTP/1.1 messages from octets strictly by RFC 9112. It does not use Node's parser, which is lenient and
 * normalizes: tests have to compare what was on the wire.
 */

export type Field = readonly [name: string, value: string];

export interface WireHead {
  readonly startLine: string;
  readonly fields: readonly Field[];
}

export interface WireMessage extends WireHead {
  /** `close` means that the body ends with the connection. Only answers may use it. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly body: Buffer;
  readonly trailers: readonly Field[];
  /** The octets of the body in each chunk. Empty if the body is not chunked. */
  readonly chunks: readonly number[];
}

export class WireError extends Error {
  override name = 'WireError';
  /** The part in which the connection ended, if that was the error. */
  readonly endedWithin: string | undefined;

  constructor(message: string, endedWithin?: string) {
    super(message);
    this.endedWithin = endedWithin;
  }
}

type Reading<Result> = Generator<undefined, Result, undefined>;

const FIELD = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?)[ \t]*$/;
const CHUNK_SIZE = /^([\da-f]{1,16})((?:[ \t]*;[\t -~\x80-\xff]*)?)$/i;

export const valuesOf = (fields: readonly Field[], name: string): string[] =>
  fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);

/** RFC 9112, section 6.3, for a message that may have a body. @throws WireError if there are two possible readings */
function framingOf(fields: readonly Field[], otherwise: 'none' | 'close'): WireMessage['framing'] {
  const lengths = valuesOf(fields, 'content-length');
  const codings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + codings.length > 1) throw new WireError('more than one framing');
  if (codings.length === 1) {
    if (codings[0]?.toLowerCase() !== 'chunked') throw new WireError(`transfer coding ${String(codings[0])}`);
    return 'chunked';
  }
  if (lengths.length === 0) return otherwise;
  if (!/^\d{1,15}$/.test(lengths[0] ?? '')) throw new WireError(`length ${String(lengths[0])}`);
  return 'length';
}

/** A stream of octets from which messages are read as they arrive. */
export class WireReader {
  #octets: Buffer = Buffer.alloc(0);
  #ended = false;

  push(chunk: Buffer): void {
    this.#octets = this.#octets.length === 0 ? chunk : Buffer.concat([this.#octets, chunk]);
  }

  end(): void {
    this.#ended = true;
  }

  /** Octets that belong to no message yet. */
  get rest(): Buffer {
    return this.#octets;
  }

  /** The part of an incomplete body that has arrived. */
  partialBody: Buffer[] = [];
  partialHead: WireHead | undefined;

  *#need(what: string): Reading<void> {
    if (this.#ended) throw new WireError(`the connection ended within ${what}`, what);
    yield;
  }

  #take(length: number): Buffer {
    const taken = this.#octets.subarray(0, length);
    this.#octets = this.#octets.subarray(length);
    return taken;
  }

  *#line(what: string): Reading<string> {
    for (;;) {
      const end = this.#octets.indexOf('\n');
      if (end >= 0) {
        const line = this.#take(end + 1).toString('latin1');
        if (!/^[^\r\n\0]*\r\n$/.test(line)) throw new WireError(`a bare CR, a bare LF or NUL in ${what}`);
        return line.slice(0, -2);
      }
      yield* this.#need(what);
    }
  }

  *#fields(what: string): Reading<Field[]> {
    const fields: Field[] = [];
    for (;;) {
      const line = yield* this.#line(what);
      if (line === '') return fields;
      const match = FIELD.exec(line);
      if (!match) throw new WireError(`${JSON.stringify(line)} in ${what}`);
      fields.push([match[1] ?? '', match[2] ?? '']);
    }
  }

  *#counted(length: number): Reading<void> {
    let missing = length;
    while (missing > 0) {
      if (this.#octets.length === 0) yield* this.#need('a body');
      const part = this.#take(missing);
      this.partialBody.push(part);
      missing -= part.length;
    }
  }

  *#chunked(chunks: number[]): Reading<Field[]> {
    for (;;) {
      const line = yield* this.#line('the size of a chunk');
      const match = CHUNK_SIZE.exec(line);
      if (!match) throw new WireError(`${JSON.stringify(line)} is not the size of a chunk`);
      const size = Number.parseInt(match[1] ?? '', 16);
      if (size === 0) return yield* this.#fields('trailers');
      yield* this.#counted(size);
      chunks.push(size);
      if ((yield* this.#line('the end of a chunk')) !== '') throw new WireError('a chunk longer than its size');
    }
  }

  /**
   * @param mayHaveBody gets the head; must return false for answers to HEAD and for 204, 304 and 1xx, whatever the
   * headers
   */
  *message(otherwise: 'none' | 'close', mayHaveBody: (head: WireHead) => boolean): Reading<WireMessage> {
    this.partialBody = [];
    this.partialHead = undefined;
    const startLine = yield* this.#line('the start line');
    const fields = yield* this.#fields('the head');
    const head = { startLine, fields };
    const framing = mayHaveBody(head) ? framingOf(fields, otherwise) : 'none';
    this.partialHead = head;
    const chunks: number[] = [];
    let trailers: Field[] = [];
    if (framing === 'chunked') trailers = yield* this.#chunked(chunks);
    if (framing === 'length') yield* this.#counted(Number(valuesOf(fields, 'content-length')[0]));
    while (framing === 'close' && !(this.#ended && this.#octets.length === 0)) {
      if (this.#octets.length === 0) yield;
      this.partialBody.push(this.#take(this.#octets.length));
    }
    this.partialHead = undefined;
    return { ...head, framing, body: Buffer.concat(this.partialBody), trailers, chunks };
  }
}

/** All interim answers, and the final one. */
export interface WireAnswer extends WireMessage {
  readonly interim: readonly WireHead[];
  readonly version: string;
  readonly status: number;
  readonly reason: string;
}

const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9]\d\d)(?: ([\t -~\x80-\xff]*))?$/;

/** @throws WireError if it is malformed */
function statusOf({ startLine }: WireHead): Pick<WireAnswer, 'version' | 'status' | 'reason'> {
  const match = STATUS_LINE.exec(startLine);
  if (!match) throw new WireError(`${JSON.stringify(startLine)} is not a status line`);
  return { version: match[1] ?? '', status: Number(match[2]), reason: match[3] ?? '' };
}

/** @param method the request's method */
export function* readAnswer(reader: WireReader, method: string): Reading<WireAnswer> {
  const interim: WireHead[] = [];
  for (;;) {
    const message = yield* reader.message('close', (head) => {
      const { status } = statusOf(head);
      return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
    });
    const status = statusOf(message);
    if (status.status >= 200 || status.status === 101) return { ...message, ...status, interim };
    interim.push({ startLine: message.startLine, fields: message.fields });
  }
}
