import { decodeText, NotJson } from './json-text.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Octets of a string that are kept to be judged. A longer one is judged by its beginning. */
const MAX_TEXT = 2_048;
/** Objects and lists inside each other. Clients do not nest their schemas a tenth as deep. */
const MAX_DEPTH = 256;
/** Octets after which a call that searches for a quote is faster than a look at each octet. */
const SHORT = 48;
const NOTHING = Buffer.alloc(0);

/** What may come next in the document. */
const [VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON_NEXT, COMMA_OR_END, END] = [0, 1, 2, 3, 4, 5, 6] as const;
/** Where the octet is that comes next. */
const [GAP, IN_KEY, IN_TEXT, IN_WORD] = [0, 1, 2, 3] as const;

/** What a key is to the reader. */
export interface Slot {
  readonly name: string;
  /** As the client spells it, where a message may name it. */
  readonly spelling?: string;
  /** `value`: {@link JsonListener.onValue} is called. `skip`: no key inside the value is looked at. */
  readonly wish: 'nothing' | 'value' | 'skip';
}

export interface JsonListener {
  /**
   * Called with each key.
   *
   * @param inside name of the slot whose object it is in, directly or through lists; empty for the document itself
   */
  readonly onKey: (key: string, inside: string) => Slot;
  /**
   * Called with a value, and if it is a list, with each of its elements instead. Not called with `null`.
   *
   * @param text the beginning of a string; undefined for an object, a number, `true` and `false`
   */
  readonly onValue: (slot: Slot, inside: string, text: string | undefined) => void;
}

const ROOT: Slot = { name: '', wish: 'nothing' };

interface Level {
  readonly isList: boolean;
  /** Of the object or list itself. */
  readonly slot: Slot;
  readonly inside: string;
}

/**
 * Reads one JSON document that arrives in chunks. It sees every key, however it is spelled, and keeps only those around
 * the current one. What is not strictly JSON is refused, because another parser could read it in another way.
 *
 * The scanner for usage is a different thing: it searches for one key in text that need not be JSON, and a key with an
 * unusual spelling may escape it.
 */
export class JsonReader {
  readonly #listener: JsonListener;
  readonly #levels: Level[] = [];
  #next: number = VALUE;
  #place: number = GAP;
  /** The next octet is escaped. */
  #isEscaped = false;
  /** The beginning of a string or word that started in an earlier chunk. */
  #held: Buffer = NOTHING;
  #slot = ROOT;
  /** The level below which keys are skipped. */
  #skippedAt = Infinity;

  constructor(listener: JsonListener) {
    this.#listener = listener;
  }

