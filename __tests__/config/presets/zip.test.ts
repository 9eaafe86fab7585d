import { expect, test } from 'vitest';
import { fileInZip } from '../../../src/config/presets/zip.ts';
import { zipOf } from './zip-of.ts';

const ARCHIVE = zipOf({ stored: 'as it is', packed: 'again '.repeat(100) });

test('finds stored and compressed files', () => {
  expect(fileInZip(ARCHIVE, 'stored')?.toString()).toBe('as it is');
  expect(fileInZip(ARCHIVE, 'packed')?.toString()).toBe('again '.repeat(100));
  expect(fileInZip(Buffer.concat([ARCHIVE, Buffer.alloc(500)]), 'stored')?.toString()).toBe('as it is');
});

test.each([
  ['of another name', ARCHIVE, 'other'],
  ['in no archive', Buffer.from('PK, but nothing else of it, and longer than a record'), 'stored'],
  ['in an empty file', Buffer.alloc(0), 'stored'],
  ['in an archive whose beginning is cut off', ARCHIVE.subarray(60), 'packed'],
])('finds no file %s', (_, archive, name) => {
  expect(fileInZip(archive, name)).toBeUndefined();
});
