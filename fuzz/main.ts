/**
 * Fuzzes the api-proxy for some minutes: `npm run fuzz:NAME -- MINUTES [SEED]`. Prints statistics, and each finding with
 * the octets that reproduce it. Fails if there is a finding.
 */

import { randomInt } from 'node:crypto';
import { campaign } from './campaign.ts';
import { survival } from './survival.ts';

const FUZZERS = { admission: campaign, survival };

const [name = '', time = '1', given] = process.argv.slice(2);
const [minutes, seed] = [Number(time), Number(given ?? randomInt(1_000_000))];
const fuzzer = Object.entries(FUZZERS).find(([one]) => one === name)?.[1];
if (fuzzer === undefined || !(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error(`usage: npm run fuzz:NAME -- MINUTES [SEED], where NAME is ${Object.keys(FUZZERS).join(' or ')}`);
  process.exit(2);
}
const { findings, ...report } = await fuzzer({ seed, milliseconds: minutes * 60_000, runs: Number.MAX_SAFE_INTEGER });
console.log(JSON.stringify({ seed, minutes, ...report, findings: findings.length }));
for (const finding of findings) console.log(`\n${finding}`);
process.exit(findings.length === 0 ? 0 : 1);
