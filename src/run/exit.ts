import { flush } from './output.ts';
import { cancellation } from './signals.ts';

/**
 * How every entry ends: with the exit code of `main`, whatever other code has set by then, after the readers of the output
 * have everything.
 *
 * @param main gets a signal that fires when the process is asked to end
 * @param end knows a better exit code, or another end, when everything is written
 */
export async function exitWith(
  main: (signal: AbortSignal) => Promise<number>,
  end: (exitCode: number, signal: AbortSignal) => number = (exitCode) => exitCode,
): Promise<never> {
  const signal = cancellation();
  const exitCode = await main(signal);
  await flush(signal);
  process.exit(end(exitCode, signal));
}
