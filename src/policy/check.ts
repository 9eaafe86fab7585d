import { isDeepStrictEqual } from 'node:util';
import type { core } from 'zod';
import type { Given } from '../config/source.ts';
import { UserError } from '../errors.ts';
import { keyHint, policyKeys, type PolicyKey } from './keys.ts';
import { policySchema } from './schema.ts';
import { readYaml, type Fault, type PlacedDocument, type Position } from './yaml-text.ts';

/** What a policy gives, by the name of the option. */
export type PolicyEntries = ReadonlyMap<string, readonly Given[]>;

/**
 * Reads a policy. Its entries are not parsed yet: the options do that, as with every other front end.
 *
 * @param file names it in messages
 * @returns what can be used, and all mistakes in the form of the file
 */
export function readPolicy(
  file: string,
  content: Buffer,
  keys: readonly PolicyKey[] = policyKeys(),
): { readonly entries: PolicyEntries; readonly problems: readonly UserError[] } {
  const problems: UserError[] = [];
  const positions = new Map<UserError, Position>();
  const fault: Fault = (position, problem, hint) => {
    const { line, column } = position;
    const error = new UserError(`${file}, line ${line}, column ${column}: ${problem}.`, { hint });
    positions.set(error, position);
    return error;
  };
  const document = readYaml(content, fault, problems);
  if (document === undefined) return { entries: new Map(), problems };
  const { error } = policySchema(keys).safeParse(document.value);
  const issues = (error?.issues ?? []).filter(({ path }) => !document.isRefused(path));
  const found = unique(issues.flatMap((issue) => describeIssue(issue, document, keys, fault)));
  const order = (problem: UserError): number => {
    const { line, column } = positions.get(problem) ?? { line: 0, column: 0 };
    return line * LONGEST_LINE + column;
  };
  // What is in the right form is read nevertheless, so that all mistakes are told at once.
  const readable = keys.filter(({ path }) => !issues.some((issue) => concerns(issue, path)));
  return {
    entries: entriesOf(file, document, readable, (path) => issues.some((issue) => isDeepStrictEqual(issue.path, path))),
    problems: [...problems, ...found].sort((one, other) => order(one) - order(other)),
  };
}

/** No line of a policy is longer than the policy. */
const LONGEST_LINE = 1 << 20;

/** A number can be too large in two ways. */
const unique = (problems: readonly UserError[]): UserError[] =>
  problems.filter(({ message }, index) => problems.findIndex((one) => one.message === message) === index);

/** Whether a mistake is in a key's value as a whole, or in what has the key. One in a part of the value costs only that. */
function concerns({ code, path }: core.$ZodIssue, key: readonly string[]): boolean {
  if (path.length > key.length || (path.length < key.length && code === 'unrecognized_keys')) return false;
  return path.every((part, index) => part === key[index]);
}

function describeIssue(
  issue: core.$ZodIssue,
  { value: root, position, keyPosition }: PlacedDocument,
  keys: readonly PolicyKey[],
  fault: Fault,
): UserError[] {
  const { path } = issue;
  const value = valueAt(root, path);
  const name = path.map(String).join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) =>
        fault(
          keyPosition([...path, key]),
          `"${shown(key)}" is not a key of ${name === '' ? 'a policy' : name}`,
          keyHint(keys, path, key),
        ),
      );
    case 'invalid_type':
      return [wrongType(value, issue.expected, path, name, fault, position)];
    case 'invalid_union':
      if (typeof value === 'number') return [fault(position(path), `${name} is no finite number`, 'Write a number.')];
      return [wrongType(value, 'text or number', path, name, fault, position)];
    case 'invalid_value': {
      if (value === undefined) return [wrongType(value, '', path, name, fault, position)];
      const values = issue.values.map(String);
      const hint = values.includes(shown(value)) ? 'Write it without quotes.' : `Write one of: ${values.join(', ')}.`;
      return [fault(position(path), `"${shown(value)}" is not one of the values of ${name}`, hint)];
    }
    case 'invalid_key':
      return [
        fault(
          keyPosition(path),
          `"${shown(path.at(-1))}" ${issue.issues[0]?.message ?? 'cannot be a key'}`,
          'Correct the name.',
        ),
      ];
    case 'too_small':
    case 'too_big':
      if (typeof value !== 'number')
        return [fault(position(path), `${name} ${issue.message}`, 'Add one, or remove the host.')];
      return [
        fault(
          position(path),
          `${name} is ${value}, which is too ${issue.code === 'too_small' ? 'small' : 'large'}`,
          boundHint(issue),
        ),
      ];
    default:
      return [fault(position(path), `"${shown(value)}" ${issue.message}`, 'Write one entry.')];
  }
}

