import type { RequestRecord } from '../../../src/shared/request-record.ts';
import { errorCode } from './proxy-error.ts';
import { elapsedMs, type Log } from './log.ts';
import type { UsageReading } from './usage-reading.ts';

/** Closes requests: what each used is found out and charged, and its record goes into the log. */
export class Ledger {
  readonly #log: Log;
  readonly #closing = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * @param startedAt of `performance.now()`
   * @param usage of a request that was sent on its way
   */
  close(record: RequestRecord, startedAt: number, usage?: UsageReading): void {
    record.durationMs = elapsedMs(startedAt);
    if (record.error !== null) record.level = 'warn';
    if (!usage) {
      this.#log.request(record);
      return;
    }
    const closing = this.#settle(record, usage).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #settle(record: RequestRecord, usage: UsageReading): Promise<void> {
    try {
      await usage.end(record);
    } catch (error) {
      this.#log.event('error', 'usage-unreadable', { id: record.id, error: errorCode(error) });
    }
    this.#log.request(record);
  }

  /** Resolves when every request that was closed is in the log. */
  async settled(): Promise<void> {
    await Promise.all(this.#closing);
  }
}
