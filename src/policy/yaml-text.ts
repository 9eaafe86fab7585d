import type { ParsedNode, Scalar } from 'yaml';
import type { UserError } from '../errors.ts';
import { yamlPackage } from '../host/yaml.ts';

/** Counts from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A document as plain values, and where each of them stands. */
export interface PlacedDocument {
  readonly value: unknown;
  /** Of the value at a path, or of what is nearest above it. */
  readonly position: (path: readonly PropertyKey[]) => Position;
  /** Of a key. */
  readonly keyPosition: (path: readonly PropertyKey[]) => Position;
  /** Whether the value at a path was refused. Nothing stands for it in `value`. */
  readonly isRefused: (path: readonly PropertyKey[]) => boolean;
}

/** Makes an error about a place in the file. */
export type Fault = (position: Position, problem: string, hint: string) => UserError;

/** A policy has four levels. */
const MAX_DEPTH = 8;
/** After as many mistakes, the file is something else than a policy. */
const MAX_PROBLEMS = 50;
/** A mistake in the syntax makes the parser misunderstand what follows. */
const MAX_SYNTAX_PROBLEMS = 3;
const TOO_DEEP: readonly [string, string] = ['the file is nested too deeply', 'A policy has four levels.'];
const START: Position = { line: 1, column: 1 };

/** What the parser's codes mean to somebody who writes a policy. The others have the parser's own words. */
const SYNTAX: Readonly<Record<string, readonly [problem: string, hint: string]>> = {
  DUPLICATE_KEY: ['the key is there twice', 'Put everything under one of them.'],
  MULTIPLE_DOCS: ['a second document begins here', 'A policy is one document: remove the line with "---".'],
  TAB_AS_INDENT: ['the line is indented with a tab', 'Indent with spaces.'],
};

/**
 * Reads YAML 1.2 as far as a policy needs it: maps with plain keys, lists, texts and numbers. Whatever a reader could take
 * for something else than the parser does is refused: aliases, tags, merge keys, and words that are truth values in YAML 1.1.
 *
 * @returns undefined if there is nothing to read on; it adds all problems to `problems`
 */
export function readYaml(content: Buffer, fault: Fault, problems: UserError[]): PlacedDocument | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    problems.push(fault(START, 'the file is not UTF-8', 'Save it as UTF-8.'));
    return undefined;
  }
  const { LineCounter, parseDocument } = yamlPackage();
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2', schema: 'core' });
  const before = problems.length;
  const faults = [...document.errors, ...document.warnings];
  // The parser runs out of stack in its own way, and everything else that it reports then is the consequence.
  if (faults.some(({ message }) => /call stack/i.test(message))) {
    problems.push(fault(START, ...TOO_DEEP));
    return undefined;
  }
  for (const { code, message, pos } of faults.slice(0, MAX_SYNTAX_PROBLEMS)) {
    const [problem, hint] = SYNTAX[code] ?? [`this is not YAML (${firstLine(message)})`, 'Correct the line.'];
    problems.push(fault(at(pos[0]), problem, hint));
  }
  if (/^%/m.test(text) && document.directives.yaml.explicit === true) {
    problems.push(fault(START, 'the file has a %YAML directive', 'Remove it: a policy is YAML 1.2.'));
  }
  if (problems.length > before) return undefined;
  const walk = new Walk(at, fault, problems);
  const value = walk.value(document.contents, []);
  return walk.isTooDeep ? undefined : { value, ...walk.places() };
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

class Walk {
  readonly #at: (offset: number) => Position;
  readonly #fault: Fault;
  readonly #problems: UserError[];
  isTooDeep = false;
  readonly #refused = new Set<string>();
  readonly #values = new Map<string, Position>();
  readonly #keys = new Map<string, Position>();

  constructor(at: (offset: number) => Position, fault: Fault, problems: UserError[]) {
    this.#at = at;
    this.#fault = fault;
    this.#problems = problems;
  }

  places(): Omit<PlacedDocument, 'value'> {
    const position = (path: readonly PropertyKey[]): Position =>
      this.#values.get(nameOf(path)) ?? (path.length === 0 ? START : position(path.slice(0, -1)));
    const keyPosition = (path: readonly PropertyKey[]): Position => this.#keys.get(nameOf(path)) ?? position(path);
    return { position, keyPosition, isRefused: (path) => this.#refused.has(nameOf(path)) };
  }

  /** @returns what stands for the value, which nobody reads */
  #refuse(position: Position, problem: string, hint: string): unknown {
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(this.#fault(position, problem, hint));
    return undefined;
  }

  value(node: ParsedNode | null, path: readonly PropertyKey[]): unknown {
    if (node === null) return null;
    const { isAlias, isMap, isScalar, isSeq } = yamlPackage();
    const position = this.#at(node.range[0]);
    this.#values.set(nameOf(path), position);
    const refuse = (problem: string, hint: string): unknown => {
      this.#refused.add(nameOf(path));
      return this.#refuse(position, problem, hint);
    };
    if (isAlias(node)) return refuse(`"*${node.source.slice(0, 40)}" is an alias`, 'Write the value itself.');
    if (node.anchor !== undefined) this.#refuse(position, `"&${node.anchor.slice(0, 40)}" is an anchor`, 'Remove it.');
    if (node.tag !== undefined && !STANDARD_TAG.test(node.tag)) return refuse('the value has a tag', 'Remove the tag.');
    if (path.length > MAX_DEPTH) {
      this.isTooDeep = true;
      return refuse(...TOO_DEEP);
    }
    if (isScalar(node)) return isAmbiguous(node) ? refuse(...quoted(node)) : node.value;
    if (isSeq(node)) return node.items.map((item, index) => this.value(item, [...path, index]));
    return isMap(node) ? this.#map(node.items, path) : undefined;
  }

  #map(
    items: readonly { readonly key: ParsedNode; readonly value: ParsedNode | null }[],
    path: readonly PropertyKey[],
  ): unknown {
    const { isScalar } = yamlPackage();
    const members: Record<string, unknown> = {};
    for (const { key: node, value } of items) {
      const position = this.#at(node.range[0]);
      const key = isScalar(node) && node.anchor === undefined ? node.value : undefined;
      if (typeof key !== 'string' || NO_KEYS.has(key) || isAmbiguous(node)) {
        const problem = typeof key === 'string' ? `"${key}" cannot be a key` : 'the key is not a text';
        this.#refuse(position, problem, 'Write a plain name followed by a colon.');
        continue;
      }
      const below = [...path, key];
      this.#keys.set(nameOf(below), position);
      members[key] = this.value(value, below);
      // A value that is missing stands where its key does.
      if (!this.#values.has(nameOf(below))) this.#values.set(nameOf(below), position);
    }
    return members;
  }
}

const nameOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));

/** Names that mean something else to JavaScript, and to YAML 1.1, than to a reader. */
const NO_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype', '<<']);
const STANDARD_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

/** Truth values to YAML 1.1, texts to YAML 1.2: Norway is `no`. */
function isAmbiguous(node: unknown): boolean {
  const { isScalar, Scalar } = yamlPackage();
  return (
    isScalar(node) &&
    node.type === Scalar.PLAIN &&
    typeof node.value === 'string' &&
    /^(?:yes|no|on|off)$/i.test(node.value)
  );
}

const quoted = ({ value }: Scalar): [string, string] => [
  `${String(value)} is a truth value to some programs and a text to others`,
  `Write "${String(value)}" in quotes if you mean the text.`,
];
