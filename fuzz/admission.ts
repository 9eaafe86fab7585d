/**
 * Fuzzes the api-proxy's admission for some minutes: `npm run fuzz:admission -- MINUTES [SEED]`. Prints statistics, and
 * each finding with the shrunk octets that reproduce it. Fails if there is a finding.
 */

import { randomInt } from 'node:crypto';
import { campaign } from './campaign.ts';

const [minutes, seed] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? randomInt(1_000_000))];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz:admission -- MINUTES [SEED]');
  process.exit(2);
}
const { findings, ...report } = await campaign({ seed, milliseconds: minutes * 60_000, runs: Number.MAX_SAFE_INTEGER });
console.log(JSON.stringify({ seed, minutes, ...report, findings: findings.length }));
for (const finding of findings) console.log(`\n${finding}`);
process.exitCode = findings.length === 0 ? 0 : 1;
