/** The system's directories in `PATH`, as a runner has them. Those of a developer's home would not be in the sandbox. */
export const HOST_PATH = (process.env['PATH'] ?? '')
  .split(':')
  .filter((directory) => /^\/(usr|bin|sbin|opt|snap)(\/|$)/.test(directory))
  .join(':');
