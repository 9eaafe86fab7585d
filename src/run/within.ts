import { silent } from '../docker/failure.ts';
import { ENGINE_LIMIT_MS } from './limits.ts';

/**
 * Waits for work, but not for ever. What takes too long goes on; nobody waits for it any more.
 *
 * @param late makes the error for work that takes too long
 */
export async function within<T>(work: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(late());
  }, limitMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for what the engine does at the end of a run. An engine that hangs must not keep the report.
 *
 * @throws UserError when it takes too long
 */
export function answered<T>(work: Promise<T>, limitMs = ENGINE_LIMIT_MS): Promise<T> {
  return within(work, limitMs, () => silent(limitMs));
}
