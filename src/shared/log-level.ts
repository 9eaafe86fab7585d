/** How much is said, from least to most. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** True when something of level `needed` is said at `level`. */
export const isSaid = (needed: LogLevel, level: LogLevel): boolean =>
  LOG_LEVELS.indexOf(needed) <= LOG_LEVELS.indexOf(level);
