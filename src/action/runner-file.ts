import { statSync, truncateSync } from 'node:fs';

/**
 * Lets `work` append to one of the runner's files, and undoes an append that failed halfway: on a full disk, half a record
 * would make the runner refuse the whole file and fail the step.
 *
 * @param variable names the file; where it is not set, the runner has no such file
 */
export function appending<T>(variable: string, work: () => T): T {
  const path = process.env[variable] ?? '';
  if (path === '') return work();
  const size = sizeOf(path);
  try {
    return work();
  } catch (error) {
    if (sizeOf(path) > size) truncateSync(path, size);
    throw error;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
