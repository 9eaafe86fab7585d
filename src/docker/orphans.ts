import { readdirSync, readFileSync } from 'node:fs';

/**
 * True while a docker client works for a run. The signal that kills a run's process does not kill its children, and they go
 * on creating what they were asked for. Each carries the run's id in its arguments.
 */
export function hasClients(runId: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(runId);
      } catch {
        return false; // it has ended since
      }
    });
}