function boundHint(issue: core.$ZodIssueTooSmall | core.$ZodIssueTooBig): string {
  return issue.code === 'too_small' ? `Write ${issue.minimum} or more.` : `Write ${issue.maximum} or less.`;
}

/** What each type is to somebody who writes YAML. */
const TYPES: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  object: ['a map', 'Write keys with colons below it, indented.'],
  record: ['a map', 'Write keys with colons below it, indented.'],
  array: ['a list', 'Write one entry per line below it, each with "- " in front.'],
  string: ['a text', 'Put the value in quotes.'],
  number: ['a number', 'Write the number without quotes.'],
  int: ['a whole number', 'Write a whole number without quotes.'],
  'text or number': ['a text or a number', 'Write it on the same line.'],
};

function wrongType(
  value: unknown,
  expected: string,
  path: readonly PropertyKey[],
  name: string,
  fault: Fault,
  position: PlacedDocument['position'],
): UserError {
  const [what, hint] = TYPES[expected] ?? ['something else', 'Correct the value.'];
  if (path.length === 0) return fault(position(path), 'the file is not a policy', 'Begin it with "version: 1".');
  if (value === undefined) {
    const example = name === 'version' ? 'Write "version: 1" as the first line.' : `Add "${String(path.at(-1))}:".`;
    return fault(position(path.slice(0, -1)), `${name} is missing`, example);
  }
  if (value === null) {
    const what = typeof path.at(-1) === 'number' ? 'item' : 'key';
    return fault(position(path), `${name} has no value`, `${hint} Or remove the ${what}.`);
  }
  return fault(position(path), `${name} is not ${what}`, hint);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return Object.entries(value).find(([name]) => name === String(key))?.[1];
  }, root);
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '...';

/** A value as messages repeat it. */
function shown(value: unknown): string {
  const text = textOf(value).replace(/[\p{C}\p{Z}]+/gu, ' ');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Whether nothing can be read at a path. */
type IsUnreadable = (path: readonly PropertyKey[]) => boolean;

function entriesOf(
  file: string,
  document: PlacedDocument,
  keys: readonly PolicyKey[],
  isFaulty: IsUnreadable,
): PolicyEntries {
  const isUnreadable: IsUnreadable = (path) => isFaulty(path) || document.isRefused(path);
  const given = (path: readonly PropertyKey[], text: string): Given => ({
    text,
    source: { kind: 'policy', name: file, ...document.position(path) },
  });
  const entries = new Map<string, readonly Given[]>();
  for (const { path, option, form } of keys) {
    const value = valueAt(document.value, path);
    if (value === undefined) continue;
    if (form === 'hosts') {
      entries.set(option.name, hostRules(value, path, given, isUnreadable));
    } else if (Array.isArray(value)) {
      entries.set(option.name, textsOf(value, path, given, isUnreadable));
    } else {
      entries.set(option.name, [given(path, textOf(value))]);
    }
  }
  return entries;
}

type GivenAt = (path: readonly PropertyKey[], text: string) => Given;

function textsOf(
  items: readonly unknown[],
  path: readonly PropertyKey[],
  given: GivenAt,
  isUnreadable: IsUnreadable,
  before = '',
): Given[] {
  return items.flatMap((item, index) => {
    const at = [...path, index];
    return isUnreadable(at) ? [] : [given(at, `${before}${textOf(item)}`)];
  });
}

/** `hosts` as lines of the option `host-rules`. */
function hostRules(hosts: unknown, path: readonly PropertyKey[], given: GivenAt, isUnreadable: IsUnreadable): Given[] {
  return Object.entries(hosts ?? {}).flatMap(([host, value]) => {
    const rules = valueAt(value, ['rules']);
    if (!Array.isArray(rules) || isUnreadable([...path, host])) return [];
    return textsOf(rules, [...path, host, 'rules'], given, isUnreadable, `${host} `);
  });
}
