import type { RequestRecord } from '../../../../src/shared/request-record.ts';
import { errorCode } from '../errors.ts';
import { elapsedMs, type Log } from '../log.ts';
import type { UsageReading } from './reading.ts';
import { Watch } from './watch.ts';

/** Closes requests: finds out what each one used, charges it, and writes its record to the log. */
export class Ledger {
  readonly #log: Log;
  readonly #watch: Watch;
  readonly #closing = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
    this.#watch = new Watch(log);
  }

  /**
   * @param startedAt a value of `performance.now()`
   * @param usage of a request that was on its way to the provider
   */
  close(record: RequestRecord, startedAt: number, usage?: UsageReading): void {
    record.durationMs = elapsedMs(startedAt);
    if (record.error !== null) record.level = 'warn';
    let settling: Promise<void> | undefined;
    try {
      settling = usage?.end(record);
    } catch (error) {
      this.#unreadable(record, error);
    }
    if (!settling) {
      this.#write(record);
      return;
    }
    const closing = this.#settle(record, settling).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #settle(record: RequestRecord, settling: Promise<void>): Promise<void> {
    try {
      await settling;
    } catch (error) {
      this.#unreadable(record, error);
    }
    this.#write(record);
  }

  #write(record: RequestRecord): void {
    this.#log.request(record);
    this.#watch.see(record);
  }

  #unreadable({ id }: RequestRecord, error: unknown): void {
    this.#log.event('error', 'usage-unreadable', { id, error: errorCode(error) });
  }

  /** Resolves when every closed request is in the log. */
  async settled(): Promise<void> {
    await Promise.all(this.#closing);
  }
}