  /** @throws NotJson */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#place === GAP) at = this.#readToken(chunk, at);
      else if (this.#place === IN_WORD) at = this.#readWord(chunk, at);
      else at = this.#readString(chunk, at);
    }
  }

  /** White space alone counts as complete. @throws NotJson if the document is not complete */
  end(): void {
    if (this.#place === IN_WORD) this.#endWord();
    const isEmpty = this.#next === VALUE && this.#levels.length === 0;
    if (this.#place !== GAP || !(isEmpty || this.#next === END)) throw new NotJson();
  }

  #readToken(chunk: Buffer, at: number): number {
    const octet = chunk[at] as number;
    switch (octet) {
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        break;
      case QUOTE:
        this.#beginString();
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        this.#open(octet === OPEN_LIST);
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        this.#close(octet === CLOSE_LIST);
        break;
      case COLON:
        this.#expect(COLON_NEXT);
        this.#next = VALUE;
        break;
      case COMMA:
        this.#expect(COMMA_OR_END);
        this.#next = this.#level?.isList === true ? VALUE : KEY;
        break;
      default:
        this.#expectValue();
        if (!WORD_START.includes(octet)) throw new NotJson();
        this.#place = IN_WORD;
        return at;
    }
    return at + 1;
  }

  get #level(): Level | undefined {
    return this.#levels[this.#levels.length - 1];
  }

  #expect(next: number): void {
    if (this.#next !== next) throw new NotJson();
  }

  #expectValue(): void {
    if (this.#next !== VALUE && this.#next !== VALUE_OR_END) throw new NotJson();
  }

  #beginString(): void {
    if (this.#next === KEY || this.#next === KEY_OR_END) this.#place = IN_KEY;
    else {
      this.#expectValue();
      this.#place = IN_TEXT;
    }
  }

  #open(isList: boolean): void {
    this.#expectValue();
    if (this.#levels.length === MAX_DEPTH) throw new NotJson();
    if (!isList) this.#tell(undefined);
    const slot = this.#currentSlot();
    this.#levels.push({ isList, slot, inside: this.#inside() });
    if (slot.wish === 'skip') this.#skippedAt = Math.min(this.#skippedAt, this.#levels.length);
    this.#next = isList ? VALUE_OR_END : KEY_OR_END;
  }

  #close(isList: boolean): void {
    const isEmpty = this.#next === (isList ? VALUE_OR_END : KEY_OR_END);
    if (this.#level?.isList !== isList || !(isEmpty || this.#next === COMMA_OR_END)) throw new NotJson();
    if (this.#skippedAt === this.#levels.length) this.#skippedAt = Infinity;
    this.#levels.pop();
    this.#endValue();
  }

  #endValue(): void {
    this.#next = this.#levels.length === 0 ? END : COMMA_OR_END;
  }

  /** The slot of the value that comes next: an element of a list has that of its list. */
  #currentSlot(): Slot {
    const level = this.#level;
    return level?.isList === true ? level.slot : this.#slot;
  }

  #inside(): string {
    const level = this.#level;
    if (level === undefined) return '';
    return level.isList ? level.inside : level.slot.name;
  }

  #tell(text: string | undefined): void {
    const slot = this.#currentSlot();
    if (slot.wish === 'value' && this.#levels.length < this.#skippedAt) {
      this.#listener.onValue(slot, this.#inside(), text);
    }
  }

  #readWord(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && isWord(chunk[at] as number)) at++;
    this.#hold(chunk.subarray(from, at));
    if (at < chunk.length) this.#endWord();
    return at;
  }

  #endWord(): void {
    const word = this.#held.toString('latin1');
    this.#held = NOTHING;
    this.#place = GAP;
    if (!WORD.test(word)) throw new NotJson();
    if (word !== 'null') this.#tell(undefined);
    this.#endValue();
  }

  #hold(part: Buffer): void {
    const rest = part.subarray(0, MAX_TEXT - this.#held.length);
    this.#held = this.#held.length === 0 ? rest : Buffer.concat([this.#held, rest]);
  }

  #readString(chunk: Buffer, from: number): number {
    const end = this.#endOfString(chunk, from);
    const isWanted = this.#levels.length < this.#skippedAt && (this.#place === IN_KEY || this.#isValueWanted());
    if (end < 0) {
      if (isWanted) this.#hold(chunk.subarray(from));
      return chunk.length;
    }
    const isKey = this.#place === IN_KEY;
    this.#place = GAP;
    if (isKey) {
      this.#slot = isWanted ? this.#listener.onKey(this.#textOf(chunk, from, end), this.#inside()) : ROOT;
      this.#next = COLON_NEXT;
    } else {
      if (isWanted) this.#tell(this.#textOf(chunk, from, end));
      this.#endValue();
    }
    return end + 1;
  }

  #textOf(chunk: Buffer, from: number, end: number): string {
    if (this.#held.length === 0) {
      const cut = Math.min(end, from + MAX_TEXT);
      return decodeText(chunk.toString('utf8', from, cut), cut < end);
    }
    this.#hold(chunk.subarray(from, end));
    const raw = this.#held;
    this.#held = NOTHING;
    return decodeText(raw.toString(), raw.length === MAX_TEXT);
  }

  #isValueWanted(): boolean {
    return this.#currentSlot().wish === 'value';
  }

  /** @returns the index of the quote that ends the string, or -1 if the chunk ends before it does */
  #endOfString(chunk: Buffer, from: number): number {
    let at = this.#isEscaped ? from + 1 : from;
    this.#isEscaped = false;
    for (;;) {
      for (const short = Math.min(chunk.length, at + SHORT); at < short; at++) {
        const octet = chunk[at];
        if (octet === QUOTE) return at;
        if (octet === BACKSLASH) at++;
      }
      if (at >= chunk.length) {
        // The last octet of the chunk was a backslash.
        this.#isEscaped = at > chunk.length;
        return -1;
      }
      const quote = chunk.indexOf(QUOTE, at);
      const end = quote < 0 ? chunk.length : quote;
      const isEscaped = backslashesBefore(chunk, end, at) % 2 === 1;
      if (quote >= 0 && !isEscaped) return quote;
      at = isEscaped ? end + 1 : end;
    }
  }
}

function backslashesBefore(chunk: Buffer, end: number, start: number): number {
  let at = end;
  while (at > start && chunk[at - 1] === BACKSLASH) at--;
  return end - at;
}

const WORD_START = Buffer.from('tfn-0123456789');
/** `true`, `false`, `null`, or a number; of a long number, its beginning. */
const WORD = /^(?:true|false|null|-?\d[\d.eE+-]*)$/;

const isWord = (octet: number): boolean =>
  (octet >= 0x30 && octet <= 0x39) ||
  (octet >= 0x61 && octet <= 0x7a) ||
  octet === 0x45 ||
  octet === 0x2b ||
  octet === 0x2d ||
  octet === 0x2e;
