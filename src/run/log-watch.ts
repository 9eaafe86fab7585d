import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import { ACCESS_LOG, CACHE_LOG } from '../shared/contract.ts';
import { LOG_LIMIT_BYTES } from '../shared/log-limit.ts';
import { LOG_WATCH_INTERVAL_MS } from './limits.ts';

/**
 * Ends a run in which Squid's log reaches its limit. Squid can leave out what does not fit, but cannot count it, and a
 * request that nobody sees is what the log is there to prevent. A command that floods the log hurts only itself: the run
 * is ended in the ordinary way, so the log has every tunnel that is open.
 *
 * @returns a promise that rejects with a UserError once a log has reached its limit, and how to stop watching
 */
export function watchLogs(
  { squid }: Pick<LogDirectories, 'squid'>,
  limit = LOG_LIMIT_BYTES,
): { readonly exceeded: Promise<never>; readonly stop: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  // A run that ends otherwise never looks at it.
  promise.catch(() => undefined);
  const look = async (): Promise<void> => {
    for (const path of [ACCESS_LOG, CACHE_LOG].map((name) => join(squid, name))) {
      const size = await stat(path).then(
        (found) => found.size,
        () => 0,
      );
      if (size >= limit) reject(tooLarge(path, limit));
    }
  };
  const timer = setInterval(() => void look(), LOG_WATCH_INTERVAL_MS);
  return {
    exceeded: promise,
    stop: () => {
      clearInterval(timer);
    },
  };
}

function tooLarge(path: string, limit: number): UserError {
  return new UserError(`The run was ended because ${path} has reached ${Math.floor(limit / 1024 ** 2)} MiB.`, {
    hint:
      'AWF lets no request pass that it cannot log. The log shows what the command asks for so often. If it is full of ' +
      'earlier runs, name another directory.',
  });
}
