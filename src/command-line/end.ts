import { describeError, UserError } from '../errors.ts';
import { stderrReporter } from '../reporter.ts';
import { Cancelled, endBy, Unwritten } from '../run/signals.ts';

/**
 * How `awf` ends. A signal that ended its work ends it as it ends any program, and output that was lost is no success:
 * `awf logs --json > FILE` may have left half a file.
 *
 * @param exitCode of the work
 * @param signal fired if the process was asked to end, or could not write
 * @returns the exit code of the process
 */
export function endOfProgram(exitCode: number, signal: AbortSignal): number {
  const reason: unknown = signal.reason;
  if (reason instanceof Cancelled && exitCode !== 0) return endBy(reason.by);
  if (reason instanceof Unwritten && exitCode === 0) {
    const { cause } = reason;
    stderrReporter.error(describeError(new UserError('The output is not complete: it cannot be written.', { cause })));
    return 1;
  }
  return exitCode;
}
