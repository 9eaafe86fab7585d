/** Queries of the DNS and their answers, as far as the sidecar's resolver needs them (RFC 1035, section 4.1). */

const HEADER_BYTES = 12;
/** RFC 1035, section 2.3.4: the octets of a name, the lengths of its labels included. */
const MAX_NAME_BYTES = 255;
/** RFC 1035, section 4.1.4: a label's length has two bits that are zero. With them, it would point somewhere else. */
const MAX_LABEL_BYTES = 63;
/** A host's name. Any other octets, a dot within a label included, could be read as another name by somebody else. */
const LABEL = /^[a-z0-9_-]+$/;
/** Seconds that a client may keep an answer. It is the same for the whole run. */
const TTL_SECONDS = 60;

/** RFC 1035, section 3.2.2: IPv4 addresses, and everything. */
const TYPES: readonly number[] = [1, 255];
const INTERNET = 1;

/** RFC 1035, section 4.1.1. */
export const RESPONSE_CODES = { ok: 0, malformed: 1, unknownName: 3, notImplemented: 4 } as const;
export type ResponseCode = (typeof RESPONSE_CODES)[keyof typeof RESPONSE_CODES];

/** What a client asks for. */
export interface Question {
  /** In lower case, without a trailing dot. Undefined if it has octets that no host name has. */
  readonly name: string | undefined;
  /** Whether an IPv4 address is an answer. */
  readonly wantsAddress: boolean;
  /** The octets of the question, which an answer repeats. */
  readonly octets: Buffer;
}

/** A query that can be answered. `question` is undefined for one that cannot be read. */
export interface Query {
  readonly id: number;
  /** The bits of the header that an answer repeats. */
  readonly flags: number;
  /** Whether it is an ordinary query, and not an update or anything else. */
  readonly isOrdinary: boolean;
  readonly question: Question | undefined;
}

/** The kind of the query, and whether the client wants recursion. */
const REPEATED_FLAGS = 0x7900;
const RESPONSE = 0x8000;
const RECURSION_AVAILABLE = 0x0080;

/** @returns undefined for what must not be answered: an answer, or too little to have a header */
export function readQuery(message: Buffer): Query | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & RESPONSE) !== 0) return undefined;
  return {
    id: message.readUInt16BE(0),
    flags: flags & REPEATED_FLAGS,
    isOrdinary: (flags & 0x7800) === 0,
    question: message.readUInt16BE(4) === 1 ? readQuestion(message) : undefined,
  };
}

function readQuestion(message: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    // The first name of a message has nothing to point to, so a pointer can only be a trap.
    if (length === undefined || length > MAX_LABEL_BYTES) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString('latin1', at, at + length).toLowerCase());
    at += length;
    if (at - HEADER_BYTES >= MAX_NAME_BYTES) return undefined;
  }
  if (at + 4 > message.length) return undefined;
  const isHost = labels.length > 0 && labels.every((label) => LABEL.test(label));
  return {
    name: isHost ? labels.join('.') : undefined,
    wantsAddress: TYPES.includes(message.readUInt16BE(at)) && message.readUInt16BE(at + 2) === INTERNET,
    octets: message.subarray(HEADER_BYTES, at + 4),
  };
}

/** @param address an IPv4 address; undefined for an answer without one */
export function writeAnswer({ id, flags, question }: Query, code: ResponseCode, address?: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RESPONSE | flags | RECURSION_AVAILABLE | code, 2);
  if (question === undefined) return header;
  header.writeUInt16BE(1, 4);
  if (address === undefined) return Buffer.concat([header, question.octets]);
  header.writeUInt16BE(1, 6);
  return Buffer.concat([header, question.octets, addressRecord(address)]);
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  // The name is the question's, right behind the header.
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(1, 2);
  record.writeUInt16BE(INTERNET, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  for (const [index, octet] of address.split('.').entries()) record.writeUInt8(Number(octet), 12 + index);
  return record;
}
