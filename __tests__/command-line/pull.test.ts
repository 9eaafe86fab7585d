import { expect, test, vi } from 'vitest';
import { PULL } from '../../src/command-line/pull.ts';
import type { CommandContext } from '../../src/command-line/subcommand.ts';
import { builtImageNames } from '../../src/docker/images.ts';
import { FakeEngine, type FakeEngineOptions, type Verb } from '../../testing/engine/fake-engine.ts';
import { ROOT } from '../../testing/root.ts';
import { refusing } from '../run/world.ts';

const { squid, 'api-proxy': apiProxy, agent } = builtImageNames(`${ROOT}/dist`);
const OWN = [squid, apiProxy, agent];

/** An engine with nothing. */
const EMPTY: FakeEngineOptions = { image: () => undefined };

async function awfPull(
  argv: readonly string[],
  options: FakeEngineOptions = {},
  signal = new AbortController().signal,
) {
  const engine = new FakeEngine(options);
  let stderr = '';
  const written = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const answer = await PULL.run(argv, { root: ROOT, signal, engineWith: () => engine } as unknown as CommandContext);
    const calls = engine.calls.filter((call) => /^(pull|build|tag) /.test(call));
    return { answer, calls, stderr };
  } finally {
    written.mockRestore();
  }
}

test('an engine that has the images is asked for nothing', async () => {
  const { answer, calls } = await awfPull([]);
  expect(answer).toEqual({ text: `${OWN.join('\n')}\n`, exitCode: 0 });
  expect(calls).toEqual([]);
});

test('what is missing is built, and --force renews what is there', async () => {
  for (const { calls } of [await awfPull([], EMPTY), await awfPull(['--force'])]) {
    const builds = calls.filter((call) => call.startsWith('build'));
    expect(builds.toSorted()).toEqual(OWN.map((name) => `build ${name}`).toSorted());
  }
});

test.each([['ghcr.io/me/tools:1'], ['debian:13']])('the image of --agent-image is pulled: %s', async (image) => {
  const { answer, calls } = await awfPull(['--agent-image', image], {
    image: (name) =>
      name === image ? undefined : { platform: 'linux/amd64', volumes: [], builtAt: Date.now(), isStandIn: false },
  });
  expect(calls).toEqual([`pull ${image}`]);
  expect(answer).toMatchObject({ text: expect.stringMatching(`\n${image}\n$`) as string, exitCode: 0 });
});

test('from a registry, images are pulled under its name, and nothing is built', async () => {
  const { calls, answer } = await awfPull(['--image-registry', 'registry.example/awf'], EMPTY);
  expect(answer).toMatchObject({ exitCode: 0 });
  expect(calls.filter((call) => call.startsWith('build'))).toEqual([]);
  for (const name of OWN) expect(calls).toContain(`pull registry.example/awf/${name}`);
});

test.each([['--image-registry'], ['--agent-image']])('an empty %s is ignored, as for a run', async (flag) => {
  for (const value of ['', ' ']) expect(await awfPull([flag, value])).toEqual(await awfPull([]));
});

test.each<[what: string, argv: readonly string[], options: FakeEngineOptions, said: string]>([
  [
    'a registry that refuses',
    ['--image-registry', 'r.example/a'],
    { ...EMPTY, onCall: refusing('pull') },
    'r.example/a/',
  ],
  ['a build that fails', [], { ...EMPTY, onCall: refusing('build') }, 'docker build failed: no'],
  ['an engine that cannot be used', [], { info: { OSType: 'windows' } }, 'Windows'],
])('%s: the error, and how to bring the images from another machine', async (_, argv, options, said) => {
  const { answer, stderr } = await awfPull(argv, options);
  expect(answer).toEqual({ text: '', exitCode: 1 });
  expect(stderr.toLowerCase()).toContain(said.toLowerCase());
  expect(stderr).toContain(`docker save -o awf-images.tar ${OWN.join(' ')}\n  here:  docker load -i awf-images.tar`);
});

test.each<[Verb]>([['info'], ['build']])('a pull that is cancelled ends: at %s', async (when) => {
  const abort = new AbortController();
  const onCall = (verb: Verb): unknown => {
    if (verb !== when) return undefined;
    abort.abort(new Error('cancelled here'));
    return verb === 'build' ? new Promise<never>(() => undefined) : undefined;
  };
  const { answer, stderr } = await awfPull([], { ...EMPTY, onCall }, abort.signal);
  expect(answer).toEqual({ text: '', exitCode: 1 });
  expect(stderr).toContain('cancelled here');
});

test.each([
  [['--image-registry', 'https://x/'], '--image-registry'],
  [['--nonsense'], '--nonsense'],
  [['--agent-image'], '--agent-image needs a value.'],
  [['an-image'], 'too many arguments'],
])('a command line that was not understood: %j', async (argv, said) => {
  await expect(awfPull(argv, EMPTY)).rejects.toThrow(said);
});
