import { describeError } from './errors.ts';
import { shouldLog, type LogLevel } from './shared/log-level.ts';

/** Where messages for people go: the runner's log commands in the action, standard error on the command line. */
export interface Reporter {
  readonly debug: (message: string) => void;
  readonly info: (message: string) => void;
  readonly warning: (message: string) => void;
  readonly error: (message: string) => void;
}

/** `reporter`, less the messages below `level`. */
export function filtered(reporter: Reporter, level: LogLevel): Reporter {
  const from =
    (needed: LogLevel, write: (message: string) => void) =>
    (message: string): void => {
      if (shouldLog(needed, level)) write(message);
    };
  return {
    error: from('error', reporter.error),
    warning: from('warn', reporter.warning),
    info: from('info', reporter.info),
    debug: from('debug', reporter.debug),
  };
}

/** `reporter`, and the list of what it is given to warn about. */
export function recording(reporter: Reporter): { readonly reporter: Reporter; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const warning = (message: string): void => {
    warnings.push(message);
    reporter.warning(message);
  };
  return { reporter: { ...reporter, warning }, warnings };
}

/** Writes `awf: ...` lines to standard error. */
export const stderrReporter: Reporter = {
  debug: (message) => process.stderr.write(`awf: debug: ${message}\n`),
  info: (message) => process.stderr.write(`awf: ${message}\n`),
  warning: (message) => process.stderr.write(`awf: warning: ${message}\n`),
  error: (message) => process.stderr.write(`awf: error: ${message}\n`),
};

/**
 * Does one part of a report. A part that fails costs itself and nothing else: a warning says what is missing and why.
 *
 * @param what completes "Could not …"
 * @returns undefined when the part failed
 */
export async function attempt<T>(
  reporter: Pick<Reporter, 'warning'>,
  what: string,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    reporter.warning(`Could not ${what}: ${describeError(error)}`);
    return undefined;
  }
}
