import { collectProblems, UserError, withHint } from '../errors.ts';
import { normaliseCredential, PASTED_SCHEME } from '../shared/sidecar-config.ts';
import type { PolicyOrigin } from './config.ts';
import type { ListKind, Option, ParseContext, SecretEntry } from './option.ts';
import { nameIn, optionNamed, OPTIONS, type OptionValues } from './options.ts';
import { boolean, choice, count } from './parsers.ts';
import type { Secrets } from './secrets.ts';
import { placeOf, type FrontEndKind, type Given } from './source.ts';

/** A way into AWF. It knows what the user wrote, but none of the rules. */
export interface FrontEnd {
  readonly kind: FrontEndKind;
  /** The texts that the user gave for an option, unchanged: none, one, or one for each repetition of a flag. */
  readonly given: (option: Option) => readonly Given[];
}

/** What a policy file gives, and what came of reading it. */
export interface PolicyReading {
  /** Texts by the name of the option. */
  readonly entries: ReadonlyMap<string, readonly Given[]>;
  /** Undefined if there is none. */
  readonly origin: PolicyOrigin | undefined;
  /** Where runs look for it in the workspace, relative to that, whether it is there or not. */
  readonly place: string | undefined;
  readonly problems: readonly UserError[];
  readonly warnings: readonly string[];
}

/** The result of reading the front end, the environment and the defaults. */
export interface Reading {
  /** An option that could not be read counts as not given, so that the checks of the others can follow. */
  readonly values: OptionValues;
  readonly secrets: Secrets;
  readonly problems: readonly UserError[];
  /** What was accepted, but not as it was written. */
  readonly warnings: readonly string[];
}

/**
 * Reads every option as its row specifies.
 *
 * @param policy what the policy file gives, by the name of the option
 */
export function readOptions(
  frontEnd: FrontEnd,
  environment: NodeJS.ProcessEnv,
  workspace: string,
  policy: PolicyReading['entries'] = new Map(),
): Reading {
  const problems: UserError[] = [];
  const attempt: Attempt = (work) => collectProblems(problems, work);
  const context: ParseContext = { workspace, nameOf: (name) => nameIn(frontEnd.kind, optionNamed(name)) };
  const secrets = new Map<string, string>();
  const warnings: string[] = [];
  const values: [string, unknown][] = [];
  for (const option of OPTIONS) {
    if (option.kind === 'secret') {
      const value = attempt(() => credential(option, frontEnd.given(option), warnings));
      if (value !== undefined) secrets.set(option.variable, value);
    } else if (option.kind === 'secret-lines') {
      const entries = nonEmpty(frontEnd.given(option).flatMap(linesOf).filter(isNoComment)).flatMap(
        (one): SecretEntry[] => attempt(() => [option.parse(one, context)]) ?? [],
      );
      for (const { name, secret } of entries) secrets.set(name, secret);
      values.push([option.name, entries.map(({ entry }) => entry)]);
    } else {
      const given = chosen(option, frontEnd, environment, policy.get(option.name) ?? []);
      values.push([option.name, valueOf(option, given, defaultOf(option, frontEnd), context, attempt)]);
    }
  }
  // The table's rows decide both the values here and their types there.
  return { values: Object.fromEntries(values) as OptionValues, secrets, problems, warnings };
}

/** @returns undefined after a user's mistake, which it records */
type Attempt = <T>(work: () => T) => T | undefined;

type ValueOption = Exclude<Option, { kind: 'secret' | 'secret-lines' }>;

/**
 * The texts that count: the user's, else the variable's, else the policy file's, else the default's. A list has the
 * policy file's entries and the user's.
 */
function chosen(
  option: ValueOption,
  frontEnd: FrontEnd,
  environment: NodeJS.ProcessEnv,
  inPolicy: readonly Given[],
): Given[] {
  const isOffered = option.only === undefined || option.only === frontEnd.kind;
  const given = isOffered ? meant(option, frontEnd.given(option)) : [];
  const both = isList(option) ? [...inPolicy, ...given] : given;
  return (
    [both, meant(option, fromVariable(option, environment)), nonEmpty(inPolicy)].find((texts) => texts.length > 0) ??
    defaultOf(option, frontEnd)
  );
}

function fromVariable({ variable, variableValues }: ValueOption, environment: NodeJS.ProcessEnv): Given[] {
  if (variable === undefined) return [];
  const text = environment[variable] ?? '';
  return [
    {
      text: variableValues === undefined ? text : (variableValues[text] ?? ''),
      source: { kind: 'variable', name: variable },
    },
  ];
}

