import { printableText } from '../host/file-names.ts';

/** Between two messages about work that goes on. Milliseconds. */
const INTERVAL_MS = 10_000;
/** Characters of a program's last line that a message has. */
const MAX_LINE = 100;

/** What measures the time of slow work. */
export interface Clock {
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls `tick` again and again. @returns ends that */
  readonly every: (ms: number, tick: () => void) => () => void;
}

const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  every: (ms, tick) => {
    const timer = setInterval(tick, ms);
    return () => {
      clearInterval(timer);
    };
  },
};

/**
 * Does slow work, and tells every ten seconds that it goes on: a log in which nothing happens for minutes looks stuck.
 *
 * @param what begins the message: `Building awf-squid (1 of 3)`
 * @param work is given what takes the lines of its output
 */
export async function watched<T>(
  what: string,
  say: (message: string) => void,
  work: (onLine: (line: string) => void) => Promise<T>,
  clock: Clock = REAL_CLOCK,
): Promise<T> {
  const start = clock.now();
  let last = '';
  const stop = clock.every(INTERVAL_MS, () => {
    const seconds = Math.round((clock.now() - start) / 1_000);
    say(`${what}, ${String(seconds)} s so far${last === '' ? '' : `: ${last}`}`);
  });
  try {
    return await work((line) => {
      if (line.trim() !== '') last = printableText(line.trim().slice(0, MAX_LINE));
    });
  } finally {
    stop();
  }
}
