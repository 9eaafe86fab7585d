import { lstatSync, statSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { directorySource } from './directory-source.ts';
import type { LogSource } from './source.ts';
import { zipSource } from './zip-source.ts';

/**
 * Opens the logs of a run: a directory, or an artifact as it was downloaded.
 *
 * @throws UserError if it is neither
 */
export async function openLogs(path: string): Promise<LogSource> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    const isLink = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    throw new UserError(`${path} ${isLink ? 'is a link to nothing' : 'does not exist'}.`, {
      hint: 'Name a directory with logs of AWF, or the downloaded artifact. Without a name, awf logs shows the last run.',
    });
  }
  const source = stats.isDirectory() ? directorySource(path) : await zipSource(path);
  if (source.has('access.jsonl') || source.has('access-log') || source.has('requests') || source.has('run.json')) {
    return source;
  }
  source.close();
  throw new UserError(`${path} has no logs of AWF.`, {
    hint: 'A run leaves squid-logs-... and api-proxy-logs-..., an artifact has them or the directories squid and api-proxy.',
  });
}
