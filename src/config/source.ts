/** The two ways into AWF: the action's inputs and the command line's flags. */
export type FrontEndKind = 'action' | 'cli';

/** Where a value was given. */
export interface Source {
  readonly kind: 'input' | 'flag' | 'variable' | 'policy' | 'default';
  /** The front end's name for it: `allow-domains`, `--allow-domains`, or the name of a variable or of a policy file. */
  readonly name: string;
  /** Counts from 1. Set if a flag was repeated. */
  readonly repetition?: number;
  /** Counts from 1. Set if the text has lines. */
  readonly line?: number;
  /** Counts from 1. Set in a policy file. */
  readonly column?: number;
}

/** A text from the user, a variable or a default, or one entry of a list. */
export interface Given {
  readonly text: string;
  readonly source: Source;
}

/**
 * @returns the source as a message names it: `allow-domains, line 3`, `--mount (2nd)`, `memory (default)`,
 *   `.github/awf.yml, line 3, column 7`
 */
export function placeOf({ kind, name, repetition, line, column }: Source): string {
  const which = kind === 'default' ? ' (default)' : repetition === undefined ? '' : ` (${ordinal(repetition)})`;
  const where = [
    ...(line === undefined ? [] : [`, line ${line}`]),
    ...(column === undefined ? [] : [`, column ${column}`]),
  ];
  return `${name}${which}${where.join('')}`;
}

const SUFFIXES: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> = { one: 'st', two: 'nd', few: 'rd' };

function ordinal(number: number): string {
  return `${number}${SUFFIXES[new Intl.PluralRules('en', { type: 'ordinal' }).select(number)] ?? 'th'}`;
}
