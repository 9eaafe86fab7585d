import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { BUILT_LABEL } from '../../src/docker/image-facts.ts';
import { builtImageNames, type ImageNames } from '../../src/docker/images.ts';
import { ensureOwnImages } from '../../src/docker/own-images.ts';
import type { Role } from '../../src/shared/network.ts';
import { docker } from '../../testing/engine/engine.ts';
import { newImageName } from '../../testing/engine/test-image.ts';
import { ROOT } from '../../testing/root.ts';

const DAY = 24 * 60 * 60 * 1000;
const REAL = builtImageNames(join(ROOT, 'dist'));
const ENGINE = new DockerEngine(() => undefined);

/** AWF's image of `role` under a name of the test's own. Its label says that it was built `days` ago. */
function imageOfAge(role: Role, days: number): string {
  const name = newImageName(role);
  const date = new Date(Date.now() - days * DAY).toISOString();
  docker(['build', `--tag=${name}`, '-'], `FROM ${REAL[role]}\nLABEL ${BUILT_LABEL}=${date}\n`);
  return name;
}

const idOf = (image: string): string => docker(['image', 'inspect', '--format={{.Id}}', image]);
const dateOf = (image: string): string =>
  docker(['image', 'inspect', `--format={{index .Config.Labels "${BUILT_LABEL}"}}`, image]);

/** Images that lost their name to a rebuild. */
function namelessImages(): Set<string> {
  const filters = ['--filter=dangling=true', `--filter=label=${BUILT_LABEL}`];
  return new Set(docker(['image', 'ls', '--quiet', ...filters]).split('\n'));
}

function ensure(images: ImageNames): { done: Promise<unknown>; warnings: string[] } {
  const warnings: string[] = [];
  const ignore = (): undefined => undefined;
  const reporter = { debug: ignore, info: ignore, warning: (text: string) => warnings.push(text), error: ignore };
  return { done: ensureOwnImages(ENGINE, images, { root: ROOT }, reporter), warnings };
}

beforeAll(() => {
  docker(['image', 'inspect', ...Object.values(REAL)]);
});

/** The api-proxy's image is the old one, because its build needs no package mirror. */
test('an old image is rebuilt, by two runs at once and under a running container; a new one is left alone', async () => {
  const images: ImageNames = {
    squid: imageOfAge('squid', 29),
    'api-proxy': imageOfAge('api-proxy', 31),
    agent: imageOfAge('agent', 0),
  };
  const before = Object.values(images).map(idOf);
  const nameless = namelessImages();
  onTestFinished(() => {
    for (const id of namelessImages().difference(nameless)) spawnSync('docker', ['image', 'rm', id]);
  });
  const container = docker([
    'run',
    '--detach',
    '--network=none',
    '--entrypoint=node',
    images['api-proxy'],
    '-e',
    'setTimeout(Object, 300_000)',
  ]);
  onTestFinished(() => void docker(['rm', '--force', container]));

  const runs = [ensure(images), ensure(images)];
  await Promise.all(runs.map(({ done }) => done));

  expect(runs.flatMap(({ warnings }) => warnings)).toEqual([]);
  const after = Object.values(images).map(idOf);
  expect(after.map((id, index) => id === before[index])).toEqual([true, false, true]);
  expect(Date.now() - Date.parse(dateOf(images['api-proxy']))).toBeLessThan(5 * 60_000);
  const format = '--format={{.State.Running}} {{.Image}}';
  expect(docker(['inspect', format, container])).toBe(`true ${before[1]!}`);
  expect(docker(['run', '--rm', '--network=none', '--entrypoint=node', images['api-proxy'], '--version'])).toMatch(
    /^v24\./,
  );
});