function defaultOf(option: ValueOption, frontEnd: FrontEnd): Given[] {
  if (option.default === undefined) return [];
  const name = nameIn(frontEnd.kind, option);
  return meant(option, [{ text: option.default, source: { kind: 'default', name } }]);
}

/** The texts to parse. If the option takes a single one, that is the last. An empty text or list is ignored. */
function meant({ kind }: ValueOption, given: readonly Given[]): Given[] {
  switch (kind) {
    case 'lines':
      return nonEmpty(given.flatMap(linesOf).map(withoutComment));
    case 'commas':
      return nonEmpty(given.flatMap(linesOf).map(withoutComment).flatMap(separated));
    case 'variables':
      return nonEmpty(given.flatMap((one) => (one.source.kind === 'flag' ? [one] : linesOf(one).filter(isNoComment))));
    case 'script':
      return given.filter(({ text }) => text.trim() !== '').slice(-1);
    default:
      return nonEmpty(given).slice(-1);
  }
}

const nonEmpty = (given: readonly Given[]): Given[] =>
  given.map((one) => ({ ...one, text: one.text.trim() })).filter(({ text }) => text !== '');

/** Splits a text into numbered lines. The single line of a flag has no number. */
function linesOf({ text, source }: Given): Given[] {
  const lines = text.split('\n');
  if (source.kind === 'flag' && lines.length === 1) return [{ text, source }];
  return lines.map((line, index) => ({ text: line, source: { ...source, line: index + 1 } }));
}

/** A comment may end with a carriage return: what people type on a web page arrives with CRLF. */
const withoutComment = ({ text, source }: Given): Given => ({ text: text.replace(/(^|\s)#.*$/s, ''), source });

const isNoComment = ({ text }: Given): boolean => !text.trim().startsWith('#');

const separated = ({ text, source }: Given): Given[] => text.split(',').map((part) => ({ text: part, source }));

/** The value of the given texts. If a single text cannot be read, the default's value. */
function valueOf(
  option: ValueOption,
  given: readonly Given[],
  fallback: readonly Given[],
  context: ParseContext,
  attempt: Attempt,
): unknown {
  if (isList(option)) return given.flatMap((entry) => attempt(() => [parseEntry(option, entry, context)]) ?? []);
  const parse = ([one]: readonly Given[]): unknown => one && parseOne(option, one, context);
  if (option.kind === 'script') return parse(given) ?? '';
  return attempt(() => parse(given)) ?? parse(fallback);
}

/** What in front of an entry, or behind it, belongs to a list of YAML: an input is a text, which has none. */
const YAML_LIST = /^- |^["']|^\[(?![\da-f]*:)|(?<![\da-f:])\]$/i;

/** Parses an entry of a list. What is written as in YAML, or with commas, gets the remedy for that. */
function parseEntry(option: Extract<ValueOption, { kind: ListKind }>, given: Given, context: ParseContext): unknown {
  try {
    return option.parse(given, context);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (YAML_LIST.test(given.text)) {
      const quoted = error.message.includes(given.text) ? `"${given.text}"` : 'this';
      throw new UserError(`${placeOf(given.source)}: ${quoted} is written as in a list of YAML.`, { hint: YAML_HINT });
    }
    if (option.kind === 'commas' || !given.text.includes(', ')) throw error;
    throw new UserError(error.message, { hint: `${error.hint ?? ''} Commas do not separate entries here.`.trim() });
  }
}

const YAML_HINT = 'Write one entry per line, without "- ", brackets and quotes.';

const isList = (option: ValueOption): option is Extract<ValueOption, { kind: ListKind }> =>
  ['lines', 'commas', 'variables'].includes(option.kind);

function parseOne(option: Exclude<ValueOption, { kind: ListKind }>, given: Given, context: ParseContext): unknown {
  switch (option.kind) {
    case 'script':
      return given.text;
    case 'choice':
      return choice(given, option.choices);
    case 'boolean':
      return boolean(given);
    case 'count':
      return count(given, option.max);
    case 'text':
      return option.parse(given, context);
  }
}

function credential(
  { refuses }: Extract<Option, { kind: 'secret' }>,
  given: readonly Given[],
  warnings: string[],
): string | undefined {
  const [one] = nonEmpty(given);
  if (one === undefined) return undefined;
  const place = placeOf(one.source);
  const value = withHint(undefined, () => normaliseCredential(place, one.text));
  if (PASTED_SCHEME.test(one.text)) {
    warnings.push(
      `${place} begins with the name of a scheme, such as "Bearer". AWF adds that itself, so it dropped it.`,
    );
  }
  if (value !== undefined && refuses?.value.test(value) === true) {
    throw new UserError(`${place} is ${refuses.what}.`, { hint: refuses.instead });
  }
  return value;
}
