import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/docker/line-splitter.ts';

test.each([1, 2, 3, 7, 100])('chunks of %i bytes become the same lines', (size) => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const bytes = Buffer.from('one\n\ncafé 😀\nlast');
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
  splitter.end();
  expect(lines).toEqual(['one', '', 'café 😀', 'last']);
});
