/**
 * Compares a named host, for which the api-proxy ends TLS, with an allowed one, whose tunnel Squid only splices. `npm run
 * bench:hosts -- [ROUNDS]` prints medians, and the median of each round's ratio. The upstream and the gateway to it are the
 * same for both.
 */

import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { startNamedWorld } from '../../testing/engine/named-world.ts';
import { median } from '../statistics.ts';
import type { Times } from './client.ts';

const NAMED = 'named.example';
const SPLICED = 'spliced.example';
const LARGE = 100_000_000;
const CHUNK = Buffer.alloc(1_000_000, 'x');
const rounds = Number(process.argv[2] ?? 7);

const ROWS: readonly (readonly [key: keyof Times, title: string])[] = [
  ['tunnel', 'new tunnel with TLS, ms'],
  ['first', 'first request, ms'],
  ['kept', 'request on a kept connection, ms'],
  ['download', '100 MB, ms'],
];

const world = await startNamedWorld({
  hosts: [NAMED, SPLICED],
  named: [NAMED],
  options: { 'allow-domains': SPLICED, 'host-credentials': `${NAMED} bearer bench-token-0123456789` },
});
world.upstream.handler = (request, response) => {
  request.resume();
  world.upstream.requests.length = 0;
  const length = request.url === '/large' ? LARGE : 2;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': length });
  if (length === 2) {
    response.end('{}');
    return;
  }
  let left = LARGE;
  const more = (): void => {
    while (left > 0) {
      left -= CHUNK.length;
      if (!response.write(CHUNK)) break;
    }
    if (left === 0) response.end();
    else response.once('drain', more);
  };
  more();
};

try {
  const client = readFileSync(join(import.meta.dirname, 'client.ts'), 'utf8');
  world.run.writeFile('client.mjs', stripTypeScriptTypes(client));
  const measure = async (host: string): Promise<Times> =>
    JSON.parse(await world.command(`node client.mjs ${host}`)) as Times;
  const medians = { [NAMED]: new Map<string, number[]>(), [SPLICED]: new Map<string, number[]>() };
  // The first round warms up and does not count.
  for (let round = 0; round <= rounds; round++) {
    // In turns, because the second of a round may find a quieter machine.
    const order: readonly (typeof NAMED | typeof SPLICED)[] = round % 2 === 0 ? [NAMED, SPLICED] : [SPLICED, NAMED];
    for (const host of order) {
      const times = await measure(host);
      if (round === 0) continue;
      for (const [key] of ROWS) medians[host].set(key, [...(medians[host].get(key) ?? []), median(times[key])]);
    }
  }
  console.log('| | spliced | named | ratio |\n| --- | --- | --- | --- |');
  for (const [key, title] of ROWS) {
    const [spliced, named] = [medians[SPLICED].get(key) ?? [], medians[NAMED].get(key) ?? []];
    const ratio = median(named.map((time, round) => time / (spliced[round] ?? Number.NaN)));
    console.log(`| ${title} | ${median(spliced).toFixed(2)} | ${median(named).toFixed(2)} | ${ratio.toFixed(2)} |`);
  }
} finally {
  await world.stop();
}
