import { describe, expect, test } from 'vitest';
import { JsonScanner, quoted } from '../../../../containers/api-proxy/src/usage/json-scanner.ts';

function scan(text: string, size: number, key = 'usage'): unknown[] {
  const found: unknown[] = [];
  const scanner = new JsonScanner(quoted(key), (value) => found.push(value));
  const data = Buffer.from(text);
  for (let at = 0; at < data.length; at += size) scanner.push(data.subarray(at, at + size));
  return found;
}

const BRACES = { text: '}{"\\"', nested: { deeper: {} } };

describe('values of a key are found wherever chunks end', () => {
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
    ['not what is no JSON', '{"usage":{a:1}}', []],
    ['not what has no end', '{"usage":{"a":1', []],
    ['what follows one that is too long', `{"usage":{"a":"${'x'.repeat(20_000)}"},"usage":{"b":1}}`, [{ b: 1 }]],
  ])('%s', (_, text, expected) => {
    for (const size of [1, 2, 3, 5, 7, 16, 64, 1_000, 100_000])
      expect(scan(text, size), `by ${size}`).toEqual(expected);
  });
});
