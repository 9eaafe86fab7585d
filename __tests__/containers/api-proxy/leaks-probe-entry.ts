/**
 * The sidecar's process with a probe that answers each message with what the process holds. Arguments: the log file,
 * the limits as JSON, and a deliberate leak (`entry` or `timer` for each request) to show that the probe notices it.
 * Requires `--expose-gc`.
 */

import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits } from '../../../containers/api-proxy/src/limits.ts';
import { openLog } from '../../../containers/api-proxy/src/log.ts';
import { runSidecar } from '../../../containers/api-proxy/src/run.ts';
import { standardInput } from '../../../containers/api-proxy/src/start/standard-input.ts';

export interface Holdings {
  /** The octets of the heap in use after a garbage collection. */
  readonly heap: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** What keeps the event loop alive, counted by kind: sockets, servers, timers. */
  readonly resources: Readonly<Record<string, number>>;
}

const [file = '', limits = '{}', leak] = process.argv.slice(2);
const leaked = new Map<number, object>();

function leakOn(line: object): void {
  if (leak === 'entry') leaked.set(leaked.size, { ...line });
  if (leak === 'timer') setTimeout(() => undefined, 3_600_000);
}

async function holdings(): Promise<Holdings> {
  // What finalizers release is collected in the next round. The last round also drops unused sources and compiled code:
  // megabytes that V8 would otherwise drop at an arbitrary moment.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await sleep(10);
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const descriptors = readdirSync('/proc/self/fd').length;
  return { heap: process.memoryUsage().heapUsed, descriptors, resources };
}

process.on('message', () => void holdings().then((held) => process.send?.(held)));

await runSidecar({
  input: standardInput(),
  env: process.env,
  openLog: (level) => {
    const log = openLog(file, level);
    return {
      ...log,
      request: (record) => {
        leakOn(record);
        log.request(record);
      },
    };
  },
  host: '127.0.0.1',
  portOf: () => 0,
  limits: JSON.parse(limits) as Partial<Limits>,
});
