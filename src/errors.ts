/** An error that a user can act on: what failed, and what to do about it. It never carries a secret. */
export class UserError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UserError';
    this.hint = options.hint;
  }
}

/** The text a user sees for `error`: its message, the remedy, and the chain of causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = [error.message];
  if (error instanceof UserError && error.hint !== undefined) parts.push(error.hint);
  if (error.cause instanceof Error && !error.message.includes(error.cause.message)) {
    parts.push(`Cause: ${describeError(error.cause)}`);
  }
  return parts.join('\n');
}
