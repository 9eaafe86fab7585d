import { statSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { take, type Lock } from './lock.ts';
import type { LogDirectories } from './log-directories.ts';

/**
 * Claims log directories for this process. A run reads back what its sidecars wrote, so each of two runs with the same logs
 * would report the other's requests and tokens as its own.
 *
 * @throws UserError if another run writes there, under whatever path
 */
export async function lockLogs({ squid, apiProxy }: LogDirectories): Promise<Lock> {
  const names = [squid, apiProxy].map((directory) => {
    const { dev, ino } = statSync(directory, { bigint: true });
    return `awf-logs-${dev}-${ino}`;
  });
  const lock = await take([...new Set(names)]);
  if (lock !== undefined) return lock;
  throw new UserError(`--proxy-logs-dir: another run writes its logs to ${squid}, or to ${apiProxy}.`, {
    hint: 'Wait until it has ended, or name a directory with another parent: api-proxy-logs is next to it.',
  });
}
