import { statSync } from 'node:fs';
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
  const source = isDirectory(path) ? directorySource(path) : await zipSource(path);
  if (source.has('access.jsonl') || source.has('access-log') || source.has('requests') || source.has('run.json')) {
    return source;
  }
  source.close();
  throw new UserError(`${path} has no logs of AWF.`, {
    hint: 'A run leaves squid-logs-... and api-proxy-logs-..., an artifact has them or the directories squid and api-proxy.',
  });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new UserError(`${path} ${isMissing ? 'does not exist, or is a link to nothing' : 'cannot be opened'}.`, {
      hint: 'Name a directory with logs of AWF, or the downloaded artifact. Without a name, awf logs shows the last run.',
      ...(!isMissing && { cause }),
    });
  }
}
