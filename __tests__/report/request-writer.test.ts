import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REQUESTS_FILE, RequestWriter } from '../../src/report/request-writer.ts';
import type { EgressRequest } from '../../src/report/requests.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const REQUEST: EgressRequest = {
  ...{
    version: 1,
    time: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    source: 'agent',
    scheme: 'https',
    host: 'a.example',
  },
  ...{ port: 443, serverName: null, verdict: 'allowed', reason: null, rule: null, status: 200 },
  ...{ bytesSent: 1, bytesReceived: 2 },
};

async function write(path: string, requests: number): Promise<RequestWriter<EgressRequest>> {
  const writer = new RequestWriter<EgressRequest>(path);
  for (let index = 0; index < requests; index++) await writer.write(REQUEST);
  await writer.close();
  return writer;
}

describe('the file', () => {
  test.each([0, 1, 5_000])('has one line for each of %i requests', async (count) => {
    const path = join(temporaryDirectory(), REQUESTS_FILE);
    expect((await write(path, count)).error).toBeUndefined();
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(count);
    for (const line of lines.slice(0, 1)) expect(JSON.parse(line)).toEqual(REQUEST);
  });

  test('replaces what stands there, and follows no link', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'victim'), 'kept');
    symlinkSync('victim', join(directory, REQUESTS_FILE));
    await write(join(directory, REQUESTS_FILE), 1);
    expect(readFileSync(join(directory, 'victim'), 'utf8')).toBe('kept');
    expect(readFileSync(join(directory, REQUESTS_FILE), 'utf8')).toContain('a.example');
  });
});

test('what cannot be written is said, and nothing of it stays', async () => {
  const directory = join(temporaryDirectory(), 'absent');
  const writer = await write(join(directory, REQUESTS_FILE), 5_000);
  expect(writer.error).toMatchObject({ code: 'ENOENT' });
  mkdirSync(directory);
  expect(readdirSync(directory)).toEqual([]);
});
