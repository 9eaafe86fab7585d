import { expect, test } from 'vitest';
import type { ImageFacts } from '../../src/docker/engine.ts';
import { ensureImages } from '../../src/docker/ensure-images.ts';
import { FakeEngine } from '../../testing/engine/fake-engine.ts';
import { refusing } from '../run/world.ts';

const IMAGES = { squid: 'awf-squid:0', 'api-proxy': 'awf-api-proxy:0', agent: 'awf-agent:0' };
const FOREIGN = { name: 'tools:1', option: '--agent-image' };
const REPORTER = { debug: () => undefined, info: () => undefined, warning: () => undefined, error: () => undefined };

const facts = (platform: string): ImageFacts => ({ platform, volumes: [], builtAt: Date.now(), isStandIn: false });

test.each<[problem: string, image: (name: string) => ImageFacts | undefined]>([
  ['tools:1 is missing and could not be pulled.', (name) => (name === FOREIGN.name ? undefined : facts('linux/amd64'))],
  [
    'tools:1 is for linux/s390x, and this engine runs linux/amd64.',
    (name) => facts(name === FOREIGN.name ? 'linux/s390x' : 'linux/amd64'),
  ],
])('an image that cannot be used is named as its front end names it: %s', async (problem, image) => {
  const engine = new FakeEngine({ image, onCall: refusing('pull') });
  await expect(ensureImages(engine, IMAGES, FOREIGN, { root: '/nonexistent' }, REPORTER)).rejects.toMatchObject({
    message: `--agent-image: ${problem}`,
  });
});
