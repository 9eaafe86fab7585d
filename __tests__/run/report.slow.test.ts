import { dirname, join } from 'node:path';
import type * as io from '@actions/io';
import { afterAll, expect, test, vi } from 'vitest';
import type * as egressBuild from '../../src/config/egress-build.ts';
import type * as sought from '../../src/run/sought.ts';
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

/** Workspaces whose reports cannot be thought through. */
const puzzling = vi.hoisted(() => new Set<string>());

vi.mock('../../src/config/egress-build.ts', async (original) => {
  const real = await original<typeof egressBuild>();
  const thisMachine: typeof real.thisMachine = (env, environment, workspace) => {
    if (puzzling.has(workspace)) throw new Error('no machine');
    return real.thisMachine(env, environment, workspace);
  };
  return { ...real, thisMachine };
});

vi.mock('../../src/run/sought.ts', async (original) => {
  const real = await original<typeof sought>();
  const soughtPrograms: typeof real.soughtPrograms = (config, ...others) => {
    if (puzzling.has(config.workspace)) throw new Error('no programs');
    return real.soughtPrograms(config, ...others);
  };
  return { ...real, soughtPrograms };
});

afterAll(removeWorlds);

test('what cannot be worked out costs itself, and not the rest of the report', async () => {
  const world = aWorld({ command: async () => 127 });
  puzzling.add(world.workspace);
  const result = await world.run();
  expect(result).toMatchObject({ outcome: 'failure', exitCode: 127, egress: undefined, sought: [], error: undefined });
  expect(result.traffic.domains).toBeDefined();
  expect(world.warnings).toEqual([
    'Could not sort what was refused: no machine',
    'Could not look for the program: no programs',
  ]);
  expect(world.left()).toEqual([]);
});

test('a failure to remove the run’s own files causes a warning', async () => {
  const world = aWorld();
  stuck.add(world.temporary);
  expect(await world.run()).toMatchObject({ outcome: 'success', exitCode: 0, error: undefined });
  const [directory] = world.left();
  expect(world.warnings).toEqual([
    expect.stringMatching(`^Could not remove ${join(world.temporary, directory!)}: File was unable to be removed`),
  ]);
});
