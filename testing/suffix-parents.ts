/** The names above public suffixes, from the list in the package `tldts`, which only says whether a name is a suffix. */

import { createRequire } from 'node:module';
import { parse } from 'tldts';
import { canonicalHost } from '../src/config/domain.ts';

/** The package's own form of the list, which it does not export: nodes with a flag, and edges with a label. */
interface Trie {
  readonly nodeFlags: Uint8Array;
  readonly edgeStart: Uint16Array;
  readonly edgeLength: Uint8Array;
  readonly edgeChild: Uint16Array;
  readonly labelText: string;
  readonly rulesRoot: number;
}

const WIDTH = 118;

/** The labels of every rule of the list, the leftmost first. `*` stands for any label. */
function rulesOf({ nodeFlags, edgeStart, edgeLength, edgeChild, labelText, rulesRoot }: Trie): string[][] {
  let length = 0;
  const labels = [...edgeLength].map((size) => labelText.slice(length, (length += size)));
  const rules: string[][] = [];
  const addBelow = (node: number, parent: readonly string[]): void => {
    for (let edge = edgeStart[node] ?? 0; edge < (edgeStart[node + 1] ?? 0); edge += 1) {
      const rule = [labels[edge] ?? '', ...parent];
      const child = edgeChild[edge] ?? 0;
      if (nodeFlags[child] !== 0) rules.push(rule);
      addBelow(child, rule);
    }
  };
  addBelow(rulesRoot, []);
  return rules;
}

const isSuffix = (name: string): boolean => parse(name, { allowPrivateDomains: true }).publicSuffix === name;

/** By name: the shortest suffix below it. A name without a dot is a suffix itself. */
function suffixParents(): Map<string, string> {
  const trie = createRequire(import.meta.url)('tldts/dist/cjs/src/data/trie.js') as Trie;
  const found = new Map<string, string>();
  for (const labels of rulesOf(trie)) {
    const suffix = canonicalHost(labels.join('.').replace(/^\*/, 'example'));
    for (let above = 1; above < labels.length - 1; above += 1) {
      const name = canonicalHost(labels.slice(above).join('.'));
      if (name === undefined || suffix === undefined || isSuffix(name)) continue;
      if (suffix.length < (found.get(name)?.length ?? Infinity)) found.set(name, suffix);
    }
  }
  return found;
}

/** Puts words into lines. */
function filled(words: readonly string[]): string {
  return words.reduce((text, word) => {
    const line = text.slice(text.lastIndexOf('\n') + 1);
    return `${text}${line.length + 1 + word.length > WIDTH ? '\n' : ' '}${word}`;
  });
}

/** The text of `src/config/suffix-parents.ts`. */
export function suffixParentsSource(): string {
  const pairs = [...suffixParents()].map(([name, suffix]) => `${suffix.slice(0, -name.length - 1)}|${name}`);
  return `/**
 * Names that are no public suffixes, but above some: \`s3|amazonaws.com\` stands for amazonaws.com, which covers everything
 * below s3.amazonaws.com. \`node script/write-suffix-parents.ts\` writes this file.
 */
export const SUFFIX_PARENTS = \`
${filled(pairs.sort())}
\`;
`;
}
