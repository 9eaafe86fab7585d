const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Octets of a value; what is longer is no count and no name. */
const MAX_VALUE = 8 * 1024;
const NOTHING = Buffer.alloc(0);
/** The stream has not got that far. */
const INCOMPLETE = -1;
/** Not a value that is looked for. */
const NONE = -2;

/**
 * Told each string and object that stands behind the key.
 *
 * @param rest octets of the chunk behind it
 */
type OnValue = (value: unknown, rest: number) => void;

/** A key as JSON writes it. */
export const quoted = (key: string): Buffer => Buffer.from(JSON.stringify(key));

/**
 * Finds the values of one key in JSON that passes by in chunks, be it a document or the data of events, without parsing or
 * keeping the rest. What stands inside a string is not found: its quotes are escaped there.
 */
export class JsonScanner {
  readonly #needle: Buffer;
  readonly #onValue: OnValue;
  #held: Buffer = NOTHING;

  /** @param key as {@link quoted} gives it: one for all the scanners that look for it */
  constructor(key: Buffer, onValue: OnValue) {
    this.#needle = key;
    this.#onValue = onValue;
  }

  push(chunk: Buffer): void {
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    let from = 0;
    for (;;) {
      const at = data.indexOf(this.#needle, from);
      if (at < 0) {
        this.#held = this.#endOf(data, from);
        return;
      }
      const behind = at + this.#needle.length;
      const start = at > 0 && data[at - 1] === BACKSLASH ? NONE : valueStart(data, behind);
      const end = start < 0 ? start : valueEnd(data, start);
      if (end === INCOMPLETE && data.length - at <= MAX_VALUE) {
        this.#held = data.subarray(at);
        return;
      }
      if (end > 0) this.#report(data.toString('utf8', start, end), data.length - end);
      from = end > 0 ? end : behind;
    }
  }

  /** What may be the beginning of the key, and the octet before it, which tells whether it is one. */
  #endOf(data: Buffer, from: number): Buffer {
    const tail = Math.max(from, data.length - this.#needle.length);
    const quote = data.indexOf(QUOTE, tail);
    return quote < 0 ? NOTHING : data.subarray(Math.max(quote - 1, from));
  }

  #report(json: string, rest: number): void {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch {
      return; // looked like one
    }
    this.#onValue(value, rest);
  }
}

const isSpace = (octet: number | undefined): boolean =>
  octet === 0x20 || octet === 0x09 || octet === 0x0a || octet === 0x0d;

/** @returns where the value begins that a colon at `at` announces */
function valueStart(data: Buffer, at: number): number {
  let i = at;
  while (isSpace(data[i])) i++;
  if (i >= data.length) return INCOMPLETE;
  if (data[i] !== COLON) return NONE;
  i++;
  while (isSpace(data[i])) i++;
  if (i >= data.length) return INCOMPLETE;
  return data[i] === QUOTE || data[i] === OPEN ? i : NONE;
}

/** @returns the index behind the string or object that begins at `start` */
function valueEnd(data: Buffer, start: number): number {
  let depth = 0;
  let inString = false;
  for (let i = start; i < data.length && i - start <= MAX_VALUE; i++) {
    const octet = data[i];
    if (inString) {
      if (octet === BACKSLASH) i++;
      else if (octet === QUOTE) inString = false;
    } else if (octet === QUOTE) inString = true;
    else if (octet === OPEN) depth++;
    else if (octet === CLOSE) depth--;
    if (depth === 0 && !inString) return i + 1;
  }
  return INCOMPLETE;
}
