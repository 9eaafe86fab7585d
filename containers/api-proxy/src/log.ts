import { fstatSync, openSync, write, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { shouldLog, type LogLevel } from '../../../src/shared/log-level.ts';
import type { ProviderId } from '../../../src/shared/providers.ts';
import { LOG_LIMIT_BYTES } from '../../../src/shared/log-limit.ts';
import type { Notice } from '../../../src/shared/notice.ts';
import type { DroppedRecord, RequestRecord } from '../../../src/shared/request-record.ts';
import { NO_USAGE, sumOfUsage, type Usage } from '../../../src/shared/usage.ts';

export interface Log {
  /** Writes a request's record at every level, because the run's report is made from these. */
  readonly request: (record: RequestRecord) => void;
  /** Writes what the runner must know at once, at every level. */
  readonly notice: (notice: Notice) => void;
  /** Writes anything else. */
  readonly event: (level: LogLevel, event: string, fields: object) => void;
  /** True if events of level `debug` are written, and so worth preparing. */
  readonly isDebug: boolean;
  /** Writes the lines that are left, and a line about those that were dropped. Resolves once they are out. */
  readonly close: () => Promise<void>;
}

/** Milliseconds during which lines are collected. Short, because a killed container loses them. */
const BATCH_MS = 20;
/** Characters that may wait for a reader which has stopped reading. Further lines are dropped, and the proxy goes on. */
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

/**
 * @param provider null for a host that is no provider's
 * @param host under whose name the client asks; null for a provider's own port
 */
export function newRecord(
  provider: ProviderId | null,
  method: string,
  target: string,
  host: string | null = null,
): RequestRecord {
  return {
    event: 'request',
    level: 'info',
    time: new Date().toISOString(),
    id: `${ID_PREFIX}-${(++lastId).toString(36)}`,
    provider,
    host,
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
    rule: null,
    error: null,
  };
}

/** What lines stand for, in case they cannot be written. */
interface Totals extends Usage {
  readonly lines: number;
  readonly requests: number;
}

const NOTHING: Totals = { lines: 0, requests: 0, ...NO_USAGE };

function sumOf(a: Totals, b: Totals): Totals {
  return { lines: a.lines + b.lines, requests: a.requests + b.requests, ...sumOfUsage(a, b) };
}

/** Lines that are written together. */
interface Batch {
  readonly text: string;
  readonly totals: Totals;
}

const EMPTY: Batch = { text: '', totals: NOTHING };

function joined(a: Batch, b: Batch): Batch {
  return { text: a.text + b.text, totals: sumOf(a.totals, b.totals) };
}

/**
 * Writes in the thread pool. Otherwise a pipe whose reader stalls would stop the event loop, and every stream with it.
 */
class BatchWriter {
  readonly #fd: number;
  /** Octets that may still be written. */
  #left: number;
  #pending = EMPTY;
  #dropped = NOTHING;
  #writing: Promise<void> | undefined;

  constructor(fd: number, maxBytes: number) {
    this.#fd = fd;
    this.#left = maxBytes;
  }

  /** Writes a batch, or counts it as dropped: half a record is worth nothing. */
  add(batch: Batch): void {
    const length = Buffer.byteLength(batch.text);
    if (length > this.#left || this.#pending.text.length >= MAX_PENDING) {
      this.#dropped = sumOf(this.#dropped, batch.totals);
      return;
    }
    this.#left -= length;
    this.#pending = joined(this.#pending, batch);
    this.#writing ??= this.#drain();
  }

  /** Writes what is left, and then what was dropped. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#dropped.lines === 0) return;
    const record: DroppedRecord = { event: 'dropped', level: 'warn', time: new Date().toISOString(), ...this.#dropped };
    await this.#writeAll(Buffer.from(`${JSON.stringify(record)}\n`));
  }

  async #drain(): Promise<void> {
    while (this.#pending.text !== '') {
      const { text, totals } = this.#pending;
      this.#pending = EMPTY;
      if (!(await this.#writeAll(Buffer.from(text)))) this.#dropped = sumOf(this.#dropped, totals);
    }
    this.#writing = undefined;
  }

  /** @returns false if the disk is full or the pipe is closed: requests matter more than their records */
  #writeAll(chunk: Buffer): Promise<boolean> {
    return new Promise((resolve) => {
      const next = (offset: number) => {
        write(this.#fd, chunk, offset, chunk.length - offset, null, (error, written) => {
          if (error?.code === 'EAGAIN') setTimeout(next, BATCH_MS, offset);
          else if (error || offset + written >= chunk.length) resolve(error === null);
          else next(offset + written);
        });
      };
      next(0);
    });
  }
}

const line = (level: LogLevel, event: string, fields: object): object => ({
  ...{ event, level, time: new Date().toISOString() },
  ...fields,
});

/**
 * @param fds descriptors that every line is written to
 * @param maxBytes how much each of them gets; what does not fit is counted in a last line
 */
export function createLog(fds: readonly number[], level: LogLevel, maxBytes = LOG_LIMIT_BYTES): Log {
  const writers = fds.map((fd) => new BatchWriter(fd, maxBytes));
  let batch = EMPTY;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    for (const writer of writers) writer.add(batch);
    batch = EMPTY;
  };
  const add = (fields: object, requests: number, usage: Usage): void => {
    batch = joined(batch, { text: `${JSON.stringify(fields)}\n`, totals: { lines: 1, requests, ...usage } });
    timer ??= setTimeout(flush, BATCH_MS);
  };
  return {
    request: (record) => {
      add(record, record.requests, record.usage ?? NO_USAGE);
    },
    notice: ({ event, ...fields }) => {
      add(line('warn', event, fields), 0, NO_USAGE);
    },
    event: (needed, event, fields) => {
      if (shouldLog(needed, level)) add(line(needed, event, fields), 0, NO_USAGE);
    },
    isDebug: shouldLog('debug', level),
    close: async () => {
      clearTimeout(timer);
      if (batch.text !== '') flush();
      await Promise.all(writers.map((writer) => writer.close()));
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
    const file = openSync(path, 'a', 0o644);
    // A directory that the user chose also holds what earlier runs have logged.
    return createLog([process.stdout.fd, file], level, LOG_LIMIT_BYTES - fstatSync(file).size);
  } catch (error) {
    writeSync(process.stderr.fd, `Cannot write ${path}, logging to standard output only: ${String(error)}\n`);
    return createLog([process.stdout.fd], level);
  }
}
