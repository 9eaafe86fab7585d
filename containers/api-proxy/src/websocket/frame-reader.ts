/** RFC 6455, section 5.2. */
const TEXT = 1;
const BINARY = 2;
const CONTINUATION = 0;
const CLOSE = 8;
const PONG = 10;

/** A frame's first octets: flags and opcode, length in up to 9 octets, masking key. */
const LONGEST_HEAD = 14;

/** Frames that break the protocol, or that only an extension allows. None is agreed on. */
export class BadFrame extends Error {}

export interface FrameListener {
  /** Called with the payload of text and binary messages, unmasked, as it arrives. */
  readonly onData: (payload: Buffer) => void;
  /** Called at the end of each text or binary message. */
  readonly onMessageEnd: () => void;
}

/** Gets every octet of a stream as it is and in its order. */
export interface PartListener {
  readonly onHead: (octets: Buffer) => void;
  /** @param isControl true for a ping, a pong, or the end */
  readonly onPayload: (octets: Buffer, isControl: boolean) => void;
  /** @param isLast false if the frame's message goes on in another one */
  readonly onFrameEnd: (isControl: boolean, isLast: boolean) => void;
}

/** Reads the frames of one direction of a WebSocket that arrive in chunks, and keeps nothing but a frame's head. */
export class FrameReader {
  readonly #listener: FrameListener | undefined;
  readonly #parts: PartListener | undefined;
  readonly #head = Buffer.alloc(LONGEST_HEAD);
  #headLength = 0;
  /** Octets of the payload that have yet to arrive; undefined while the head is incomplete. */
  #left: number | undefined;
  /** Octets of the payload that have arrived. */
  #seen = 0;
  #isInMessage = false;

  /** @param listener without one, only the frames' boundaries are read, and frames may be anything */
  constructor(listener?: FrameListener, parts?: PartListener) {
    this.#listener = listener;
    this.#parts = parts;
  }

  /** True if no frame has begun without having ended. */
  get isAtBoundary(): boolean {
    return this.#headLength === 0;
  }

  /** @throws BadFrame, and whatever the listener throws */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === undefined) at = this.#readHead(chunk, at);
      else at = this.#readPayload(chunk, at, this.#left);
      if (this.#left === 0) this.#endFrame();
    }
  }

  #readHead(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && this.#left === undefined) {
      const octet = chunk[at++] as number;
      this.#head[this.#headLength++] = octet;
      if (this.#headLength === 1) this.#checkOpcode(octet);
      if (this.#headLength >= 2 && this.#headLength === this.#wholeHead) {
        this.#left = this.#payloadLength;
        this.#seen = 0;
      }
    }
    this.#parts?.onHead(chunk.subarray(from, at));
    return at;
  }

  get #opcode(): number {
    return (this.#head[0] as number) & 0x0f;
  }

  get #isControl(): boolean {
    return this.#opcode >= CLOSE;
  }

  #checkOpcode(octet: number): void {
    if (!this.#listener) return;
    const opcode = this.#opcode;
    const isKnown = opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG);
    if ((octet & 0x70) !== 0 || !isKnown) throw new BadFrame();
    if (this.#isControl) return;
    if ((opcode === CONTINUATION) !== this.#isInMessage) throw new BadFrame();
    this.#isInMessage = true;
  }

  /** Octets in the second octet's length field and behind it. */
  get #lengthOctets(): number {
    const short = (this.#head[1] as number) & 0x7f;
    return short === 126 ? 2 : short === 127 ? 8 : 0;
  }

  get #isMasked(): boolean {
    return ((this.#head[1] as number) & 0x80) !== 0;
  }

  get #wholeHead(): number {
    return 2 + this.#lengthOctets + (this.#isMasked ? 4 : 0);
  }

  get #payloadLength(): number {
    switch (this.#lengthOctets) {
      case 0:
        return (this.#head[1] as number) & 0x7f;
      case 2:
        return this.#head.readUInt16BE(2);
      default:
        return Number(this.#head.readBigUInt64BE(2));
    }
  }

  #readPayload(chunk: Buffer, from: number, left: number): number {
    const to = Math.min(chunk.length, from + left);
    this.#parts?.onPayload(chunk.subarray(from, to), this.#isControl);
    if (this.#listener && !this.#isControl) this.#listener.onData(this.#unmasked(chunk.subarray(from, to)));
    this.#seen += to - from;
    this.#left = left - (to - from);
    return to;
  }

  #unmasked(payload: Buffer): Buffer {
    if (!this.#isMasked) return payload;
    const key = this.#head.subarray(2 + this.#lengthOctets, this.#headLength);
    // A copy, because the octets are forwarded as they are.
    const plain = Buffer.from(payload);
    for (let i = 0; i < plain.length; i++) {
      plain[i] = (plain[i] as number) ^ (key[(this.#seen + i) & 3] as number);
    }
    return plain;
  }

  #endFrame(): void {
    const isLast = ((this.#head[0] as number) & 0x80) !== 0;
    const isControl = this.#isControl;
    this.#headLength = 0;
    this.#left = undefined;
    this.#parts?.onFrameEnd(isControl, isLast);
    if (isControl || !isLast) return;
    this.#isInMessage = false;
    this.#listener?.onMessageEnd();
  }
}

/** A frame from a server: one that is neither masked nor fragmented. @param payload at most 65,535 octets */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const size = length < 126 ? [length] : [126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size]), payload]);
}

/** Octets of the reason in a close frame: RFC 6455, section 5.5, limits the frame to 125. */
const MAX_REASON = 123;
/** Policy violation: RFC 6455, section 7.4.1. */
const POLICY_VIOLATION = 1008;

/**
 * The end of a WebSocket that breaks a rule: a message that explains it, and the close frame.
 *
 * @param reason ASCII; cut if it is too long for a close frame
 */
export function refusalFrames(message: string, reason: string): Buffer {
  const code = Buffer.from([POLICY_VIOLATION >> 8, POLICY_VIOLATION & 0xff]);
  return Buffer.concat([
    serverFrame(TEXT, Buffer.from(message)),
    serverFrame(CLOSE, Buffer.concat([code, Buffer.from(reason.slice(0, MAX_REASON))])),
  ]);
}
