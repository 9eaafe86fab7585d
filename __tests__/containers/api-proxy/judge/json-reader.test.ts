import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonReader, type Slot } from '../../../../containers/api-proxy/src/judge/json-reader.ts';
import { NotJson } from '../../../../containers/api-proxy/src/judge/json-text.ts';

const OWN = 'own';
const WANTED = 'type';

/** Reads a document, and tells the values of the wanted key with the name around it. */
function read(document: string | Buffer, sizes: readonly number[] = [1_000_000]): unknown[] {
  const found: unknown[] = [];
  const reader = new JsonReader({
    onKey: (name): Slot => ({ name, wish: name === OWN ? 'skip' : name === WANTED ? 'value' : 'nothing' }),
    onValue: (_, inside, text) => found.push([inside, text]),
  });
  const data = Buffer.from(document);
  for (let at = 0, turn = 0; at < data.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    reader.push(data.subarray(at, at + size));
    at += size;
  }
  reader.end();
  return found;
}

describe('tells the values of a key wherever chunks end', () => {
  test.each<[string, string, unknown[]]>([
    ['a string', '{"type":"a"}', [['', 'a']]],
    ['in an object', '{"tools":{"type":"a"}}', [['tools', 'a']]],
    [
      'in objects of a list',
      '{"tools":[{"type":"a"},{"x":{"type":"b"}},[{"type":"c"}]]}',
      [
        ['tools', 'a'],
        ['x', 'b'],
        ['tools', 'c'],
      ],
    ],
    [
      'each element of a list',
      '{"type":["a",["b",null],1]}',
      [
        ['', 'a'],
        ['', 'b'],
        ['', undefined],
      ],
    ],
    [
      'an object, and not null',
      '{"type":{"type":"a"},"x":{"type":null}}',
      [
        ['', undefined],
        ['type', 'a'],
      ],
    ],
    [
      'each duplicate',
      '{"type":"a","type":"b"}',
      [
        ['', 'a'],
        ['', 'b'],
      ],
    ],
    ['spelled with escapes', String.raw`{"\u0074yp\u0065":"\u0061\n\/\"\\"}`, [['', 'a\n/"\\']]],
    ['after a string of quotes and backslashes', String.raw`{"x":"\\\"{\\\\","type":"a"}`, [['', 'a']]],
    ['after a long string', `{"x":"${'a\\"b\\\\'.repeat(100)}","type":"a"}`, [['', 'a']]],
    ['nothing inside what is skipped', '{"own":{"type":"a","x":[{"type":"b"}]},"type":"c"}', [['', 'c']]],
    ['spaces and lines', ' {\r\n"type"\t:\n"a" , "x" : [ ] } \n', [['', 'a']]],
    ['the beginning of a long one', `{"type":"${'x'.repeat(10_000)}"}`, [['', 'x'.repeat(2_048)]]],
    ['an escape where a long one is cut', `{"type":"${'x'.repeat(2_045)}\\u0061\\u0062"}`, [['', 'x'.repeat(2_045)]]],
    ['letters of many octets', '{"é":"日","type":"日本"}', [['', '日本']]],
    ['a document that is no object', '[{"type":"a"},1.5e-3,true]', [['', 'a']]],
    ['nothing at all', ' \n', []],
  ])('%s', (_, document, expected) => {
    for (const size of [1, 2, 3, 5, 7, 16, 64, 1_000, 100_000]) {
      expect(read(document, [size]), `by ${size}`).toEqual(expected);
    }
  });
});

describe('refuses what is not one strict JSON document', () => {
  test.each([
    ...['{', '}', '[', '{]', '[}', '{"a"}', '{"a":}', '{"a":1,}', '[1,]', '[,1]', '{,}', '{"a":1 "b":2}', '{"a" "b"}'],
    ...[
      '{"a":1}{"b":2}',
      '1 2',
      '"a',
      '"a" "b"',
      ':',
      ',',
      "{'a':1}",
      '{a:1}',
      '//x\n{}',
      '/**/{}',
      '{"a":1}//',
      '[1 2]',
    ],
    ...['nul', 'NaN', 'Infinity', 'truefalse', '0x10', '+1', '\ufeff{}', 'data: {}', 'x'.repeat(1_000), 'a=b&c=d'],
    ...[String.raw`{"\x61":1}`, String.raw`{"\u00":1}`, String.raw`{"type":"\u00zz"}`, '\0{\0}', '{"a":{"b":1}'],
    `${'['.repeat(257)}${']'.repeat(257)}`,
  ])('%j', (document) => {
    for (const size of [1, 3, 1_000]) expect(() => read(document, [size]), `by ${size}`).toThrow(NotJson);
  });

  test('UTF-16 and compressed octets', () => {
    expect(() => read(Buffer.from('{"type":"a"}', 'utf16le'))).toThrow(NotJson);
    expect(() => read(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]))).toThrow(NotJson);
    expect(() => read(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))).toThrow(NotJson);
  });
});

describe('any JSON in any chunks', () => {
  const key = fc.oneof(fc.constantFrom(WANTED, OWN, 'tools', 'typ', 'type"', '\\type'), fc.string({ maxLength: 6 }));
  const text = fc.oneof(
    fc.constantFrom('"', '\\', '\\"', '{"type":"x"}', '\\\\"'),
    fc.string({ unit: 'binary', maxLength: 80 }),
  );
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(key, tie('json'), { maxKeys: 4 }),
    ),
  }));

  /** What must be told of a value below a key. */
  function expectedIn(value: unknown, inside: string, wanted: boolean): unknown[] {
    if (Array.isArray(value)) return value.flatMap((element) => expectedIn(element, inside, wanted));
    if (typeof value === 'string') return wanted ? [[inside, value]] : [];
    if (value === null) return [];
    return [...(wanted ? [[inside, undefined]] : [])];
  }
  function walk(value: unknown, name: string): unknown[] {
    if (Array.isArray(value)) return value.flatMap((element) => walk(element, name));
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([inner, below]: [string, unknown]) => {
      if (inner === OWN) return [];
      return told(below, inner, name);
    });
  }
  /** Values and what is in them, in the order of the document. */
  function told(value: unknown, key: string, inside: string): unknown[] {
    if (Array.isArray(value)) return value.flatMap((element) => told(element, key, inside));
    return [...expectedIn(value, inside, key === WANTED), ...walk(value, key)];
  }

  test('tells what JSON.parse finds', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(json, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (value, sizes) => {
        const document = JSON.stringify(value);
        expect(read(document, sizes)).toEqual(walk(JSON.parse(document), ''));
      }),
      { numRuns: 2_000 },
    );
  });
});
