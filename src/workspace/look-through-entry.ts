/** The process that looks through a workspace: `node look-through WORK_DIRECTORY LIMIT_MS`. Prints the aftermath as JSON. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytes } from '../host/file-names.ts';
import { readBaseline } from './baseline.ts';
import { inspectWorkspace } from './inspect.ts';
import { PLACE_FILE } from './look-through.ts';

try {
  // If what the command has left uses up the machine's memory, this process and its git go first.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Then the kernel decides by size.
}
const [workDirectory = '', limitMs = ''] = process.argv.slice(2);
const baseline = readBaseline(workDirectory);
if (baseline === undefined) throw new Error(`no baseline in ${workDirectory}`);
const depth = bytes(baseline.workspace).length;
let last = '';
const aftermath = await inspectWorkspace(baseline, Number(limitMs), (path) => {
  // Two levels are enough to find the place again, and few enough to write down.
  const place = /^\/?[^/]*(\/[^/]*)?/.exec(path.slice(depth + 1))?.[0] ?? '';
  if (place === last) return;
  last = place;
  writeFileSync(join(workDirectory, PLACE_FILE), place === '' ? '' : bytes(`${path.slice(0, depth)}/${place}`));
});
process.stdout.write(JSON.stringify(aftermath));
