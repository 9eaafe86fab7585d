import type { IncomingMessage } from 'node:http';
import { ProxyError } from './errors.ts';
import { headerValue } from './request/raw-headers.ts';

/** A shorter credential is a word rather than a secret (`none`, `sk-1234`), and answers may contain it by chance. */
const SHORTEST_SECRET = 8;
const NOTHING = Buffer.alloc(0);

/** Masks one stream. */
export interface StreamMask {
  /** @returns what can be passed on: everything but an end that may be the beginning of the credential */
  readonly pass: (chunk: Buffer) => Buffer;
  /** @returns what is still held back at the end of the stream */
  readonly rest: () => Buffer;
}

/**
 * Keeps the credential from the client if an upstream echoes what it was sent, as debugging gateways do. The mask is as
 * long as the credential, so lengths stay right.
 */
export class ReflectionGuard {
  /** Empty if it is too short to be a secret. */
  readonly #credential: string;
  readonly #secret: Buffer;
  readonly #mask: string;
  readonly #plainOnly: boolean;
  readonly #onReflected: () => void;

  /**
   * @param plainOnly refuses compressed answers, in which nothing can be found
   * @param onReflected called each time the credential is found
   */
  constructor(credential: string, plainOnly: boolean, onReflected: () => void) {
    this.#credential = credential.length < SHORTEST_SECRET ? '' : credential;
    this.#secret = Buffer.from(this.#credential);
    this.#mask = '*'.repeat(credential.length);
    this.#plainOnly = plainOnly;
    this.#onReflected = onReflected;
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
    if (this.#credential === '') return headers;
    return headers.map((text) => this.text(text));
  }

  text(text: string): string {
    if (this.#credential === '' || !text.includes(this.#credential)) return text;
    this.#onReflected();
    return text.replaceAll(this.#credential, this.#mask);
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
      rest: () => held,
    };
  }

  /** @returns the index after the last credential, or 0 */
  #maskIn(data: Buffer): number {
    const secret = this.#secret;
    let end = 0;
    if (secret.length === 0) return end;
    for (let at = data.indexOf(secret); at >= 0; at = data.indexOf(secret, end)) {
      end = at + secret.length;
      data.write(this.#mask, at);
      this.#onReflected();
    }
    return end;
  }

  /**
   * @returns the index of the longest end of `data` that is a beginning of the credential; the length if there is none
   */
  #beginningAt(data: Buffer, from: number): number {
    const secret = this.#secret;
    const first = secret[0];
    if (first === undefined) return data.length;
    let at = data.indexOf(first, Math.max(from, data.length - secret.length + 1));
    while (at >= 0 && data.compare(secret, 0, data.length - at, at) !== 0) at = data.indexOf(first, at + 1);
    return at < 0 ? data.length : at;
  }
}
