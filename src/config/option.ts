import type { FrontEndKind, Given } from './source.ts';

/** What a parser may know besides the text. */
export interface ParseContext {
  /** Absolute, without links. */
  readonly workspace: string;
  /** What the user calls another option, for hints: `add-hosts` or `--add-hosts`. */
  readonly nameOf: (option: string) => string;
}

/** @throws UserError that begins with the place of the text */
export type Parser<T> = (given: Given, context: ParseContext) => T;

interface Common {
  /** The action's input. */
  readonly name: string;
  /** The command line's flag, without its hyphens, where it is not called like the input. */
  readonly flag?: string;
  /** For the command line's help; `action.yml` has the long form. */
  readonly description: string;
  readonly default?: string;
  /** The only values. */
  readonly choices?: readonly string[];
  /** The front end that has it; both when absent. */
  readonly only?: FrontEndKind;
  /** A variable of the caller's environment that stands in for the option. */
  readonly variable?: string;
  /** What the variable's texts stand for, where they are not values of the option themselves; any other is ignored. */
  readonly variableValues?: Readonly<Record<string, string>>;
}

/**
 * How the text of an option is read.
 *
 * - `text`: a single value.
 * - `script`: as it is, white space included; empty when not given.
 * - `secret`: a credential. The action has an input for it; on the command line `variable` holds it, because every user of
 *   a host can read arguments. It is no part of the values, see {@link Secrets}.
 * - `choice`: one of a set.
 * - `boolean`: `true` or `false`; a flag without a value.
 * - `count`: a whole number from 1 to `max`.
 * - `lines`: a list with one entry per line, or per repetition of the flag; `#` starts a comment. Empty when not given.
 * - `commas`: as `lines`, and commas separate entries too.
 * - `variables`: as `lines`, but a `#` inside a line is part of it, and so is a line break inside a flag's value.
 */
export type Option = Common &
  (
    | { readonly kind: 'text'; readonly parse: Parser<unknown> }
    | { readonly kind: ListKind; readonly parse: Parser<unknown> }
    | { readonly kind: 'script' }
    | { readonly kind: 'boolean' }
    | { readonly kind: 'secret'; readonly only: 'action'; readonly variable: string }
    | { readonly kind: 'choice'; readonly choices: readonly string[] }
    | { readonly kind: 'count'; readonly max?: number }
  );

export type ListKind = 'lines' | 'commas' | 'variables';

type Defined<Row, T> = Row extends { readonly default: string } ? T : T | undefined;

/** The type of an option's value, as its row decides. */
export type ValueOf<Row> = Row extends { readonly kind: ListKind; readonly parse: Parser<infer T> }
  ? readonly T[]
  : Row extends { readonly kind: 'text'; readonly parse: Parser<infer T> }
    ? Defined<Row, T>
    : Row extends { readonly kind: 'choice'; readonly choices: readonly (infer T)[] }
      ? Defined<Row, T>
      : Row extends { readonly kind: 'script' }
        ? string
        : Row extends { readonly kind: 'boolean' }
          ? Defined<Row, boolean>
          : Row extends { readonly kind: 'count' }
            ? Defined<Row, number>
            : never;
