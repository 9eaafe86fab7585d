/** Frames of a WebSocket's client, well-formed or not. */

export const [CONTINUATION, TEXT, BINARY, CLOSE, PING] = [0, 1, 2, 8, 9] as const;

export interface FrameOptions {
  readonly isLast?: boolean;
  readonly isMasked?: boolean;
  readonly reserved?: number;
}

/** A frame as a client sends it: RFC 6455, section 5.2. */
export function clientFrame(
  opcode: number,
  text: string,
  { isLast = true, isMasked = true, reserved = 0 }: FrameOptions = {},
): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const mask = isMasked ? 0x80 : 0;
  const size = length < 126 ? [mask | length] : [mask | 126, length >> 8, length & 0xff];
  const long =
    length < 65_536 ? Buffer.from(size) : Buffer.concat([Buffer.from([mask | 127, 0, 0, 0, 0]), uint32(length)]);
  const key = isMasked ? [0x12, 0xff, 0, 0x7b] : [];
  const octets = isMasked ? payload.map((octet, i) => octet ^ key[i % 4]!) : payload;
  return Buffer.concat([Buffer.from([(isLast ? 0x80 : 0) | reserved | opcode]), long, Buffer.from(key), octets]);
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}
