import type { SidecarBudget } from '../../../../src/shared/sidecar-config.ts';
import { NO_RETRY, ProxyError } from '../errors.ts';

/** What a run may use of all providers together. What is under way when the budget is reached is not cut. */
export class Budget {
  readonly #budget: SidecarBudget;
  #requests = 0;
  #tokens = 0;

  constructor(budget: SidecarBudget) {
    this.#budget = budget;
  }

  /** Takes one request. @throws ProxyError 429 when there is nothing left */
  take(): void {
    const { refusal } = this;
    if (refusal) throw refusal;
    this.addRequest();
  }

  /** For one that came without asking. */
  addRequest(): void {
    this.#requests++;
  }

  addTokens(tokens: number): void {
    this.#tokens += tokens;
  }

  /** What the next request gets, if it gets nothing else. */
  get refusal(): ProxyError | undefined {
    const { maxRequests = Infinity, maxTokens = Infinity } = this.#budget;
    if (this.#requests >= maxRequests) {
      return exhausted(`max-requests allows ${String(maxRequests)} requests, and they are used up`);
    }
    if (this.#tokens < maxTokens) return undefined;
    return exhausted(`max-tokens allows ${String(maxTokens)} tokens, and ${String(this.#tokens)} are used`);
  }
}

const exhausted = (reason: string): ProxyError =>
  new ProxyError('budget_exhausted', `The budget of this run is exhausted: ${reason}.`, { headers: NO_RETRY });
