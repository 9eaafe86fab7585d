/**
 * Measures the time to the command's first instruction, and from its end to the removal of the last network, next to
 * the floor of `floor.ts` in the same run: `npm run bench:startup -- [ROUNDS]`. Prints medians, ratios and the phases
 * of AWF's median run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunner } from '../../testing/runner/files.ts';
import { allowing } from '../../testing/options.ts';
import { builtImageNames } from '../../src/docker/images.ts';
import { TIMINGS_FILE } from '../../src/host/log-directories.ts';
import { addressesIn } from '../../src/shared/network.ts';
import { squidConfig } from '../../src/squid/config.ts';
import { ROOT } from '../../testing/root.ts';

const FLOOR_SUBNET = '10.99.7.0/24';

interface Sample {
  readonly startMs: number;
  readonly stopMs: number;
}
interface Phases {
  readonly phases: readonly { readonly phase: string; readonly startMs: number; readonly endMs: number }[];
}

const rounds = Number(process.argv[2] ?? 11);
const images = builtImageNames(join(ROOT, 'dist'));
const scratch = mkdtempSync(join(tmpdir(), 'awf-bench-'));
const floorConf = join(scratch, 'squid.conf');
writeFileSync(
  floorConf,
  squidConfig({
    addresses: addressesIn(FLOOR_SUBNET),
    egress: allowing('example.com'),
    targets: [],
    hosts: [],
    hostAddresses: [],
    modelPorts: [],
    transparent: true,
    namedHosts: [],
  }),
);

const floor: Sample[] = [];
const product: (Sample & Phases)[] = [];
// The two take turns, so that a noisy minute hits both. The first round warms up the machine and does not count.
for (let round = 0; round <= rounds; round++) {
  const samples = [runFloor(), runProduct()] as const;
  if (round === 0) continue;
  floor.push(samples[0]);
  product.push(samples[1]);
}
rmSync(scratch, { recursive: true });

const row = (name: string, start: number, stop: number): string =>
  `| ${name} | ${start.toFixed(0)} ms | ${stop.toFixed(0)} ms |`;
const [floorStart, floorStop] = [median(floor, 'startMs'), median(floor, 'stopMs')];
const [productStart, productStop] = [median(product, 'startMs'), median(product, 'stopMs')];
console.log(`Medians of ${String(rounds)} rounds.\n`);
console.log('| | to the first instruction | teardown |\n|---|---|---|');
console.log(row('floor: three containers, gated', floorStart, floorStop));
console.log(row('awf', productStart, productStop));
console.log(`| ratio | ${(productStart / floorStart).toFixed(2)} | ${(productStop / floorStop).toFixed(2)} |\n`);
const typical = product.toSorted((a, b) => a.startMs - b.startMs)[Math.floor(product.length / 2)];
for (const { phase, startMs, endMs } of typical?.phases ?? []) {
  console.log(`${startMs.toFixed(0).padStart(6)} ms  ${(endMs - startMs).toFixed(0).padStart(6)} ms  ${phase}`);
}

function runFloor(): Sample {
  const args = [images.squid, images['api-proxy'], images.agent, FLOOR_SUBNET, floorConf];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'floor.ts'), ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the floor failed: ${stderr}`);
  return JSON.parse(stdout) as Sample;
}

function runProduct(): Sample & Phases {
  const runner = createRunner({
    actionFile: join(ROOT, 'action.yml'),
    inputs: { run: ':', 'allow-domains': 'example.com' },
  });
  const entry = join(ROOT, 'dist', 'main', 'index.js');
  const { status, stdout } = spawnSync(process.execPath, [entry], { env: runner.main.env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`awf failed: ${stdout}`);
  const timings = JSON.parse(readFileSync(join(runner.main.outputs()['logs-path'] ?? '', TIMINGS_FILE), 'utf8')) as {
    startupMs: number;
    teardownMs: number;
  } & Phases;
  runner.remove();
  return { startMs: timings.startupMs, stopMs: timings.teardownMs, phases: timings.phases };
}

function median(samples: readonly Sample[], field: keyof Sample): number {
  return samples.map((sample) => sample[field]).toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
