import type { Transform } from 'node:stream';

type Decoder = (zlib: typeof import('node:zlib')) => Transform;

/**
 * Content codings of https://www.iana.org/assignments/http-parameters. `finishFlush` makes the decoder deliver what a
 * truncated stream contained: a client that hangs up has used it all the same.
 */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: ({ constants, createGunzip }) => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
  'x-gzip': ({ constants, createGunzip }) => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
  deflate: ({ constants, createInflate }) => createInflate({ finishFlush: constants.Z_SYNC_FLUSH }),
  br: ({ constants, createBrotliDecompress }) =>
    createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: ({ constants, createZstdDecompress }) => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush }),
};

/** Octets that may wait for the decoder. It works in other threads, and the answer does not wait for it. */
const MAX_WAITING = 4 * 1024 * 1024;
/** Octets that it may make of a body. No answer of a model is that long. */
const MAX_DECODED = 32 * 1024 * 1024;

/** Decodes a compressed body as it passes, without slowing it down. */
export class DecodingTap {
  readonly #decoder: Transform;
  readonly #ended: Promise<void>;

  /** @param onData called with what was decoded */
  constructor(decoder: Transform, onData: (chunk: Buffer) => void) {
    this.#decoder = decoder;
    let decoded = 0;
    this.#ended = new Promise((resolve) => {
      decoder.on('data', (chunk: Buffer) => {
        decoded += chunk.length;
        if (decoded > MAX_DECODED) decoder.destroy();
        else onData(chunk);
      });
      decoder.on('close', resolve);
      // The body is not what its header says. The client will find out for itself.
      decoder.on('error', () => undefined);
    });
  }

  push(chunk: Buffer): void {
    if (this.#decoder.destroyed) return;
    if (this.#decoder.writableLength > MAX_WAITING) this.#decoder.destroy();
    else this.#decoder.write(chunk);
  }

  /** Resolves when everything that can be decoded has been. */
  end(): Promise<void> {
    if (!this.#decoder.destroyed) this.#decoder.end();
    return this.#ended;
  }
}

/** @returns undefined for a body without compression, null for an unknown coding */
export function decoderFor(contentEncoding: string | undefined): Transform | undefined | null {
  const coding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (coding === 'identity' || coding === '') return undefined;
  // Loaded by the first answer that needs it, because it takes a megabyte.
  // An upstream chooses the name, and objects have members such as `constructor`.
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  return decoder?.(process.getBuiltinModule('node:zlib')) ?? null;
}
