/** The measurements of a contender, in short steps. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from './client.ts';
import type { Contender } from './contenders.ts';
import { cpuSeconds } from './process-stats.ts';
import { quantile } from '../statistics.ts';
import type { Workload } from './workloads.ts';
import type { World } from './world.ts';

/** How many requests one step sends one after the other, by workload. */
const SEQUENTIAL = { small: 150, events: 30, answer: 3, prompt: 3 } as const;
const CONNECTIONS = 32;
/** Milliseconds. The first round's bursts are long because V8 keeps compiling during some ten thousand requests. */
export const BURST = { warmUp: 5_000, measured: 1_500 } as const;
const STALL = 700;

/** In milliseconds, except where the name says otherwise. */
export interface Sample {
  small50: number;
  small95: number;
  events50: number;
  smallPerSecond: number;
  eventsPerSecond: number;
  /** CPU time of the contender's process in microseconds: user and system time of all threads. */
  smallCpu: number;
  eventsCpu: number;
  handshakesPerRequest: number;
  answer: number;
  prompt: number;
  /** The longest silence of a stream while 9 MB bodies pass, minus the longest without them. */
  stall: number;
}

export type Metric = keyof Sample;
/** @param burst milliseconds */
type Step = (contender: Contender, world: World, burst: number) => Promise<Partial<Sample>>;

/** All contenders take a step in turn before the next step begins. */
export const STEPS: Readonly<Record<string, Step>> = {
  'small, one by one': async (contender) => {
    const times = await oneByOne(contender, 'small');
    return { small50: quantile(times, 0.5), small95: quantile(times, 0.95) };
  },
  'small, many': async (contender, world, burst) => {
    const { handshakes, requests, perSecond, cpu } = await manyAtOnce(contender, 'small', world, burst);
    return { smallPerSecond: perSecond, smallCpu: cpu, handshakesPerRequest: handshakes / requests };
  },
  'events, one by one': async (contender) => ({ events50: quantile(await oneByOne(contender, 'events'), 0.5) }),
  'events, many': async (contender, world, burst) => {
    const { perSecond, cpu } = await manyAtOnce(contender, 'events', world, burst);
    return { eventsPerSecond: perSecond, eventsCpu: cpu };
  },
  answer: async (contender) => ({ answer: quantile(await oneByOne(contender, 'answer'), 0.5) }),
  prompt: async (contender) => ({ prompt: quantile(await oneByOne(contender, 'prompt'), 0.5) }),
  stall: async (contender) => ({ stall: await stall(contender) }),
};

async function oneByOne({ endpoint }: Contender, workload: keyof typeof SEQUENTIAL): Promise<number[]> {
  const client = new Client(endpoint);
  try {
    const body = client.body(workload);
    await client.call(workload, body); // opens the connection
    const times: number[] = [];
    for (let count = 0; count < SEQUENTIAL[workload]; count++) times.push(await client.call(workload, body));
    return times;
  } finally {
    client.close();
  }
}

async function manyAtOnce(
  { endpoint, pid }: Contender,
  workload: 'small' | 'events',
  world: World,
  burst: number,
): Promise<{ handshakes: number; requests: number; perSecond: number; cpu: number }> {
  const client = new Client(endpoint, CONNECTIONS);
  try {
    const body = client.body(workload);
    // Open the connections here and upstream first, because the step measures only their use.
    await Promise.all(Array.from({ length: CONNECTIONS }, () => client.call(workload, body)));
    const handshakesBefore = await world.handshakes();
    const cpuBefore = pid === undefined ? 0 : cpuSeconds(pid);
    const start = performance.now();
    const end = start + burst;
    let requests = 0;
    const repeat = async (): Promise<void> => {
      for (; performance.now() < end; requests++) await client.call(workload, body);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, repeat));
    const seconds = (performance.now() - start) / 1_000;
    const cpu = pid === undefined ? 0 : cpuSeconds(pid) - cpuBefore;
    const handshakes = (await world.handshakes()) - handshakesBefore;
    return { handshakes, requests, perSecond: requests / seconds, cpu: (cpu / requests) * 1e6 };
  } finally {
    client.close();
  }
}

async function stall({ endpoint }: Contender): Promise<number> {
  const client = new Client(endpoint);
  try {
    const idle = await client.longestGap(STALL);
    const load = fork(join(import.meta.dirname, 'load.ts'), [JSON.stringify(endpoint)]);
    const died = once(load, 'exit').then(() => Promise.reject(new Error('the load ended')));
    try {
      await Promise.race([loaded(load), died]);
      return (await Promise.race([client.longestGap(STALL), died])) - idle;
    } finally {
      died.catch(() => undefined);
      load.kill();
    }
  } finally {
    client.close();
  }
}

/** Resolves once a body has passed in each direction. */
async function loaded(load: NodeJS.EventEmitter): Promise<void> {
  const seen = new Set<Workload>();
  while (seen.size < 2) seen.add(((await once(load, 'message')) as [Workload])[0]);
}
