import { beforeAll, describe, expect, test } from 'vitest';
import { CARGO } from '../../testing/packages/cargo.ts';
import { CURL, NODE, WGET } from '../../testing/packages/fetch.ts';
import { GIT } from '../../testing/packages/git.ts';
import { GO } from '../../testing/packages/go.ts';
import { JAVA, MAVEN } from '../../testing/packages/java.ts';
import { NPM } from '../../testing/packages/npm.ts';
import { PYTHON } from '../../testing/packages/python.ts';
import { allowedHost, refusedHost, workWith, type PackageWorld } from '../../testing/packages/world.ts';

const TOOLS = [NODE, CURL, WGET, GIT, NPM, PYTHON, GO, CARGO, JAVA, MAVEN];

/** Milliseconds. Go compiles its runtime and JVMs start, on whatever processors the machine has. */
const LIMIT = 540_000;

describe('the host’s build tools, without proxy settings', () => {
  let world: PackageWorld;
  beforeAll(async () => {
    world = await workWith(TOOLS.filter(({ missing }) => missing === undefined));
  }, LIMIT);

  test('the command can write next to what is mounted deep in the home', () => {
    expect(world.stdout).toContain('beside the mount: written');
  });

  for (const tool of TOOLS) {
    const { name, missing } = tool;
    describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (${missing})`, () => {
      test('gets what it needs from a registry on the allow-list', () => {
        const { code, output } = world.allowed.get(tool)!;
        expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(tool.built) as string });
        expect(world.result.traffic.domains?.allowed.map(({ domain }) => domain)).toContain(allowedHost(tool));
        expect(world.requests.filter((request) => request.includes(` ${allowedHost(tool)}/`))).not.toEqual([]);
      });

      test('control: fails with a registry that is not, and the report contains the refusal', () => {
        const { code, output } = world.refused.get(tool)!;
        expect({ code, output }).not.toEqual({ code: 0, output: expect.anything() as string });
        expect(output).not.toContain(tool.built);
        expect(world.result.traffic.domains?.blocked.map(({ domain }) => domain)).toContain(refusedHost(tool));
        expect(world.requests.filter((request) => request.includes(` ${refusedHost(tool)}/`))).toEqual([]);
      });
    });
  }
});
