import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { standardInput } from '../../../../containers/api-proxy/src/start/standard-input.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'awf-stdin-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function read(fd: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of standardInput(fd)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a file is read to the end, in more than one chunk', async () => {
  const text = 'é'.repeat(100_000);
  const path = join(folder, 'document');
  writeFileSync(path, text);
  const fd = openSync(path, 'r');
  try {
    expect(await read(fd)).toBe(text);
    expect(standardInput(fd).isTTY).toBe(false);
  } finally {
    closeSync(fd);
  }
});

test('waits for a non-blocking pipe', async () => {
  const path = join(folder, 'pipe');
  await once(execFile('mkfifo', [path]), 'close');
  const fd = openSync(path, 'r+');
  const nonblocking = openSync(path, 0o4000 /* O_RDONLY | O_NONBLOCK */);
  try {
    const text = read(nonblocking);
    writeFileSync(fd, 'late');
    closeSync(fd);
    expect(await text).toBe('late');
  } finally {
    closeSync(nonblocking);
  }
});

test('a device such as /dev/null or a terminal is not read', () => {
  const fd = openSync('/dev/null', 'r');
  try {
    expect(standardInput(fd).isTTY).toBe(true);
  } finally {
    closeSync(fd);
  }
});

test('a closed descriptor is an error', () => {
  expect(() => standardInput(9_999)).toThrow(/EBADF/);
});
