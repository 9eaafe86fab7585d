import { dirname, join } from 'node:path';
import type * as io from '@actions/io';
import { afterAll, expect, test, vi } from 'vitest';
import { aWorld, removeWorlds } from './world.ts';

/** Work directories that cannot be removed. */
const stuck = vi.hoisted(() => new Set<string>());

vi.mock('@actions/io', async (original) => {
  const real = await original<typeof io>();
  const rmRF: typeof real.rmRF = async (path) => {
    if (stuck.has(dirname(path))) throw new Error(`File was unable to be removed ${path}`);
    await real.rmRF(path);
  };
  return { ...real, rmRF };
});

afterAll(removeWorlds);

test('a failure to remove the run’s own files causes a warning', async () => {
  const world = aWorld();
  stuck.add(world.temporary);
  expect(await world.run()).toMatchObject({ outcome: 'success', exitCode: 0, error: undefined });
  const [directory] = world.left();
  expect(world.warnings).toEqual([
    expect.stringMatching(`^Could not remove ${join(world.temporary, directory!)}: File was unable to be removed`),
  ]);
});
