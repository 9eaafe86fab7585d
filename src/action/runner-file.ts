import { statSync, truncateSync } from 'node:fs';

/**
 * Lets `work` append to one of the runner's files, and undoes an append that failed halfway: on a full disk, half a record
 * would make the runner refuse the whole file and fail the step.
 *
 * @param variable names the file; where it is not set, the runner has no such file
 */
export function appending<T>(variable: string, work: () => T): T {
  const path = process.env[variable];
  const size = path === undefined || path === '' ? undefined : statSync(path, { throwIfNoEntry: false })?.size;
  try {
    return work();
  } catch (error) {
    if (path !== undefined && size !== undefined && (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > size) {
      truncateSync(path, size);
    }
    throw error;
  }
}
