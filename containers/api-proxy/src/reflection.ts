import type { IncomingMessage } from 'node:http';
import { ProxyError } from './errors.ts';
import { headerValue, withoutHeaders } from './request/raw-headers.ts';

/** A shorter credential is a word rather than a secret (`none`, `sk-1234`), and answers may contain it by chance. */
const SHORTEST_SECRET = 8;
const NOTHING = Buffer.alloc(0);
const COOKIES: ReadonlySet<string> = new Set(['set-cookie', 'set-cookie2']);

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** @returns a writer that escapes characters of a JSON string as programs like to that expect it in a web page */
const inUnicode =
  (characters: RegExp, write: (digits: string) => string) =>
  (text: string): string =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(characters, (one) => `\\u${write(one.charCodeAt(0).toString(16).padStart(4, '0'))}`);

/**
 * How programs write a text into an answer. A credential of letters and digits looks the same in all of them; not so one
 * in Base64, and a password.
 */
const WRITERS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  // PHP (json_encode)
  (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  // .NET (System.Text.Json, JavaScriptEncoder.Default)
  inUnicode(/[+&<>'`]/g, (digits) => digits.toUpperCase()),
  // Gson (htmlSafe), and Go (encoding/json), which leaves = and ' alone
  inUnicode(/[&<>='`]/g, (digits) => digits),
  inUnicode(/[&<>]/g, (digits) => digits),
  encodeURIComponent,
  (text) => text.replace(/[&<>"']/g, (one) => HTML[one] ?? one),
];

/**
 * What a text becomes in Base64, wherever it stands in what is encoded: `user:secret` is how registries write a login. A group
 * of three octets becomes four characters. What shares a character with the text's neighbours is left out.
 */
function inBase64(text: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const octets = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((octets.length * 8) / 6)];
    return (['base64', 'base64url'] as const).map((alphabet) => octets.toString(alphabet).slice(from, to));
  });
}

/** Longer ones first: another may be a part of them. */
function formsOf(secrets: readonly string[], withBase64: boolean): string[] {
  const forms = secrets.flatMap((secret) => [
    ...WRITERS.map((write) => write(secret)),
    ...(withBase64 ? inBase64(secret) : []),
  ]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

/** Masks one stream. */
export interface StreamMask {
  /** @returns what can be passed on: everything but an end that may be the beginning of the credential */
  readonly pass: (chunk: Buffer) => Buffer;
  /** Ends the stream: what comes next is another one. @returns what was still held back */
  readonly rest: () => Buffer;
}

/** Masks one secret. The mask is as long as the secret, so lengths stay right. */
class Mask {
  readonly #text: string;
  readonly #secret: Buffer;
  readonly #mask: string;
  readonly #onReflected: () => void;

  constructor(secret: string, onReflected: () => void) {
    this.#text = secret;
    this.#secret = Buffer.from(secret);
    this.#mask = '*'.repeat(secret.length);
    this.#onReflected = onReflected;
  }

  text(text: string): string {
    if (!text.includes(this.#text)) return text;
    this.#onReflected();
    return text.replaceAll(this.#text, this.#mask);
  }

  stream(): StreamMask {
    let held: Buffer = NOTHING;
    return {
      pass: (chunk) => {
        const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const masked = this.#maskIn(data);
        const end = this.#beginningAt(data, masked);
        if (end === data.length) {
          held = NOTHING;
          return data;
        }
        held = data.subarray(end);
        return data.subarray(0, end);
      },
      rest: () => {
        const left = held;
        held = NOTHING;
        return left;
      },
    };
  }

  /** @returns the index after the last secret, or 0 */
  #maskIn(data: Buffer): number {
    const secret = this.#secret;
    let end = 0;
    for (let at = data.indexOf(secret); at >= 0; at = data.indexOf(secret, end)) {
      end = at + secret.length;
      data.write(this.#mask, at);
      this.#onReflected();
    }
    return end;
  }

  /** @returns the index of the longest end of `data` that is a beginning of the secret; the length if there is none */
  #beginningAt(data: Buffer, from: number): number {
    const secret = this.#secret;
    const first = secret[0];
    if (first === undefined) return data.length;
    let at = data.indexOf(first, Math.max(from, data.length - secret.length + 1));
    while (at >= 0 && data.compare(secret, 0, data.length - at, at) !== 0) at = data.indexOf(first, at + 1);
    return at < 0 ? data.length : at;
  }
}

const UNMASKED: StreamMask = { pass: (chunk) => chunk, rest: () => NOTHING };

/** @returns a mask that applies one after the other */
const chained = (first: StreamMask, second: StreamMask): StreamMask => ({
  pass: (chunk) => second.pass(first.pass(chunk)),
  rest: () => Buffer.concat([second.pass(first.rest()), second.rest()]),
});

/** Keeps credentials from the client if an upstream echoes what it was sent, as debugging gateways do. */
export class ReflectionGuard {
  readonly #masks: readonly Mask[];
  readonly #plainOnly: boolean;
  readonly #hidesCookies: boolean;

  /**
   * @param secrets those that are too short to be one are not looked for
   * @param ways `plainOnly` is for an upstream that may repeat what it was sent, in Base64 too: compressed answers are
   *   refused, in which nothing can be found. `hidesCookies` drops cookies: a session that began with the credential is
   *   worth as much.
   * @param onReflected called when a secret is found for the first time
   */
  constructor(
    secrets: readonly string[],
    { plainOnly, hidesCookies }: { readonly plainOnly: boolean; readonly hidesCookies?: boolean },
    onReflected: () => void,
  ) {
    let isKnown = false;
    const onFound = (): void => {
      if (!isKnown) onReflected();
      isKnown = true;
    };
    this.#masks = formsOf(
      secrets.filter((secret) => secret.length >= SHORTEST_SECRET),
      plainOnly,
    ).map((secret) => new Mask(secret, onFound));
    this.#plainOnly = plainOnly;
    this.#hidesCookies = hidesCookies === true;
  }

  /** @throws ProxyError 502 for an answer that cannot be searched */
  check({ rawHeaders }: IncomingMessage): void {
    if (!this.#plainOnly) return;
    const coding = headerValue(rawHeaders, 'content-encoding') ?? 'identity';
    if (coding.toLowerCase() === 'identity') return;
    const message =
      'The upstream compressed its answer although it was asked not to, so the api-proxy cannot see whether it ' +
      'contains the credential.';
    throw new ProxyError('upstream_compressed', message);
  }

  /** @param headers raw headers */
  headers(headers: string[]): string[] {
    const kept = this.#hidesCookies ? withoutHeaders(headers, COOKIES) : headers;
    if (this.#masks.length === 0) return kept;
    return kept.map((text) => this.text(text));
  }

  text(text: string): string {
    let masked = text;
    for (const mask of this.#masks) masked = mask.text(masked);
    return masked;
  }

  stream(): StreamMask {
    const [first = UNMASKED, ...others] = this.#masks.map((mask) => mask.stream());
    return others.reduce(chained, first);
  }
}
