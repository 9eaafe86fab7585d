import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Engine, ImageFacts } from '../../src/docker/engine.ts';
import { BUILT_LABEL } from '../../src/docker/image-facts.ts';
import type { ImageSource } from '../../src/docker/wanted-images.ts';
import type { ImageNames } from '../../src/docker/images.ts';
import { ensureOwnImages } from '../../src/docker/own-images.ts';
import { UserError } from '../../src/errors.ts';
import { ROLES } from '../../src/shared/network.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const IMAGES: ImageNames = { squid: 'awf-squid:0', 'api-proxy': 'awf-api-proxy:0', agent: 'awf-agent:0' };
const DEBIAN = 'debian:trixie-slim';
const NODE = 'node:24-trixie-slim';
const DAY = 24 * 60 * 60 * 1000;

function aged(days: number, isStandIn = false): ImageFacts {
  return { platform: 'linux/amd64', volumes: [], builtAt: Date.now() - days * DAY, isStandIn };
}

/** An installation with a Dockerfile for each role. @param published where its images are */
function anInstallation(published: Partial<ImageNames>): string {
  const root = temporaryDirectory();
  for (const role of ROLES) {
    mkdirSync(join(root, 'containers', role), { recursive: true });
    const base = role === 'api-proxy' ? NODE : DEBIAN;
    writeFileSync(join(root, 'containers', role, 'Dockerfile'), `# comment\nARG BASE=${base}\n\nFROM \${BASE}\n`);
  }
  mkdirSync(join(root, 'dist'));
  const recorded = ROLES.map((role) => [role, { name: IMAGES[role], published: published[role] }]);
  writeFileSync(join(root, 'dist', 'images.json'), JSON.stringify(Object.fromEntries(recorded)));
  return root;
}

interface Behaviour {
  readonly images?: Readonly<Record<string, ImageFacts>>;
  readonly build?: (name: string, onLine: (line: string) => void) => Promise<void>;
  readonly pull?: (name: string) => Promise<void>;
  /** Whether the engine has what was built. */
  readonly keepsBuilds?: boolean;
  readonly published?: Partial<ImageNames>;
  /** What a registry's images say of themselves. */
  readonly pulledFacts?: ImageFacts;
}

/** Runs `ensureOwnImages` with a fake engine that has `images`, and returns what it was asked for. */
function ensure(behaviour: Behaviour, source: Partial<ImageSource> = {}) {
  const { build, pull, keepsBuilds = true, published = {}, pulledFacts = aged(0) } = behaviour;
  const images = { ...behaviour.images };
  const asked = {
    inspected: [] as string[][],
    built: [] as string[],
    pulled: [] as string[],
    tagged: [] as string[][],
    args: [] as string[][],
  };
  const said = { debug: [] as string[], info: [] as string[], warning: [] as string[], error: [] as string[] };
  const engine = {
    imagesOf: async (names) => {
      asked.inspected.push([...names]);
      return new Map(names.flatMap((name) => (images[name] ? [[name, images[name]]] : [])));
    },
    build: async (args, onLine) => {
      const name = args.find((arg) => arg.startsWith('--tag='))!.slice('--tag='.length);
      asked.built.push(name);
      asked.args.push([...args]);
      await build?.(name, onLine);
      if (keepsBuilds) images[name] = aged(0);
    },
    pull: async (name) => {
      asked.pulled.push(name);
      await pull?.(name);
    },
    tag: async (name, further) => {
      asked.tagged.push([name, further]);
      images[further] = pulledFacts;
    },
  } as Partial<Engine> as Engine;
  const reporter = {
    debug: (text: string) => said.debug.push(text),
    info: (text: string) => said.info.push(text),
    warning: (text: string) => said.warning.push(text),
    error: (text: string) => said.error.push(text),
  };
  const done = ensureOwnImages(engine, IMAGES, { root: anInstallation(published), ...source }, reporter);
  return { done, asked, said };
}

const fresh = (): Record<string, ImageFacts> => Object.fromEntries(Object.values(IMAGES).map((n) => [n, aged(29.9)]));
const offline = async (): Promise<void> => {
  throw new UserError('docker pull failed (exit code 1): no such host');
};

describe('on the start path', () => {
  test('recent images cost one engine call, and nothing is built or pulled', async () => {
    const { done, asked, said } = ensure({ images: fresh() });
    await done;
    expect(asked).toEqual({ inspected: [Object.values(IMAGES)], built: [], pulled: [], tagged: [], args: [] });
    expect(said).toEqual({ debug: [], info: [], warning: [], error: [] });
  });
});

