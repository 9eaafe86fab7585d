import type { RequestRecord } from '../../../../src/shared/request-record.ts';
import type { Log } from '../log.ts';

/** Equal refusals in a row after which no later one will be different. */
const HOPELESS = 10;
const REFUSALS: readonly (number | null)[] = [401, 403];

/** Models that are told one by one. A hostile gateway may invent any number of them. */
const MAX_MODELS = 1_000;

/** Sees the requests to one provider end, and tells the runner what it must know before the run does. */
export class Watch {
  readonly #log: Log;
  readonly #models = new Set<string | null>();
  #refusal: number | null = null;
  #times = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** @param record of a request that has ended */
  see(record: RequestRecord): void {
    this.#seeModel(record);
    this.#seeStatus(record);
  }

  #seeModel({ provider, model, usage }: RequestRecord): void {
    if (usage === null || this.#models.has(model) || this.#models.size >= MAX_MODELS) return;
    this.#models.add(model);
    this.#log.notice({ event: 'model-used', provider, model });
  }

  /** Counts the provider's own refusals. A request without an answer of the provider's says nothing about the key. */
  #seeStatus({ provider, upstreamStatus: status }: RequestRecord): void {
    if (status === null) return;
    this.#times = status === this.#refusal ? this.#times + 1 : 1;
    this.#refusal = status;
    if (this.#times !== HOPELESS || !REFUSALS.includes(status)) return;
    this.#log.notice({ event: 'credential-refused', provider, status, times: HOPELESS });
  }
}
