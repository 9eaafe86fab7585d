import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog, newRecord } from '../../../containers/api-proxy/src/log.ts';
import type { RequestRecord } from '../../../src/shared/request-record.ts';
import { LOG_LEVELS, type LogLevel } from '../../../src/shared/log-level.ts';

describe('the log', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'awf-log-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('writes every line once and in order to every destination', async () => {
    const paths = ['a.log', 'b.log'].map((name) => join(folder, name));
    const fds = paths.map((path) => openSync(path, 'a'));
    const log = createLog(fds, 'info');
    const expected: string[] = [];
    for (let i = 0; i < 5_000; i++) {
      const record = newRecord('openai', 'POST', `/v1/${'x'.repeat(i % 7)}`);
      log.request(record);
      expected.push(`${JSON.stringify(record)}\n`);
      if (i % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await log.close();
    for (const path of paths) expect(await readFile(path, 'utf8')).toBe(expected.join(''));
    fds.forEach(closeSync);
  });

  test('is written soon, without waiting for the end', async () => {
    const path = join(folder, 'soon.log');
    const fd = openSync(path, 'a');
    createLog([fd], 'info').event('info', 'soon', { port: 1 });
    await expect
      .poll(() => readFile(path, 'utf8'))
      .toMatch(/^\{"event":"soon","level":"info","time":"[^"]+","port":1\}\n$/);
    closeSync(fd);
  });

  test('survives a destination that cannot be written to', async () => {
    const path = join(folder, 'good.log');
    const fd = openSync(path, 'a');
    const full = openSync('/dev/full', 'w');
    const log = createLog([full, fd], 'info');
    log.event('info', 'good', {});
    await log.close();
    expect(await readFile(path, 'utf8')).toContain('"good"');
    closeSync(fd);
    closeSync(full);
  });

  describe('L2 that has reached its limit', () => {
    const used = {
      ...{ inputTokens: 10, outputTokens: 2, cachedInputTokens: 1, cacheWriteTokens: 4, hourCacheWriteTokens: 3 },
      estimated: false,
    };
    const record = (): RequestRecord => ({ ...newRecord('openai', 'POST', '/v1/responses'), requests: 1, usage: used });
    const lineOf = (line: object): number => Buffer.byteLength(JSON.stringify(line)) + 1;

    /** Logs `count` requests, one after the other. @returns the lines of the file */
    async function logged(count: number, maxBytes: number): Promise<{ event: string }[]> {
      const path = join(folder, `limit-${maxBytes}.log`);
      const fd = openSync(path, 'a');
      const log = createLog([fd], 'info', maxBytes);
      for (let i = 0; i < count; i++) {
        log.request(record());
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      await log.close();
      closeSync(fd);
      const text = await readFile(path, 'utf8');
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: string });
    }

    test('has whole lines only, and counts the others in its last one', async () => {
      const lines = await logged(5, 2 * lineOf(record()) + 100);
      expect(lines.map(({ event }) => event)).toEqual(['request', 'request', 'dropped']);
      expect(lines.at(-1)).toMatchObject({
        ...{ event: 'dropped', level: 'warn', lines: 3, requests: 3 },
        ...{ inputTokens: 30, outputTokens: 6, cachedInputTokens: 3, cacheWriteTokens: 12, hourCacheWriteTokens: 9 },
      });
    });

    test('control: says nothing of the kind if all lines fit', async () => {
      const lines = await logged(3, 4 * lineOf(record()));
      expect(lines.map(({ event }) => event)).toEqual(['request', 'request', 'request']);
    });
  });

  test.each<[LogLevel, string[]]>([
    ['error', ['request', 'error']],
    ['warn', ['request', 'error', 'warn']],
    ['info', ['request', 'error', 'warn', 'info']],
    ['debug', ['request', 'error', 'warn', 'info', 'debug']],
  ])('at %s contains every request and %j', async (level, expected) => {
    const path = join(folder, `${level}.log`);
    const fd = openSync(path, 'a');
    const log = createLog([fd], level);
    log.request(newRecord('openai', 'GET', '/v1/models'));
    for (const needed of LOG_LEVELS) log.event(needed, needed, {});
    await log.close();
    closeSync(fd);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(expected);
    expect(log.isDebug).toBe(level === 'debug');
  });

  test.each([
    ['/v1/x?key=secret', '/v1/x'],
    [`/${'a'.repeat(2_000)}`, `/${'a'.repeat(511)}`],
    [`/${'a'.repeat(2_000)}?key=secret`, `/${'a'.repeat(511)}`],
  ])('contains no query and no overlong path', (target, path) => {
    expect(newRecord('openai', 'GET', target).path).toBe(path);
  });
});
