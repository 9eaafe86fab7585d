import { openSync, write, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { shouldLog, type LogLevel } from '../../../src/shared/log-level.ts';
import type { ProviderId } from '../../../src/shared/providers.ts';
import type { RequestRecord } from '../../../src/shared/request-record.ts';

export interface Log {
  /** Writes a request's record at every level, because the run's report is made from these. */
  readonly request: (record: RequestRecord) => void;
  /** Writes anything that is not a request. */
  readonly event: (level: LogLevel, event: string, fields: object) => void;
  /** True if events of level `debug` are written, and so worth preparing. */
  readonly isDebug: boolean;
  /** Writes the lines that are left, and resolves once they are out. */
  readonly close: () => Promise<void>;
}

/** Milliseconds during which lines are collected. Short, because a killed container loses them. */
const BATCH_MS = 20;
/** Octets that may wait for a reader which has stopped reading. Further lines are dropped, and the proxy goes on. */
const MAX_PENDING = 4 * 1024 * 1024;
/** Refusals cost the agent nothing, so a text whose length it chooses must not fill the disk. */
const MAX_PATH = 512;

const ID_PREFIX = randomBytes(4).toString('hex');
let lastId = 0;

/** @param startedAt a value of `performance.now()` */
export const elapsedMs = (startedAt: number): number => Math.round((performance.now() - startedAt) * 1_000) / 1_000;

/** A request target for the log: cut to a limit, and without its query, which may contain a key. */
export function loggedPath(target: string): string {
  const question = target.indexOf('?');
  return target.slice(0, Math.min(question < 0 ? MAX_PATH : question, MAX_PATH));
}

export function newRecord(provider: ProviderId, method: string, target: string): RequestRecord {
  return {
    event: 'request',
    level: 'info',
    time: new Date().toISOString(),
    id: `${ID_PREFIX}-${(++lastId).toString(36)}`,
    provider,
    method,
    path: loggedPath(target),
    status: 0,
    upstreamStatus: null,
    requestBytes: 0,
    responseBytes: 0,
    durationMs: 0,
    timeToFirstByteMs: null,
    forwarded: false,
    requests: 0,
    model: null,
    usage: null,
    error: null,
  };
}

/**
 * Writes in the thread pool. Otherwise a pipe whose reader stalls would stop the event loop, and every stream with it.
 */
class BatchWriter {
  readonly #fd: number;
  #pending = '';
  #writing: Promise<void> | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  add(lines: string): void {
    if (this.#pending.length < MAX_PENDING) this.#pending += lines;
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#pending !== '') {
      const chunk = Buffer.from(this.#pending);
      this.#pending = '';
      await this.#writeAll(chunk);
    }
    this.#writing = undefined;
  }

  #writeAll(chunk: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const next = (offset: number) => {
        write(this.#fd, chunk, offset, chunk.length - offset, null, (error, written) => {
          if (error?.code === 'EAGAIN') setTimeout(next, BATCH_MS, offset);
          // A full disk or a closed pipe: nobody is left to be told, and requests matter more.
          else if (error || offset + written >= chunk.length) resolve();
          else next(offset + written);
        });
      };
      next(0);
    });
  }

  async idle(): Promise<void> {
    await this.#writing;
  }
}

/** @param fds descriptors that every line is written to */
export function createLog(fds: readonly number[], level: LogLevel): Log {
  const writers = fds.map((fd) => new BatchWriter(fd));
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    for (const writer of writers) writer.add(lines);
    lines = '';
  };
  const add = (line: object): void => {
    lines += `${JSON.stringify(line)}\n`;
    timer ??= setTimeout(flush, BATCH_MS);
  };
  return {
    request: add,
    event: (needed, event, fields) => {
      if (shouldLog(needed, level)) add({ event, level: needed, time: new Date().toISOString(), ...fields });
    },
    isDebug: shouldLog('debug', level),
    close: async () => {
      clearTimeout(timer);
      if (lines !== '') flush();
      await Promise.all(writers.map((writer) => writer.idle()));
    },
  };
}

/**
 * Logs to standard output and to a file. If the file cannot be written, standard output still gets every line.
 *
 * @param path the log file; its folder must exist
 */
export function openLog(path: string, level: LogLevel): Log {
  try {
    return createLog([process.stdout.fd, openSync(path, 'a', 0o644)], level);
  } catch (error) {
    writeSync(process.stderr.fd, `Cannot write ${path}, logging to standard output only: ${String(error)}\n`);
    return createLog([process.stdout.fd], level);
  }
}
