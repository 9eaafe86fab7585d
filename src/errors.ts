import { ValueError } from './shared/value-error.ts';

/** An error that a user can act on: what failed, and what to do about it. It never carries a secret. */
export class UserError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'UserError';
    this.hint = options.hint;
  }
}

/**
 * A mistake in an option that shows only when a run looks at the machine: `awf` ends as for those that it finds when it
 * reads its options.
 */
export class OptionError extends UserError {}

/** How `awf` ends if an option is wrong. */
export const USAGE_EXIT_CODE = 2;

/** Several mistakes in what a user gave, told at once. */
export class ConfigError extends UserError {
  readonly problems: readonly UserError[];

  constructor(problems: readonly UserError[]) {
    const items = problems.map((problem) => `- ${describeError(problem).replaceAll('\n', '\n  ')}`);
    super(`The configuration has ${problems.length} mistakes:\n${items.join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** @throws UserError the only problem as it is, or a {@link ConfigError} with all of them */
export function throwProblems(problems: readonly UserError[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw others.length === 0 ? first : new ConfigError(problems);
}

/**
 * Runs what may fail on a mistake of the user's, so that the next mistake can be found too.
 *
 * @returns what `work` returns; undefined after a mistake, which is added to `problems`
 */
export function collectProblems<T>(problems: UserError[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    problems.push(...(error instanceof ConfigError ? error.problems : [error]));
    return undefined;
  }
}

/**
 * Runs a parser that both sides of the container boundary share, and adds what to write instead.
 *
 * @throws UserError with the parser's message and `hint`
 */
export function withHint<T>(hint: string | undefined, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new UserError(cause.message, { ...(hint !== undefined && { hint }), cause });
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
