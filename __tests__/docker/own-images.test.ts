import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Engine, ImageFacts } from '../../src/docker/engine.ts';
import { BUILT_LABEL } from '../../src/docker/image-facts.ts';
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

/** An installation with a Dockerfile for each role. */
function anInstallation(): string {
  const root = temporaryDirectory();
  for (const role of ROLES) {
    mkdirSync(join(root, 'containers', role), { recursive: true });
    const base = role === 'api-proxy' ? NODE : DEBIAN;
    writeFileSync(join(root, 'containers', role, 'Dockerfile'), `# comment\nARG BASE=${base}\n\nFROM \${BASE}\n`);
  }
  return root;
}

interface Behaviour {
  readonly images?: Readonly<Record<string, ImageFacts>>;
  readonly build?: (name: string, onLine: (line: string) => void) => Promise<void>;
  readonly pull?: (name: string) => Promise<void>;
}

/** Runs `ensureOwnImages` with a fake engine that has `images`, and returns what it was asked for. */
function ensure({ images = {}, build, pull }: Behaviour, force = false) {
  const asked = { inspected: [] as string[][], built: [] as string[], pulled: [] as string[], args: [] as string[][] };
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
    },
    pull: async (name) => {
      asked.pulled.push(name);
      await pull?.(name);
    },
  } as Partial<Engine> as Engine;
  const reporter = {
    debug: (text: string) => said.debug.push(text),
    info: (text: string) => said.info.push(text),
    warning: (text: string) => said.warning.push(text),
    error: (text: string) => said.error.push(text),
  };
  const done = ensureOwnImages(engine, IMAGES, anInstallation(), reporter, force);
  return { done, asked, said };
}

const fresh = (): Record<string, ImageFacts> => Object.fromEntries(Object.values(IMAGES).map((n) => [n, aged(13.9)]));
const offline = async (): Promise<void> => {
  throw new UserError('docker pull failed (exit code 1): no such host');
};

describe('on the start path', () => {
  test('recent images cost one engine call, and nothing is built or pulled', async () => {
    const { done, asked, said } = ensure({ images: fresh() });
    await done;
    expect(asked).toEqual({ inspected: [Object.values(IMAGES)], built: [], pulled: [], args: [] });
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
  test('are rebuilt after 14 days; recent ones are not', async () => {
    const { done, asked, said } = ensure({ images: { ...fresh(), [IMAGES.squid]: aged(14.1) } });
    await done;
    expect(asked).toMatchObject({ built: [IMAGES.squid], pulled: [DEBIAN] });
    expect(said.info).toEqual(['Building awf-squid (1 of 1): it is 14 days old and may lack security updates.']);
    expect(said.warning).toEqual([]);
  });

  test('are rebuilt on a base that only this machine has, which is not pulled', async () => {
    const { done, asked, said } = ensure({
      images: { ...fresh(), [IMAGES.agent]: aged(20), [DEBIAN]: aged(90, true) },
      pull: offline,
    });
    await done;
    expect(asked).toMatchObject({ built: [IMAGES.agent], pulled: [] });
    expect(said.warning).toEqual([]);
  });

  const old = { [IMAGES.squid]: aged(20), [IMAGES['api-proxy']]: aged(13), [IMAGES.agent]: aged(400) };

  test('stay in use if no registry answers, with one warning that names their age', async () => {
    const { done, asked, said } = ensure({ images: old, pull: offline });
    await done;
    expect(asked.built).toEqual([]);
    expect(said.warning).toEqual([
      'Images older than 14 days could not be rebuilt: awf-squid:0 (20 days old), awf-agent:0 (400 days old). ' +
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
    expect(asked.built.toSorted()).toEqual([IMAGES.agent, IMAGES.squid]);
    expect(said.warning).toHaveLength(1);
    expect(said.warning[0]).toContain('awf-squid:0 (20 days old), awf-agent:0 (400 days old)');
    expect(said.warning[0]).toContain('Temporary failure resolving');
  });
});

describe('with force', () => {
  test('all images are built, and a failed build is an error', async () => {
    const { done, asked } = ensure({ images: fresh(), build: offline }, true);
    await expect(done).rejects.toThrow('could not be built');
    expect(asked.built).toHaveLength(3);
  });
});
