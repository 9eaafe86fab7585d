/** The phases of a run, for `timings.json` and the output `startup-ms`. Milliseconds since the process started. */
export class Timings {
  readonly phases: { readonly phase: string; readonly startMs: number; endMs: number }[] = [];
  /** From the start of the process to the command's first instruction; undefined until then. */
  startupMs: number | undefined;
  /** What the command took; undefined until it has ended, and for one that never started. */
  commandMs: number | undefined;
  /** From the command's end to the removal of the last network. */
  teardownMs: number | undefined;

  /** Call when the command has ended, or nobody waits for it any longer. */
  commandEnded(): void {
    if (this.startupMs !== undefined) this.commandMs = now() - this.startupMs;
  }

  /** Runs `work` as a phase. */
  async measure<T>(phase: string, work: () => Promise<T> | T): Promise<T> {
    const entry = { phase, startMs: now(), endMs: Number.NaN };
    this.phases.push(entry);
    try {
      return await work();
    } finally {
      entry.endMs = now();
    }
  }

  /** What `timings.json` has; null for what never happened. */
  record(): object {
    const { startupMs = null, teardownMs = null, phases } = this;
    return {
      ...{ startupMs, teardownMs },
      phases: phases.map(({ phase, startMs, endMs }) => ({
        phase,
        startMs,
        endMs: Number.isNaN(endMs) ? null : endMs,
      })),
    };
  }
}

/** Milliseconds since the process started. */
export function now(): number {
  return Math.round(performance.now() * 10) / 10;
}
