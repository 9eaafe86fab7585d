import { open, rm, type FileHandle } from 'node:fs/promises';
import { harmlessJson } from '../host/harmless-json.ts';

/** The requests that arrived at Squid, one JSON object per line, beside Squid's own log. */
export const REQUESTS_FILE = 'access.jsonl';

/** The requests that arrived at the api-proxy, one JSON object per line, beside the api-proxy's own log. */
export const API_REQUESTS_FILE = 'requests.jsonl';

/** Characters that are collected before they are written. */
const BUFFER = 256 * 1024;

/** Writes requests to a file. It throws nothing: a file that cannot be written in full is removed, and {@link error} says why. */
export class RequestWriter<T extends { readonly version: number }> {
  /** Why there is no file; undefined if there is one. */
  error: Error | undefined;
  readonly #path: string;
  #file: FileHandle | undefined;
  #text = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Collects a request. Whoever adds many waits for {@link flush} whenever the writer {@link isFull}. */
  add(request: T): void {
    if (this.error === undefined) this.#text += `${harmlessJson(request)}\n`;
  }

  get isFull(): boolean {
    return this.#text.length >= BUFFER;
  }

  async write(request: T): Promise<void> {
    this.add(request);
    if (this.isFull) await this.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#attempt(async () => this.#file?.close());
  }

  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (this.error !== undefined) return;
    await this.#attempt(async () => {
      this.#file ??= await openAnew(this.#path);
      await this.#file.writeFile(text);
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.error ??= error instanceof Error ? error : new Error(String(error));
      await this.#file?.close().catch(() => undefined);
      this.#file = undefined;
      await rm(this.#path, { force: true }).catch(() => undefined);
    }
  }
}

/** A sidecar can write to the directory too, so no link that stands there is followed. */
async function openAnew(path: string): Promise<FileHandle> {
  await rm(path, { recursive: true, force: true });
  return open(path, 'wx');
}