describe('missing images', () => {
  test('are built on bases that are pulled first, without the layer cache and with a date', async () => {
    const { done, asked, said } = ensure({});
    await done;
    expect(asked.built.toSorted()).toEqual(Object.values(IMAGES).toSorted());
    expect(asked.pulled.toSorted()).toEqual([DEBIAN, NODE]);
    for (const args of asked.args) {
      expect(args).toContain('--no-cache');
      const label = args.find((arg) => arg.startsWith(`--label=${BUILT_LABEL}=`))!;
      expect(Math.abs(Date.parse(label.split('=')[2]!) - Date.now())).toBeLessThan(60_000);
    }
    expect(said.warning).toEqual([]);
  });

  test('are built in parallel', async () => {
    let running = 0;
    let most = 0;
    const { done } = ensure({
      build: async () => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
      },
    });
    await done;
    expect(most).toBe(3);
  });

  test('lines of parallel builds start with the name of their image', async () => {
    const { done, said } = ensure({
      build: async (name, onLine) => {
        onLine(`Step 1 of ${name}`);
      },
    });
    await done;
    expect(said.debug.toSorted()).toEqual([
      'agent: Step 1 of awf-agent:0',
      'api-proxy: Step 1 of awf-api-proxy:0',
      'squid: Step 1 of awf-squid:0',
    ]);
  });

  test('one that cannot be built is an error, once the other builds have ended', async () => {
    let ended = false;
    const { done } = ensure({
      build: async (name) => {
        if (name === IMAGES.squid) throw new Error('no space left on device');
        await new Promise((resolve) => setTimeout(resolve, 20));
        ended = true;
      },
    });
    const error: unknown = await done.catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      message: 'The image awf-squid:0 could not be built.',
      cause: { message: 'no space left on device' },
    });
    expect(ended).toBe(true);
  });

  test('are built once more if a build fails, and the log says so', async () => {
    let failures = 0;
    const { done, asked, said } = ensure({
      build: async (name) => {
        if (name === IMAGES.squid && (failures += 1) === 1) throw new UserError('the mirror did not answer');
      },
    });
    await done;
    expect(asked.built.filter((name) => name === IMAGES.squid)).toHaveLength(2);
    expect(asked.built).toHaveLength(4);
    expect(said.info).toContain(
      'The build of awf-squid:0 failed, and is tried once more. Cause: the mirror did not answer',
    );
    expect(said.warning).toEqual([]);
  });

  test('that were built for somebody else are an error that names them', async () => {
    const { done } = ensure({ images: { ...fresh(), [IMAGES.agent]: aged(31) }, keepsBuilds: false });
    await done; // The old image is still there.
    await expect(ensure({ keepsBuilds: false }).done).rejects.toMatchObject({
      message: 'The engine does not have what was built: awf-squid:0, awf-api-proxy:0, awf-agent:0.',
      hint: expect.stringContaining('docker buildx ls') as string,
    });
  });

  test('are built on bases of another registry', async () => {
    const { done, asked } = ensure({}, { bases: 'mirror.example/library' });
    await done;
    expect(asked.pulled.toSorted()).toEqual([`mirror.example/library/${DEBIAN}`, `mirror.example/library/${NODE}`]);
    expect(
      asked.args
        .flat()
        .filter((arg) => arg.startsWith('--build-arg=BASE='))
        .toSorted(),
    ).toEqual([
      `--build-arg=BASE=mirror.example/library/${DEBIAN}`,
      `--build-arg=BASE=mirror.example/library/${DEBIAN}`,
      `--build-arg=BASE=mirror.example/library/${NODE}`,
    ]);
  });

  test('are built on the machine’s own bases if no registry answers, with a warning for each image', async () => {
    const { done, asked, said } = ensure({ pull: offline });
    await done;
    expect(asked.built).toHaveLength(3);
    expect(said.warning).toHaveLength(3);
    expect(said.warning[0]).toMatch(
      /^The image awf-\S+ was built on this machine's own copy of \S+-slim, .*no such host$/s,
    );
  });
});

describe('old images', () => {
  test('are rebuilt after 30 days; recent ones are not', async () => {
    const { done, asked, said } = ensure({ images: { ...fresh(), [IMAGES.squid]: aged(30.1) } });
    await done;
    expect(asked).toMatchObject({ built: [IMAGES.squid], pulled: [DEBIAN] });
    expect(said.info).toEqual(['Building awf-squid (1 of 1): it is 30 days old and may lack security updates.']);
    expect(said.warning).toEqual([]);
  });

  test('are rebuilt on a base that only this machine has, which is not pulled', async () => {
    const { done, asked, said } = ensure({
      images: { ...fresh(), [IMAGES.agent]: aged(40), [DEBIAN]: aged(90, true) },
      pull: offline,
    });
    await done;
    expect(asked).toMatchObject({ built: [IMAGES.agent], pulled: [] });
    expect(said.warning).toEqual([]);
  });

  const old = { [IMAGES.squid]: aged(40), [IMAGES['api-proxy']]: aged(29), [IMAGES.agent]: aged(400) };

  test('stay in use if no registry answers, with one warning that names their age', async () => {
    const { done, asked, said } = ensure({ images: old, pull: offline });
    await done;
    expect(asked.built).toEqual([]);
    expect(said.warning).toEqual([
      'Images older than 30 days could not be renewed: awf-squid:0 (40 days old), awf-agent:0 (400 days old). ' +
        'The run uses them as they are, without the security updates since then.\n' +
        'Cause: docker pull failed (exit code 1): no such host',
    ]);
  });

  test('stay in use if the rebuild fails', async () => {
    const { done, asked, said } = ensure({
      images: old,
      build: async () => {
        throw new UserError('docker build failed (exit code 100): Temporary failure resolving mirror.example');
      },
    });
    await done;
    expect([...new Set(asked.built)].toSorted()).toEqual([IMAGES.agent, IMAGES.squid]);
    expect(said.warning).toHaveLength(1);
    expect(said.warning[0]).toContain('awf-squid:0 (40 days old), awf-agent:0 (400 days old)');
    expect(said.warning[0]).toContain('Temporary failure resolving');
  });
});

