import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog, newRecord } from '../../../containers/api-proxy/src/log.ts';

describe('the log', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'awf-log-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('writes every line once and in order to every place', async () => {
    const paths = ['a.log', 'b.log'].map((name) => join(folder, name));
    const fds = paths.map((path) => openSync(path, 'a'));
    const log = createLog(fds);
    const expected: string[] = [];
    for (let i = 0; i < 5_000; i++) {
      log.write({ i, text: 'x\ny' });
      expected.push(`${JSON.stringify({ i, text: 'x\ny' })}\n`);
      if (i % 1_000 === 0) await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await log.close();
    for (const path of paths) expect(await readFile(path, 'utf8')).toBe(expected.join(''));
    fds.forEach(closeSync);
  });

  it('appears on its own, without an end', async () => {
    const path = join(folder, 'soon.log');
    const fd = openSync(path, 'a');
    createLog([fd]).write({ soon: true });
    await expect.poll(() => readFile(path, 'utf8')).toBe('{"soon":true}\n');
    closeSync(fd);
  });

  it('survives a place that cannot be written to', async () => {
    const path = join(folder, 'good.log');
    const fd = openSync(path, 'a');
    const full = openSync('/dev/full', 'w');
    const log = createLog([full, fd]);
    log.write({ a: 1 });
    await log.close();
    expect(await readFile(path, 'utf8')).toBe('{"a":1}\n');
    closeSync(fd);
    closeSync(full);
  });

  it.each([
    ['/v1/x?key=secret', '/v1/x'],
    [`/${'a'.repeat(2_000)}`, `/${'a'.repeat(511)}`],
    [`/${'a'.repeat(2_000)}?key=secret`, `/${'a'.repeat(511)}`],
  ])('keeps no query and no overlong path', (target, path) => {
    expect(newRecord('openai', 'GET', target).path).toBe(path);
  });
});
