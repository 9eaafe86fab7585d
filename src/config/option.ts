import type { Credential } from '../shared/provider-entry.ts';
import type { FrontEndKind, Given } from './source.ts';

/** What a parser may know in addition to the text. */
export interface ParseContext {
  /** An absolute path without links. */
  readonly workspace: string;
  /** The front end's name for another option, for hints: `add-hosts` or `--add-hosts`. */
  readonly nameOf: (option: string) => string;
}

/** @throws UserError whose message begins with the place of the text */
export type Parser<T> = (given: Given, context: ParseContext) => T;

interface Common {
  /** The name of the action's input. */
  readonly name: string;
  /** The command line's flag without hyphens, if it differs from the input's name. */
  readonly flag?: string;
  /** The letter of the command line's short flag. */
  readonly short?: string;
  /** For the command line's help. `action.yml` has the long form. */
  readonly description: string;
  readonly default?: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** The only front end that has the option. Both have it if absent. */
  readonly only?: FrontEndKind;
  /** A variable of the caller's environment that can replace the option. */
  readonly variable?: string;
  /** Maps the variable's texts to values of the option, if the two differ. Other texts are ignored. */
  readonly variableValues?: Readonly<Record<string, string>>;
}

/**
 * How the text of an option is read.
 *
 * - `text`: a single value.
 * - `script`: taken unchanged, including white space. Empty by default.
 * - `secret`: a credential. The action has an input for it. The command line reads it from `variable`, because every
 *   user of a host can read arguments. It is not among the values; see {@link Secrets}.
 * - `secret-lines`: a list of entries that contain a credential each. The entries are among the values, and the credentials
 *   in {@link Secrets}, under the name that the entry has for its own.
 * - `choice`: one of a set.
 * - `boolean`: `true` or `false`; a flag without a value.
 * - `count`: a whole number from 1 to `max`.
 * - `lines`: a list with one entry per line, or per repetition of the flag. `#` starts a comment. Empty by default.
 * - `commas`: like `lines`, but commas separate entries too.
 * - `variables`: like `lines`, but a `#` inside a line is part of the entry, and so is a line break inside a flag's
 *   value.
 */
export type Option = Common &
  (
    | { readonly kind: 'text'; readonly parse: Parser<unknown> }
    | { readonly kind: ListKind; readonly parse: Parser<unknown> }
    | { readonly kind: 'script' }
    | { readonly kind: 'boolean' }
    | ({ readonly kind: 'secret'; readonly only: 'action'; readonly variable: string } & Pick<Credential, 'refuses'>)
    | {
        readonly kind: 'secret-lines';
        readonly only: 'action';
        readonly variable: string;
        readonly parse: Parser<SecretEntry>;
      }
    | { readonly kind: 'choice'; readonly choices: readonly string[] }
    | { readonly kind: 'count'; readonly max?: number }
  );

/** An entry of an option of the kind `secret-lines`. */
export interface SecretEntry<T = unknown> {
  readonly entry: T;
  /** The name of the credential among the secrets. */
  readonly name: string;
  readonly secret: string;
}

export type ListKind = 'lines' | 'commas' | 'variables';

type Defined<Row, T> = Row extends { readonly default: string } ? T : T | undefined;

/** The type of an option's value, derived from its row. */
export type ValueOf<Row> = Row extends { readonly kind: 'secret-lines'; readonly parse: Parser<SecretEntry<infer T>> }
  ? readonly T[]
  : Row extends { readonly kind: ListKind; readonly parse: Parser<infer T> }
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