const DIGEST = `sha256:${'0'.repeat(64)}`;
const PUBLISHED: ImageNames = {
  squid: `registry.example/awf/awf-squid@${DIGEST}`,
  'api-proxy': `registry.example/awf/awf-api-proxy@${DIGEST}`,
  agent: `registry.example/awf/awf-agent@${DIGEST}`,
};

describe('published images', () => {
  test('are pulled by their digests, named, and used whatever their age; nothing is built', async () => {
    const { done, asked, said } = ensure({ published: PUBLISHED, pulledFacts: aged(200) });
    await done;
    expect(asked.pulled.toSorted()).toEqual(Object.values(PUBLISHED).toSorted());
    expect(asked.tagged.toSorted()).toEqual(ROLES.map((role) => [PUBLISHED[role], IMAGES[role]]).toSorted());
    expect(asked.built).toEqual([]);
    expect(said.warning).toEqual([]);
  });

  test('are not pulled again when they are old, but built', async () => {
    const { done, asked } = ensure({ images: { ...fresh(), [IMAGES.squid]: aged(200) }, published: PUBLISHED });
    await done;
    expect(asked).toMatchObject({ built: [IMAGES.squid], pulled: [DEBIAN] });
  });

  test('are built where the registry does not answer, with one warning that says why', async () => {
    const { done, asked, said } = ensure({
      published: PUBLISHED,
      pull: async (name) => {
        if (name.startsWith('registry.example')) await offline();
      },
    });
    await done;
    expect(asked.built.toSorted()).toEqual(Object.values(IMAGES).toSorted());
    expect(said.warning).toEqual([
      'The published images could not be pulled, so AWF builds them here, which takes longer: ' +
        `${Object.values(PUBLISHED).join(', ')}.\nCause: docker pull failed (exit code 1): no such host`,
    ]);
  });
});

describe('a registry that the user names', () => {
  const registry = { path: 'registry.example:5000/tools', option: 'image-registry' };

  test('gives what is missing or old, and nothing is built', async () => {
    const images = { ...fresh(), [IMAGES.agent]: aged(31) };
    const { done, asked, said } = ensure({ images, published: PUBLISHED }, { registry });
    await done;
    const reference = 'registry.example:5000/tools/awf-agent:0';
    expect(asked).toMatchObject({ built: [], pulled: [reference], tagged: [[reference, IMAGES.agent]] });
    expect(said).toMatchObject({ info: [`Pulling ${reference}: the engine does not have it.`], warning: [] });
  });

  test('is not asked for images that the engine has: they may have been loaded', async () => {
    const { done, asked } = ensure({ images: fresh(), pull: offline }, { registry });
    await done;
    expect(asked.pulled).toEqual([]);
  });

  test('stops the run if it does not give an image that is missing, and nothing is built instead', async () => {
    const { done, asked } = ensure({ pull: offline, published: PUBLISHED }, { registry });
    await expect(done).rejects.toMatchObject({
      message: 'image-registry: registry.example:5000/tools/awf-squid:0 could not be pulled.',
      hint: expect.stringContaining('docs/self-hosted.md') as string,
      cause: { message: expect.stringContaining('no such host') as string },
    });
    expect(asked.built).toEqual([]);
  });

  test.each([
    ['does not answer', offline, 'docker pull failed (exit code 1): no such host'],
    ['has no newer one', async () => undefined, 'image-registry: registry.example:5000/tools has no newer one.'],
  ])('leaves an old image in use if it %s, with a warning', async (_, pull, cause) => {
    const images = { ...fresh(), [IMAGES.squid]: aged(45) };
    const { done, said } = ensure({ images, pull, pulledFacts: aged(45) }, { registry });
    await done;
    expect(said.warning).toEqual([
      'Images older than 30 days could not be renewed: awf-squid:0 (45 days old). ' +
        `The run uses them as they are, without the security updates since then.\nCause: ${cause}`,
    ]);
  });
});

describe('with force', () => {
  test('all images are built, and a failed build is an error', async () => {
    const { done, asked } = ensure({ images: fresh(), build: offline, published: PUBLISHED }, { force: true });
    await expect(done).rejects.toThrow('could not be built');
    expect(new Set(asked.built)).toEqual(new Set(Object.values(IMAGES)));
  });
});
