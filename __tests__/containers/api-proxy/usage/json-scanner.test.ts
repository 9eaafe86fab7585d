import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonScanner, quoted } from '../../../../containers/api-proxy/src/usage/json-scanner.ts';

const KEY = 'usage';

/** @param sizes the sizes of the chunks, used in turn */
function scan(text: string, sizes: readonly number[]): unknown[] {
  const found: unknown[] = [];
  const scanner = new JsonScanner(quoted(KEY), (value) => found.push(value));
  const data = Buffer.from(text);
  for (let at = 0, turn = 0; at < data.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    scanner.push(data.subarray(at, at + size));
    at += size;
  }
  return found;
}

const BRACES = { text: '}{"\\"', nested: { deeper: {} } };

describe('finds the values of a key wherever chunks end', () => {
  test.each<[string, string, unknown[]]>([
    ['an object', '{"id":1,"usage":{"a":1}}', [{ a: 1 }]],
    ['spaces and lines', '{"usage"\n : \t{ "a" : 1 }\r\n}', [{ a: 1 }]],
    ['a string', '{"usage":"gpt \\"5\\""}', ['gpt "5"']],
    ['braces and quotes in strings', `{"usage":${JSON.stringify(BRACES)}}`, [BRACES]],
    ['each of several', 'data: {"usage":{"a":1}}\n\ndata: {"usage":{"a":2}}\n\n', [{ a: 1 }, { a: 2 }]],
    ['letters of many octets around it', '{"é":"日本","usage":{"é":"日"}}', [{ é: '日' }]],
    ['not a key inside a string', JSON.stringify({ text: '{"usage":{"a":1}}' }), []],
    ['not a text that is the key', '["usage"]', []],
    ['not a longer key', '{"usageMetadata":{"a":1},"my_usage":{"a":2}}', []],
    ['not null, a number or a list', '{"usage":null,"usage":5,"usage":[1]}', []],
    ['not malformed JSON', '{"usage":{a:1}}', []],
    ['not a value without an end', '{"usage":{"a":1', []],
    ['not a value of too many levels, but one in it', `{"usage":${'{"a":'.repeat(6)}{"usage":{"b":1}}`, [{ b: 1 }]],
    ['what follows a value that is too long', `{"usage":{"a":"${'x'.repeat(20_000)}"},"usage":{"b":1}}`, [{ b: 1 }]],
  ])('%s', (_, text, expected) => {
    for (const size of [1, 2, 3, 5, 7, 16, 64, 1_000, 100_000])
      expect(scan(text, [size]), `by ${size}`).toEqual(expected);
  });
});

describe('any JSON in any chunks', () => {
  /** Texts that look like the key, like its value, or like the end of either. */
  const tricky = fc.constantFrom(
    ...[KEY, 'my_usage', 'usageMetadata', 'usag', 'usage"', '"usage', '\\"usage', '"usage"'],
    ...['"usage":{}', '{"usage":{"a":1}}', '\\"usage":"x"', '"', '\\', '\\\\', '\\"', '{', '}', '":'],
  );
  const text = fc.oneof(tricky, fc.string({ unit: 'binary', maxLength: 8 }));
  // JSON.parse of V8 13.6 takes the key `"\""` for `"\\"` if an object before it had that key at the same place.
  const key = text.filter((one) => !one.startsWith('\\'));
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.constant(KEY), key), tie('json'), { maxKeys: 4 }),
    ),
  }));
  const gap = fc.constantFrom('', '', ' ', '\n', '\r\n\t');
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 500 })), { minLength: 1 });

  /** Writes a document with gaps, used in turn, between its tokens. */
  function spaced(value: unknown, gaps: readonly string[]): string {
    const tokens = JSON.stringify(value).match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^[\]{}:,"]+/g) ?? [];
    return tokens.map((token, turn) => `${token}${gaps[turn % gaps.length]!}`).join('');
  }

  /** What the scanner must find: the strings and objects below the key, but nothing inside one of them. */
  function expectedIn(value: unknown): unknown[] {
    if (typeof value !== 'object' || value === null) return [];
    if (Array.isArray(value)) return value.flatMap(expectedIn);
    return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
      const isWanted =
        typeof inner === 'string' || (typeof inner === 'object' && inner !== null && !Array.isArray(inner));
      return key === KEY && isWanted ? [inner] : expectedIn(inner);
    });
  }

  test('yields what JSON.parse finds', { timeout: 30_000 }, () => {
    let withFindings = 0;
    fc.assert(
      fc.property(
        fc.array(json, { minLength: 1, maxLength: 3 }),
        fc.array(gap, { minLength: 1 }),
        sizes,
        (values, gaps, chunks) => {
          const documents = values.map((value) => spaced(value, gaps));
          const expected = documents.flatMap((document) => expectedIn(JSON.parse(document)));
          if (expected.length > 0) withFindings++;
          const found = scan(documents.map((document) => `data: ${document}\n\n`).join(''), chunks);
          expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
        },
      ),
      { numRuns: 2_000 },
    );
    // Without this, the property would prove little.
    expect(withFindings).toBeGreaterThan(200);
  });
});

test('D2 values in values keep nobody waiting', () => {
  // Read to the end of each value, it takes several seconds.
  const from = performance.now();
  expect(scan('"usage":{'.repeat(100_000), [16_384])).toEqual([]);
  expect(performance.now() - from).toBeLessThan(3_000);
});
