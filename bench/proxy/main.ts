/**
 * Compares the api-proxy with the floor in `floor.ts` and with published proxies, all on the same path: client, proxy,
 * Squid, a provider with TLS. `npm run bench:proxy -- [ROUNDS [NAME...]]`; names select contenders in addition to the
 * direct path and the floor. Prints Markdown: medians over the rounds, in brackets the ratio to the floor, and whether
 * each target was met.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIRECT, FLOOR, startContenders, type Contender } from './contenders.ts';
import { BURST, STEPS, type Sample } from './measure.ts';
import { memoryOf } from './process-stats.ts';
import { report } from './report.ts';
import { startWorld, type World } from './world.ts';

/** Milliseconds after which a new process is idle. */
const SETTLE_MS = 3_000;

const [rounds = '11', ...names] = process.argv.slice(2);
const world = await startWorld();
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (stopping = true));
try {
  console.log(await run(world, Number(rounds)));
} finally {
  await world.remove();
}

async function run(world: World, count: number): Promise<string> {
  const all = await startContenders(world);
  const bare = await world.startGuest({ name: 'bare', argv: ['--eval', 'setInterval(() => undefined, 2 ** 30)'] });
  const chosen = [DIRECT, FLOOR, ...(names.length === 0 ? all.map(({ name }) => name) : names)];
  const contenders = all.filter(({ name }) => chosen.includes(name));
  await sleep(SETTLE_MS);
  const failures = new Map<string, string>();
  const memoryNow = () =>
    new Map(
      contenders.flatMap(({ name, pid }) => {
        if (pid === undefined) return [];
        if (existsSync(`/proc/${pid}`)) return [[name, memoryOf(pid)] as const];
        failures.set(`${name}, all the steps`, 'it has ended: its memory limit of 512 MB was too low');
        return [];
      }),
    );
  const idle = memoryNow();
  const samples = new Map<Contender, Partial<Sample>[]>(contenders.map((contender) => [contender, []]));
  /** Steps that failed during warm-up are not tried again. */
  const broken = new Set<string>();
  for (let round = 0; round <= count; round++) {
    for (const contender of contenders) samples.get(contender)?.push({});
    for (const [step, measure] of Object.entries(STEPS)) {
      // All contenders take turns at each step, so that a noisy minute hits all of them. The order alternates.
      for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
        if (stopping) throw new Error('interrupted');
        const place = `${contender.name}, ${step}`;
        if (broken.has(place)) continue;
        try {
          Object.assign(
            samples.get(contender)?.at(-1) ?? {},
            await measure(contender, world, round === 0 ? BURST.warmUp : BURST.measured),
          );
        } catch (error) {
          failures.set(place, String(error));
          if (round === 0) broken.add(place);
        }
      }
    }
    console.error(`round ${round} of ${count}${round === 0 ? ' (warm-up)' : ''}`);
  }
  const loaded = memoryNow();
  const results = contenders.map((contender) => {
    const [before, after] = [idle.get(contender.name), loaded.get(contender.name)];
    return {
      name: contender.name,
      samples: samples.get(contender)?.slice(1) ?? [],
      memory: before && after && { idle: before, loaded: after },
    };
  });
  const machine = `${cpus().length} cores, Node ${process.version}`;
  const notes = [...failures].map(([what, why]) => `failed: ${what}: ${why}`);
  return [`Medians of ${count} rounds, ${machine}.`, report(results, memoryOf(bare)), notes.join('\n')].join('\n\n');
}
