import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { builtImageNames, type ImageNames } from '../../src/docker/images.ts';
import { ensureOwnImages } from '../../src/docker/own-images.ts';
import { ROLES } from '../../src/shared/network.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { docker } from '../../testing/engine/engine.ts';
import { newImageName } from '../../testing/engine/test-image.ts';
import { HAS_REGISTRY_PACKAGE, startRegistry, type Registry } from '../../testing/registry.ts';
import { ROOT } from '../../testing/root.ts';

const REAL = builtImageNames(join(ROOT, 'dist'));
const ENGINE = new DockerEngine(() => undefined);
const idOf = (image: string): string => docker(['image', 'inspect', '--format={{.Id}}', image]);

/** Names under which the engine has nothing yet. */
const newNames = (): ImageNames =>
  Object.fromEntries(ROLES.map((role) => [role, newImageName(role)])) as unknown as ImageNames;

/** @param recorded the content of `dist/images.json` */
function installation(recorded: object): string {
  const root = temporaryDirectory();
  cpSync(join(ROOT, 'containers'), join(root, 'containers'), { recursive: true });
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'dist', 'images.json'), JSON.stringify(recorded));
  return root;
}

function ensure(images: ImageNames, root: string, path?: string) {
  const said: string[] = [];
  const say = (text: string): unknown => said.push(text);
  const reporter = { debug: say, info: say, warning: say, error: say };
  const registry = path === undefined ? undefined : { path, option: 'image-registry' };
  return { done: ensureOwnImages(ENGINE, images, { root, registry }, reporter), said };
}

describe.skipIf(!HAS_REGISTRY_PACKAGE)('images in a registry', () => {
  let registry: Registry;
  let path: string;
  const pushed: string[] = [];

  beforeAll(async () => {
    registry = await startRegistry();
    path = `${registry.host}/tools/awf`;
  }, 120_000);
  afterAll(async () => {
    for (const reference of pushed) docker(['image', 'rm', reference]);
    await registry.stop();
  });

  /** Puts this build's images into the registry. @returns their references with digests */
  function push(names: ImageNames): ImageNames {
    const entries = ROLES.map((role) => {
      const reference = `${path}/${names[role]}`;
      docker(['tag', REAL[role], reference]);
      pushed.push(reference);
      docker(['push', '--quiet', reference]);
      const digests = docker(['image', 'inspect', '--format={{join .RepoDigests "\\n"}}', reference]).split('\n');
      return [role, digests.find((digest) => digest.startsWith(`${path}/`))];
    });
    return Object.fromEntries(entries) as ImageNames;
  }

  test('are found by the registry’s name, and used under their own', async () => {
    const names = newNames();
    push(names);
    await ensure(names, installation(names), path).done;
    expect(ROLES.map((role) => idOf(names[role]))).toEqual(ROLES.map((role) => idOf(REAL[role])));
  });

  test('are found by the digests that a release recorded', async () => {
    const references = push(newNames());
    const names = newNames();
    const recorded = ROLES.map((role) => [role, { name: names[role], published: references[role] }]);
    const { done, said } = ensure(names, installation(Object.fromEntries(recorded) as object));
    await done;
    expect(said.toSorted()).toEqual(
      ROLES.map((role) => `Pulling ${references[role]}: the engine does not have it.`).toSorted(),
    );
    expect(ROLES.map((role) => idOf(names[role]))).toEqual(ROLES.map((role) => idOf(REAL[role])));
  });

  test('that are not there stop a run that names the registry', async () => {
    const names = newNames();
    await expect(ensure(names, installation(names), `${path}/elsewhere`).done).rejects.toMatchObject({
      message: `image-registry: ${path}/elsewhere/${names.squid} could not be pulled.`,
      cause: { message: expect.stringMatching(/docker pull failed .*(not found|manifest unknown)/) as string },
    });
  });
});

test('images from docker save are found by their names, and nothing is asked of a registry', async () => {
  const names = newNames();
  const archive = join(temporaryDirectory(), 'images.tar');
  for (const role of ROLES) docker(['tag', REAL[role], names[role]]);
  docker(['save', `--output=${archive}`, names.squid, names.agent]);
  docker(['image', 'rm', names.squid, names.agent]);
  docker(['load', `--input=${archive}`]);
  rmSync(archive);
  const { done, said } = ensure(names, installation(names), '127.0.0.1:1/nowhere');
  await done;
  expect(said).toEqual([]);
}, 120_000);

/**
 * Plays buildx with a builder in a container as the one in use: what it builds stays there, unless the engine's own builder
 * is asked for. The Docker client runs it as it runs buildx.
 */
const BUILDX = `#!/bin/bash
if [[ $1 == docker-cli-plugin-metadata ]]; then
  echo '{"SchemaVersion":"0.1.0","Vendor":"test","Version":"v0.0.1","ShortDescription":"test"}'
  exit
fi
echo "builder: \${BUILDX_BUILDER-none}" >> "\${0%/*}/log"
[[ \${BUILDX_BUILDER-} == default ]] || exit 0
while [[ $1 != build ]]; do shift; done
DOCKER_CONFIG= DOCKER_BUILDKIT=0 exec docker "$@"
`;

test('a builder that the job has chosen for itself does not get AWF’s builds', async () => {
  const configuration = temporaryDirectory();
  const plugin = join(configuration, 'cli-plugins', 'docker-buildx');
  mkdirSync(join(configuration, 'cli-plugins'));
  writeFileSync(plugin, BUILDX);
  chmodSync(plugin, 0o755);
  const names = { ...REAL, agent: newImageName('agent') };
  // An image that takes no time to build.
  const root = installation(names);
  writeFileSync(join(root, 'containers', 'agent', 'Dockerfile'), 'FROM scratch\nLABEL test=true\n');
  const before = { DOCKER_CONFIG: process.env['DOCKER_CONFIG'], BUILDX_BUILDER: process.env['BUILDX_BUILDER'] };
  Object.assign(process.env, { DOCKER_CONFIG: configuration, BUILDX_BUILDER: 'in-a-container' });
  try {
    await ensure(names, root).done;
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
  expect(idOf(names.agent)).toMatch(/^sha256:/);
  // A client that comes with buildx builds with it. Others build on the engine at once.
  const log = readFileSync(join(configuration, 'cli-plugins', 'log'), 'utf8');
  expect(log).toBe('builder: default\n');
});
