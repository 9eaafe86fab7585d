const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Octets of a value. A longer one is neither a count nor a name. */
const MAX_VALUE = 8 * 1024;
/**
 * Levels of objects in a value; counts have two. Whoever chooses the text could begin a value in each value, and have all of
 * them read.
 */
const MAX_DEPTH = 6;
const NOTHING = Buffer.alloc(0);
/** The rest has yet to arrive. */
const INCOMPLETE = -1;
/** Not a string or an object. */
const NONE = -2;

/**
 * Called with each string and object that follows the key.
 *
 * @param rest octets of the chunk after the value
 */
type OnValue = (value: unknown, rest: number) => void;

/** A key as it is spelled in JSON. */
export const quoted = (key: string): Buffer => Buffer.from(JSON.stringify(key));

/**
 * Finds the values of one key in JSON that arrives in chunks, whether a document or the data of events, without parsing
 * or keeping the rest. Text inside a string is never found, because its quotes are escaped.
 */
export class JsonScanner {
  readonly #needle: Buffer;
  readonly #onValue: OnValue;
  #held: Buffer = NOTHING;

  /** @param key a result of {@link quoted}, which all scanners for the key can share */
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

  /** A possible beginning of the key, and the octet before it, which decides whether it is one. */
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
      return; // It only looked like JSON.
    }
    this.#onValue(value, rest);
  }
}

const isSpace = (octet: number | undefined): boolean =>
  octet === 0x20 || octet === 0x09 || octet === 0x0a || octet === 0x0d;

/** @returns the index of the value that follows a colon at `at` */
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

/** @returns the index after the string or object that begins at `start`; `NONE` if it is too deep */
function valueEnd(data: Buffer, start: number): number {
  let depth = 0;
  let inString = false;
  for (let i = start; i < data.length && i - start <= MAX_VALUE; i++) {
    const octet = data[i];
    if (inString) {
      if (octet === BACKSLASH) i++;
      else if (octet === QUOTE) inString = false;
    } else if (octet === QUOTE) inString = true;
    else if (octet === OPEN) {
      if (++depth > MAX_DEPTH) return NONE;
    } else if (octet === CLOSE) depth--;
    if (depth === 0 && !inString) return i + 1;
  }
  return INCOMPLETE;
}
