import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromText, moveAside, printable } from '../../src/host/file-names.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

describe('a path for messages', () => {
  test.each([
    ['src/main.ts', 'src/main.ts'],
    ['ä/日本/🙂', 'ä/日本/🙂'],
    ['two words', 'two words'],
    ['a\nb', 'a\\nb'],
    ['a\r\tb', 'a\\r\\tb'],
    ['\x1b[31mred\x1b]0;t\x07', '\\x1b[31mred\\x1b]0;t\\x07'],
    ['a\\nb', 'a\\\\nb'],
    ['a\u202eb', 'a\\xe2\\x80\\xaeb'],
    ['a\u2028b\u2029c\u0085d', 'a\\xe2\\x80\\xa8b\\xe2\\x80\\xa9c\\xc2\\x85d'],
    ['zero\u200bwidth', 'zero\\xe2\\x80\\x8bwidth'],
    ['.envrc\u3164', '.envrc\\xe3\\x85\\xa4'],
    ['a\u2800b\u034fc\ufe0f', 'a\\xe2\\xa0\\x80b\\xcd\\x8fc\\xef\\xb8\\x8f'],
    ['cafe\u0301', 'cafe\u0301'],
  ])('%j is %j', (path, expected) => {
    expect(printable(fromText(path))).toBe(expected);
  });

  test.each([
    ['n\xff', 'n\\xff'],
    ['\xc3\xa4\xc3', 'ä\\xc3'],
    ['\xed\xa0\x80', '\\xed\\xa0\\x80'],
    ['\xc0\xaf', '\\xc0\\xaf'],
  ])('of bytes that are not UTF-8, %j is %j', (path, expected) => {
    expect(printable(path)).toBe(expected);
  });

  test('is what bash reads back', () => {
    const name = Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1)).filter((one) => one !== "'");
    for (const part of [name.slice(0, 40), name.slice(120, 160), name.slice(215)].map((list) => list.join(''))) {
      const { stdout } = spawnSync('bash', ['-c', `printf %s $'${printable(part)}'`]);
      expect(stdout.toString('latin1')).toBe(part);
    }
  });

  test('is short, and no two short ones look the same', () => {
    expect(printable('\n'.repeat(5_000)).length).toBeLessThanOrEqual(200);
    const names = ['a\n', 'a\\n', 'a\\\\n', 'a\x0a\x0a', 'a\xc2\x85', 'a\\xc2\\x85', 'a\x85', 'a\xc3\x85'];
    expect(new Set(names.map(printable)).size).toBe(names.length);
  });
});

test.each([1, 238, 239, 255])('a name of %i bytes is moved aside in its directory', (length) => {
  const [directory, name] = [temporaryDirectory(), 'x'.repeat(length)];
  writeFileSync(join(directory, name), '');
  const aside = moveAside(join(directory, name));
  expect(readdirSync(directory)).toEqual([aside.slice(directory.length + 1)]);
  expect(aside.slice(directory.length + 1)).toMatch(/^x+\.awf-[0-9a-f]{12}$/);
});

test('a link that is moved aside becomes a file that says where it led', () => {
  const [directory, target] = [temporaryDirectory(), '/nonexistent/\xff'];
  symlinkSync(Buffer.from(target, 'latin1'), join(directory, 'link'));
  const aside = moveAside(join(directory, 'link'));
  expect(readdirSync(directory)).toEqual([aside.slice(directory.length + 1)]);
  expect(lstatSync(aside).isFile()).toBe(true);
  expect(readFileSync(aside, 'latin1')).toBe(target);
});
