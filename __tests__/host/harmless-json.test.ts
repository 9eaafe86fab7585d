import { expect, test } from 'vitest';
import { harmlessJson } from '../../src/host/harmless-json.ts';

test('what is invisible or turns the text around is escaped, and means the same', () => {
  const value = {
    'a\u202e': '\u200b\u009b\u2028\ufeff\u{e0041}\u007f\u001b',
    plain: 'ä 😀 \\u200b',
    list: [1, null, true],
  };
  const text = harmlessJson(value);
  expect(text).toBe(
    '{"a\\u202e":"\\u200b\\u009b\\u2028\\ufeff\\udb40\\udc41\\u007f\\u001b","plain":"ä 😀 \\\\u200b","list":[1,null,true]}',
  );
  expect(JSON.parse(text)).toEqual(value);
  expect(JSON.parse(harmlessJson(value, 2))).toEqual(value);
});
