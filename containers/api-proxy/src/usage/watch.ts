import type { RequestRecord } from '../../../../src/shared/request-record.ts';
import type { Log } from '../log.ts';

/** Equal refusals in a row after which no later one will be different. */
const HOPELESS = 10;
const REFUSALS: readonly (number | null)[] = [401, 403];

/** Sees the requests to one provider end, and tells the runner when the provider no longer accepts the key. */
export class Watch {
  readonly #log: Log;
  #refusal: number | null = null;
  #times = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Counts the provider's own refusals. A request without an answer of the provider's says nothing about the key.
   *
   * @param record of a request that has ended
   */
  see({ provider, upstreamStatus: status }: RequestRecord): void {
    if (status === null || provider === null) return;
    this.#times = status === this.#refusal ? this.#times + 1 : 1;
    this.#refusal = status;
    if (this.#times !== HOPELESS || !REFUSALS.includes(status)) return;
    this.#log.notice({ event: 'credential-refused', provider, status, times: HOPELESS });
  }
}
