import { describeError } from './errors.ts';
import { shouldLog, type LogLevel } from './shared/log-level.ts';

/** Where messages for people go: the runner's log commands in the action, standard error on the command line. */
export interface Reporter {
  readonly debug: (message: string) => void;
  readonly info: (message: string) => void;
  readonly warning: (message: string) => void;
  readonly error: (message: string) => void;
}

/** The reporter of a whole run. */
export interface RunReporter extends Reporter {
  /**
   * A title with the lines that belong to it, which a reader may skip. Made when they are complete, so that the title can say
   * how long it took.
   */
  readonly group: (title: string, lines: readonly string[]) => void;
}

/**
 * `reporter` without the messages below `level`.
 *
 * @param groups the level of groups
 */
export function filtered(reporter: RunReporter, level: LogLevel, groups: LogLevel = 'info'): RunReporter {
  const from =
    <T extends unknown[]>(needed: LogLevel, write: (...message: T) => void) =>
    (...message: T): void => {
      if (shouldLog(needed, level)) write(...message);
    };
  return {
    error: from('error', reporter.error),
    warning: from('warn', reporter.warning),
    info: from('info', reporter.info),
    debug: from('debug', reporter.debug),
    group: from(groups, reporter.group),
  };
}

/** `reporter`, but each of its messages is what `act` does with it. */
export function by(reporter: RunReporter, act: (write: () => void) => void): RunReporter {
  const through =
    <T extends unknown[]>(write: (...message: T) => void) =>
    (...message: T): void => {
      act(() => {
        write(...message);
      });
    };
  return {
    debug: through(reporter.debug),
    info: through(reporter.info),
    warning: through(reporter.warning),
    error: through(reporter.error),
    group: through(reporter.group),
  };
}

/** Messages that wait for their turn. */
export class Queue {
  readonly #waiting: (() => void)[] = [];

  /** Wraps `reporter`, so that its messages wait here while `isClosed` returns true. */
  in(reporter: RunReporter, isClosed: () => boolean): RunReporter {
    return by(reporter, (write) => {
      if (isClosed()) this.#waiting.push(write);
      else write();
    });
  }

  /** Writes what waits, in order. */
  flush(): void {
    for (const write of this.#waiting.splice(0)) write();
  }
}

/** What makes a terminal forget what the command's output did to it: an open escape sequence, a colour, hidden text. */
export const TERMINAL_RESET = '\u001b\\\u001b[0m';

/** Whether to write in colour. https://no-color.org */
export function usesColour({ NO_COLOR = '', TERM }: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  return isTerminal && NO_COLOR === '' && TERM !== 'dumb';
}

/** `reporter`, and the list of what it is given to warn about. */
export function recording(reporter: RunReporter): {
  readonly reporter: RunReporter;
  readonly warnings: readonly string[];
} {
  const warnings: string[] = [];
  const warning = (message: string): void => {
    warnings.push(message);
    reporter.warning(message);
  };
  return { reporter: { ...reporter, warning }, warnings };
}

/** What a terminal obeys or nobody sees, except for line ends, tabs and what joins emoji. The colours are AWF's own. */
const UNSHOWN = /\u001b\[3[1-39]m|(?![\n\t\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text for a terminal. Files and names of others may be quoted in it: a policy file of a repository, for example. */
export const harmless = (text: string): string =>
  text.replace(UNSHOWN, (found) =>
    found.startsWith('\u001b[')
      ? found
      : Array.from(
          { length: found.length },
          (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ).join(''),
  );

const writeError = (text: string): unknown => process.stderr.write(harmless(text));

/** Writes `awf: ...` lines to standard error. */
export const stderrReporter: RunReporter = {
  debug: (message) => writeError(`awf: debug: ${message}\n`),
  info: (message) => writeError(`awf: ${message}\n`),
  warning: (message) => writeError(`awf: warning: ${message}\n`),
  error: (message) => writeError(`awf: error: ${message}\n`),
  group: (title, lines) => writeError([`awf: ${title}`, ...lines.map((line) => `  ${line}`), ''].join('\n')),
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
