import type { SidecarBudget } from '../../../../src/shared/sidecar-config.ts';
import { NO_RETRY, ProxyError } from '../errors.ts';

/** What a run may use, all providers together. A request that is under way when the budget is reached may finish. */
export class Budget {
  readonly #budget: SidecarBudget;
  #requests = 0;
  #tokens = 0;

  constructor(budget: SidecarBudget) {
    this.#budget = budget;
  }

  /** Takes one request. @throws ProxyError 429 if nothing is left */
  take(): void {
    const { refusal } = this;
    if (refusal) throw refusal;
    this.addRequest();
  }

  /** Counts a request that could not be refused: an answer in an open WebSocket. */
  addRequest(): void {
    this.#requests++;
  }

  /** Gives back what was taken for a request of which nothing was sent. */
  giveBack(): void {
    this.#requests--;
  }

  addTokens(tokens: number): void {
    this.#tokens += tokens;
  }

  /** The next request's refusal; undefined while the budget lasts. */
  get refusal(): ProxyError | undefined {
    const { maxRequests = Infinity, maxTokens = Infinity } = this.#budget;
    if (this.#requests >= maxRequests) {
      return exhausted(`max-requests allows ${maxRequests} requests, and they are used up`);
    }
    if (this.#tokens < maxTokens) return undefined;
    return exhausted(`max-tokens allows ${maxTokens} tokens, and ${this.#tokens} are used`);
  }
}

const exhausted = (reason: string): ProxyError =>
  new ProxyError('budget_exhausted', `The budget of this run is exhausted: ${reason}.`, { headers: NO_RETRY });
