import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import type * as limits from '../../src/run/limits.ts';
import { watchLogs } from '../../src/run/log-watch.ts';
import { ACCESS_LOG, CACHE_LOG, SQUID_LOG_DIR } from '../../src/shared/contract.ts';
import { LOG_LIMIT_BYTES } from '../../src/shared/log-limit.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { accessLine } from '../../testing/engine/log-lines.ts';
import { aWorld, endless, removeWorlds } from './world.ts';

vi.mock('../../src/run/limits.ts', async (original) => ({
  ...(await original<typeof limits>()),
  LOG_WATCH_INTERVAL_MS: 10,
}));

afterAll(removeWorlds);

test.each([ACCESS_LOG, CACHE_LOG])('L2 a %s that reaches its limit is the end', async (name) => {
  const squid = temporaryDirectory();
  const { exceeded, stop } = watchLogs({ squid }, 1024 * 1024);
  let isOver = false;
  exceeded.catch(() => (isOver = true));
  writeFileSync(join(squid, name), Buffer.alloc(1024 * 1024 - 1));
  await sleep(50);
  expect(isOver).toBe(false);
  writeFileSync(join(squid, name), '+', { flag: 'a' });
  await expect(exceeded).rejects.toThrow(`The run was ended because ${join(squid, name)} has reached 1 MiB.`);
  stop();
});

test('L2 a run whose log is flooded ends with the reason, and its report has what was logged', async () => {
  const world = aWorld({
    programs: {
      squid: async ({ hostPath, asked, spec }) => {
        const directory = hostPath(SQUID_LOG_DIR);
        mkdirSync(directory, { recursive: true });
        const agent = spec.address?.replace(/\d+$/, '20') ?? '';
        writeFileSync(join(directory, ACCESS_LOG), accessLine(agent, 'allowed.example:443'));
        await sleep(100);
        truncateSync(join(directory, ACCESS_LOG), LOG_LIMIT_BYTES);
        await asked;
        return 0;
      },
    },
    command: endless,
  });
  const result = await world.run();
  expect(result).toMatchObject({
    outcome: 'error',
    traffic: { domains: { allowed: [{ domain: 'allowed.example' }] } },
  });
  expect(String(result.error)).toContain('has reached 256 MiB');
  expect(world.left()).toEqual([]);
});
