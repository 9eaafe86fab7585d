import { flush } from './output.ts';
import { cancellation, type End } from './signals.ts';

/**
 * How every entry ends: with the exit code of `main`, whatever other code has set by then, after the readers of the output
 * have everything.
 *
 * @param main gets a signal that fires when the process is asked to end
 * @param end is asked when everything is written, or at a second Ctrl-C
 */
export async function exitWith(
  main: (signal: AbortSignal) => Promise<number>,
  end: End = (exitCode) => exitCode,
): Promise<never> {
  const signal = cancellation(end);
  const exitCode = await main(signal);
  await flush(signal);
  process.exit(end(exitCode, signal));
}
