/** The two ways into AWF: the action's inputs and the command line's flags. */
export type FrontEndKind = 'action' | 'cli';

/** Where a value was given. */
export interface Source {
  readonly kind: 'input' | 'flag' | 'variable' | 'default';
  /** In the words of the front end: `allow-domains`, `--allow-domains`, or the name of a variable. */
  readonly name: string;
  /** From 1, where a flag was repeated. */
  readonly repetition?: number;
  /** From 1, where the text has lines. */
  readonly line?: number;
}

/** A text as somebody gave it, or one entry of a list. */
export interface Given {
  readonly text: string;
  readonly source: Source;
}

/** @returns the source as a message names it: `allow-domains, line 3`, `--mount (2nd)`, `memory (default)` */
export function placeOf({ kind, name, repetition, line }: Source): string {
  const which = kind === 'default' ? ' (default)' : repetition === undefined ? '' : ` (${ordinal(repetition)})`;
  return `${name}${which}${line === undefined ? '' : `, line ${line}`}`;
}

const SUFFIXES: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> = { one: 'st', two: 'nd', few: 'rd' };

function ordinal(number: number): string {
  return `${number}${SUFFIXES[new Intl.PluralRules('en', { type: 'ordinal' }).select(number)] ?? 'th'}`;
}
