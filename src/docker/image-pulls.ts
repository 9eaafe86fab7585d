import type { Reporter } from '../reporter.ts';
import type { Engine } from './engine.ts';
import { watched } from './watch.ts';

/** An image of AWF's own in a registry. */
export interface Pull {
  /** How the registry knows it. */
  readonly reference: string;
  /** Under which name a run uses it. */
  readonly name: string;
}

/** An image that a registry did not give. */
export interface FailedPull extends Pull {
  readonly cause: unknown;
}

/** Pulls images side by side, and gives each the name that a run uses. */
export async function pullImages(engine: Engine, pulls: readonly Pull[], reporter: Reporter): Promise<FailedPull[]> {
  const outcomes = await Promise.all(
    pulls.map(async ({ reference, name }): Promise<FailedPull[]> => {
      reporter.info(`Pulling ${reference}: the engine does not have it.`);
      try {
        await watched(`Pulling ${reference}`, reporter.info, () => engine.pull(reference));
        await engine.tag(reference, name);
        return [];
      } catch (cause) {
        return [{ reference, name, cause }];
      }
    }),
  );
  return outcomes.flat();
}
