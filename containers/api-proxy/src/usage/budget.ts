import { isNearLimit, type BudgetLimit, type Notice } from '../../../../src/shared/notice.ts';
import type { Pricing } from '../../../../src/shared/prices.ts';
import type { Provider, ProviderId } from '../../../../src/shared/providers.ts';
import type { SidecarBudget } from '../../../../src/shared/sidecar-config.ts';
import { tokensOf, type Usage } from '../../../../src/shared/usage.ts';
import { NO_RETRY, ProxyError } from '../errors.ts';

/** What a part of one answer used. */
export interface Charge {
  readonly provider: ProviderId;
  /** Null if neither the answer nor the request names one. */
  readonly model: string | null;
  readonly usage: Usage;
}

/** Why nothing passes any more. */
interface End {
  readonly code: 'budget_exhausted' | 'price_unknown';
  readonly reason: string;
}

/** Models that are told one by one. A hostile gateway may invent any number of them. */
const MAX_MODELS = 1_000;

/** Billionths of a dollar are below any price; what binary fractions add behind them would make a limit miss its mark. */
const withoutNoise = (usd: number): number => Number(usd.toFixed(9));

/** US dollars as people write them. A fraction of a cent is an amount too. */
const dollars = (usd: number): string => `$${usd.toFixed(usd < 1 ? 4 : 2)}`;

/** One provider's part in the budget. */
export interface Spending {
  /** See {@link Budget.addRequest}. */
  readonly addRequest: () => void;
  /** See {@link Budget.giveBack}. */
  readonly giveBack: () => void;
  /** The refusal of the next request; undefined while the budget lasts. */
  readonly refusal: () => ProxyError | undefined;
}

/** What a run may use, all providers together. A request that is under way when the budget is reached may finish. */
export class Budget {
  readonly #budget: SidecarBudget;
  readonly #notify: (notice: Notice) => void;
  #requests = 0;
  #tokens = 0;
  #costUsd = 0;
  #unpriced: Charge | undefined;
  #pricing: Pricing | undefined;
  /** What was used before the prices were there. */
  #waiting: Charge[] = [];
  readonly #warned = new Set<BudgetLimit>();
  readonly #models = new Set<string>();

  /** @param notify gets a notice when most of a limit is used, and when a model is used for the first time */
  constructor(budget: SidecarBudget, notify: (notice: Notice) => void) {
    this.#budget = budget;
    this.#notify = notify;
  }

  /** True if it needs prices: see {@link usePricing}. */
  get limitsCost(): boolean {
    return this.#budget.maxCostUsd !== undefined;
  }

  /** Prices what was used so far, and everything after it. */
  usePricing(pricing: Pricing): void {
    this.#pricing = pricing;
    for (const charge of this.#waiting.splice(0)) this.#addCost(charge, pricing);
  }

  spendingOf(provider: Provider): Spending {
    return {
      addRequest: () => {
        this.addRequest();
      },
      giveBack: () => {
        this.giveBack();
      },
      refusal: () => this.refusalFor(provider),
    };
  }

  /** Takes one request. @throws ProxyError in the provider's form if nothing is left */
  take(provider: Provider): void {
    const refusal = this.refusalFor(provider);
    if (refusal) throw refusal;
    this.addRequest();
  }

  /** Counts a request that could not be refused: an answer in an open WebSocket. */
  addRequest(): void {
    this.#requests++;
    this.#warn('max-requests', this.#requests, this.#budget.maxRequests);
  }

  /** Gives back what was taken for a request of which nothing was sent. */
  giveBack(): void {
    this.#requests--;
  }

  charge(charge: Charge): void {
    if (tokensOf(charge.usage) <= 0) return;
    this.#seeModel(charge);
    this.#tokens += tokensOf(charge.usage);
    this.#warn('max-tokens', this.#tokens, this.#budget.maxTokens);
    if (!this.limitsCost) return;
    if (this.#pricing) this.#addCost(charge, this.#pricing);
    else this.#waiting.push(charge);
  }

  #addCost(charge: Charge, priceOf: Pricing): void {
    const usd = priceOf({ ...charge, answers: 1, time: new Date() });
    if (usd === undefined) this.#unpriced ??= charge;
    else this.#costUsd = withoutNoise(this.#costUsd + usd);
    this.#warn('max-cost-usd', this.#costUsd, this.#budget.maxCostUsd);
  }

  /** A WebSocket may be open as long as the run, so its models are told when they answer. */
  #seeModel({ provider, model }: Charge): void {
    const key = `${provider} ${model ?? ''}`;
    if (this.#models.has(key) || this.#models.size >= MAX_MODELS) return;
    this.#models.add(key);
    this.#notify({ event: 'model-used', provider, model });
  }

  #warn(limit: BudgetLimit, used: number, allowed = Infinity): void {
    if (!isNearLimit(used, allowed) || this.#warned.has(limit)) return;
    this.#warned.add(limit);
    this.#notify({ event: 'budget-warning', limit, used, allowed });
  }

  /** The next request's refusal, as the provider's programs take it as final; undefined while the budget lasts. */
  refusalFor(provider: Provider): ProxyError | undefined {
    const end = this.#end;
    if (end === undefined) return undefined;
    return new ProxyError(end.code, `The budget of this run is exhausted: ${end.reason}`, {
      headers: NO_RETRY,
      status: provider.finalStatus,
    });
  }

  get #end(): End | undefined {
    const { maxRequests = Infinity, maxTokens = Infinity, maxCostUsd = Infinity } = this.#budget;
    if (this.#requests >= maxRequests) {
      return exhausted(`max-requests allows ${maxRequests} requests, and they are used up.`);
    }
    if (this.#tokens >= maxTokens) {
      return exhausted(`max-tokens allows ${maxTokens} tokens, and ${this.#tokens} are used.`);
    }
    if (this.#costUsd >= maxCostUsd) {
      return exhausted(`max-cost-usd allows ${dollars(maxCostUsd)}, and ${dollars(this.#costUsd)} are used.`);
    }
    return this.#unpriced && priceUnknown(this.#unpriced);
  }
}

const exhausted = (reason: string): End => ({ code: 'budget_exhausted', reason });

const priceUnknown = ({ model }: Charge): End => ({
  code: 'price_unknown',
  reason:
    `max-cost-usd is set, and nobody knows the price of ${model ?? 'an answer that names no model'}. ` +
    `Add it to prices, in dollars per million tokens: "${model ?? '*'} INPUT OUTPUT".`,
});
