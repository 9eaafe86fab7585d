/** The log levels, from the fewest messages to the most. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** True if a message of level `needed` is logged at `level`. */
export const shouldLog = (needed: LogLevel, level: LogLevel): boolean =>
  LOG_LEVELS.indexOf(needed) <= LOG_LEVELS.indexOf(level);
