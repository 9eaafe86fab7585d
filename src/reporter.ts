/** Where messages for people go: the runner's log commands in the action, standard error on the command line. */
export interface Reporter {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
}

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `reporter`, less the messages below `level`. */
export function filtered(reporter: Reporter, level: LogLevel): Reporter {
  const rank = LOG_LEVELS.indexOf(level);
  const from =
    (needed: LogLevel, write: (message: string) => void) =>
    (message: string): void => {
      if (LOG_LEVELS.indexOf(needed) <= rank) write(message);
    };
  return {
    error: from('error', (message) => {
      reporter.error(message);
    }),
    warning: from('warn', (message) => {
      reporter.warning(message);
    }),
    info: from('info', (message) => {
      reporter.info(message);
    }),
    debug: from('debug', (message) => {
      reporter.debug(message);
    }),
  };
}

/** Writes `awf: ...` lines to standard error. */
export const stderrReporter: Reporter = {
  debug: (message) => process.stderr.write(`awf: debug: ${message}\n`),
  info: (message) => process.stderr.write(`awf: ${message}\n`),
  warning: (message) => process.stderr.write(`awf: warning: ${message}\n`),
  error: (message) => process.stderr.write(`awf: error: ${message}\n`),
};
