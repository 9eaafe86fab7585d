import type { Transform } from 'node:stream';

type Decoder = (zlib: typeof import('node:zlib')) => Transform;

/**
 * https://www.iana.org/assignments/http-parameters: content codings. A stream that is cut has no end of its own: what was
 * decoded until then counts, which is what `finishFlush` is for.
 */
const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: ({ constants, createGunzip }) => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
  'x-gzip': ({ constants, createGunzip }) => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
  deflate: ({ constants, createInflate }) => createInflate({ finishFlush: constants.Z_SYNC_FLUSH }),
  br: ({ constants, createBrotliDecompress }) =>
    createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: ({ constants, createZstdDecompress }) => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush }),
};

/** Octets that wait for the decoder at most; it works in other threads, and the answer does not wait for it. */
const MAX_WAITING = 4 * 1024 * 1024;
/** Octets that it makes of a body at most: no answer of a model is as long. */
const MAX_DECODED = 32 * 1024 * 1024;

/** Reads along with a compressed body, without a say in its pace. */
export class DecodingTap {
  readonly #decoder: Transform;
  readonly #ended: Promise<void>;

  /** @param onData told what it decodes */
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
      // Not what its header says; the client will see as much.
      decoder.on('error', () => undefined);
    });
  }

  push(chunk: Buffer): void {
    if (this.#decoder.destroyed) return;
    if (this.#decoder.writableLength > MAX_WAITING) this.#decoder.destroy();
    else this.#decoder.write(chunk);
  }

  /** Resolves when everything has been decoded that can be. */
  end(): Promise<void> {
    if (!this.#decoder.destroyed) this.#decoder.end();
    return this.#ended;
  }
}

/** @returns undefined for a body that is not compressed, and null for an unknown coding */
export function decoderFor(contentEncoding: string | undefined): Transform | undefined | null {
  const coding = (contentEncoding ?? 'identity').trim().toLowerCase();
  if (coding === 'identity' || coding === '') return undefined;
  // Loaded by the first answer that needs it, for it takes a megabyte.
  return DECODERS[coding]?.(process.getBuiltinModule('node:zlib')) ?? null;
}
