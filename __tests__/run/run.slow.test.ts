import { afterAll, describe, expect, test, vi } from 'vitest';
import type * as limits from '../../src/run/limits.ts';
import type { Program } from '../../testing/engine/fake-engine.ts';
import { aWorld, CONCURRENT, endless, removeWorlds } from './world.ts';

vi.mock('../../src/run/limits.ts', async (original) => ({
  ...(await original<typeof limits>()),
  TIMEOUT_GRACE_MS: 200,
}));

afterAll(removeWorlds);

describe('a command that runs out of time', CONCURRENT, () => {
  const timeoutMinutes = 0.1 / 60;

  test.each<[string, Program]>([
    [
      'and ends',
      async ({ later }) => {
        await later;
        return 3;
      },
    ],
    ['and does not', endless],
  ])('%s has exit code 124', async (_, command) => {
    const world = aWorld({ command });
    expect(await world.run({ timeoutMinutes })).toMatchObject({ outcome: 'timeout', exitCode: 124, error: undefined });
    expect(world.errors).toEqual([]);
    expect({ left: world.left(), warnings: world.warnings }).toEqual({ left: [], warnings: [] });
  });
});
