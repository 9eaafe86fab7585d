/** Reads the server name of a TLS client (RFC 8446, sections 4.1.2 and 5.1; RFC 6066, section 3). */

/** Octets that a hello may have, those of the records around it included. Certificates and keys are not in it. */
const MAX_HELLO_BYTES = 32 * 1024;
const RECORD_HEADER_BYTES = 5;
const MAX_RECORD_BYTES = 16 * 1024;
const MESSAGE_HEADER_BYTES = 4;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

/**
 * What a connection begins with: a hello, something else, or so far too little to tell. Then it is the number of octets
 * that there must be at least before it is worth reading again.
 */
export type Beginning = { readonly serverName: string | undefined } | 'not-tls' | number;

/**
 * Reads a beginning that arrives in pieces. It goes on where it was: a client can send a hello in thousands of records, one
 * by one, and everybody else would wait if all of them were read again with each.
 */
export class ClientHelloReader {
  /** Octets that have been read. */
  #at = 0;
  /** Where in them the message is. */
  readonly #parts: { readonly from: number; readonly to: number }[] = [];
  /** Octets of the message so far. */
  #collected = 0;
  /** Its first octets. */
  readonly #header: number[] = [];

  /** @param octets all that have arrived, from the first one on */
  read(octets: Buffer): Beginning {
    for (;;) {
      const at = this.#at;
      const end = at + RECORD_HEADER_BYTES;
      if (octets.length > at && octets[at] !== HANDSHAKE) return 'not-tls';
      if (octets.length < end) return end;
      const length = octets.readUInt16BE(at + 3);
      // The version of the record layer is 3.x in all versions of TLS.
      if (octets[at + 1] !== 3 || length === 0 || length > MAX_RECORD_BYTES) return 'not-tls';
      if (end + length > MAX_HELLO_BYTES) return 'not-tls';
      if (octets.length < end + length) return end + length;
      this.#at = end + length;
      this.#add(octets, end, this.#at);
      const size = this.#size;
      if (size === 'not-tls') return size;
      if (this.#collected >= size) return { serverName: serverName(this.#message(octets).subarray(0, size)) };
    }
  }

  #add(octets: Buffer, from: number, to: number): void {
    this.#parts.push({ from, to });
    this.#collected += to - from;
    const missing = MESSAGE_HEADER_BYTES - this.#header.length;
    if (missing > 0) this.#header.push(...octets.subarray(from, Math.min(to, from + missing)));
  }

  /** The octets of the hello with its header, as far as that can be told. */
  get #size(): number | 'not-tls' {
    const [kind, ...length] = this.#header;
    if (length.length < MESSAGE_HEADER_BYTES - 1) return MESSAGE_HEADER_BYTES;
    return kind === CLIENT_HELLO ? MESSAGE_HEADER_BYTES + Buffer.from(length).readUIntBE(0, 3) : 'not-tls';
  }

  #message(octets: Buffer): Buffer {
    return Buffer.concat(this.#parts.map(({ from, to }) => octets.subarray(from, to)));
  }
}

/** Walks through a message. What lies behind its end is empty, so that a wrong length cannot lead outside. */
class Cursor {
  #rest: Buffer;

  constructor(octets: Buffer) {
    this.#rest = octets;
  }

  get isAtEnd(): boolean {
    return this.#rest.length === 0;
  }

  take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  number(octets: 1 | 2): number {
    const taken = this.take(octets);
    return taken.length < octets ? 0 : taken.readUIntBE(0, octets);
  }

  /** A field that comes after its own length. */
  vector(lengthOctets: 1 | 2): Buffer {
    return this.take(this.number(lengthOctets));
  }
}

function serverName(message: Buffer): string | undefined {
  const hello = new Cursor(message.subarray(MESSAGE_HEADER_BYTES));
  hello.take(2 + 32); // version and random
  hello.vector(1); // session
  hello.vector(2); // cipher suites
  hello.vector(1); // compression methods
  const extensions = new Cursor(hello.vector(2));
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type === SERVER_NAME) return hostName(content);
  }
  return undefined;
}

function hostName(extension: Buffer): string | undefined {
  const names = new Cursor(new Cursor(extension).vector(2));
  while (!names.isAtEnd) {
    const kind = names.number(1);
    const name = names.vector(2).toString('latin1').toLowerCase().replace(/\.$/, '');
    if (kind === 0) return name === '' ? undefined : name;
  }
  return undefined;
}
