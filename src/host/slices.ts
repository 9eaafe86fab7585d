import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that can be interrupted at each `yield`. */
export type Slices<T> = Generator<undefined, T>;

/** Does the work at once. */
export function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Does the work between other events: the questions to the engine must not wait for it, nor its answers. */
export async function inSlices<T>(work: Slices<T>): Promise<T> {
  for (;;) {
    await nextTurn();
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
