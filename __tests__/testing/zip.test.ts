import { expect, test } from 'vitest';
import { readZip, writeZip } from '../../testing/zip.ts';

test('an archive contains the files that were added', () => {
  const files = { 'a.txt': 'text', 'b/c': Buffer.from([0, 255, 80, 75]), empty: '', 'ü/name': 'x' };
  const expected = Object.entries(files).map(([path, content]) => [path, Buffer.from(content as string)]);
  expect([...readZip(writeZip(files))]).toEqual(expected);
  expect(() => readZip(writeZip(files).fill(0, 35, 39))).toThrow();
});
