/** What all grammars use: octets as text (latin1), and random changes to them. */

import fc from 'fast-check';

/** @param weight how often the usual comes for each odd one */
export const often = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>, weight = 6): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });

export const latin1 = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(255), { maxLength }).map((codes) => String.fromCharCode(...codes));

export type Mutation = readonly [kind: number, at: number, length: number, octet: number];

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.nat(4),
  fc.nat(10_000),
  fc.integer({ min: 1, max: 12 }),
  fc.oneof(fc.nat(255), fc.constantFrom(0, 9, 10, 13, 32, 58)),
);

/** None for two texts in three. */
export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 4 }) },
);

/** Replaces an octet, adds one, or removes, repeats or swaps a few. */
export function mutate(text: string, [kind, position, length, octet]: Mutation): string {
  const at = position % (text.length + 1);
  const character = String.fromCharCode(octet);
  const [before, after] = [text.slice(0, at), text.slice(at)];
  if (kind === 0) return before + character + after.slice(1);
  if (kind === 1) return before + character + after;
  if (kind === 2) return before + after.slice(length);
  if (kind === 3) return before + after.slice(0, length) + after;
  return before + after.slice(length, 2 * length) + after.slice(0, length) + after.slice(2 * length);
}

/** Some of the texts with random changes. */
export const mutated = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(texts, mutations).map(([text, all]) => all.reduce(mutate, text));
