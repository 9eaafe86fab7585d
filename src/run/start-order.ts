import { setTimeout as sleep } from 'node:timers/promises';
import { START_INTERVAL_MS } from './limits.ts';

/**
 * The order in which the engine is asked for the containers of a run. Everything waits for Squid, whose container takes
 * longest, because it is on two networks. If the engine is asked for all of them at the same moment, all of them are late.
 */
export class StartOrder {
  readonly #squid = Promise.withResolvers<undefined>();

  /** To be called when Squid's container is about to start, or cannot be made. */
  squidIsAhead(): void {
    this.#squid.resolve(undefined);
  }

  /** Resolves when it is the turn of a container. */
  async turnOf(container: 'api-proxy' | 'agent'): Promise<void> {
    await this.#squid.promise;
    await sleep(START_INTERVAL_MS * (container === 'api-proxy' ? 1 : 2));
  }
}
