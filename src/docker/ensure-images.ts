import { resolve } from 'node:path';
import { describeError, OptionError, UserError } from '../errors.ts';
import type { Reporter } from '../reporter.ts';
import type { Engine, ImageFacts } from './engine.ts';
import type { ImageNames } from './images.ts';
import { ensureOwnImages } from './own-images.ts';
import { settleAll } from './settle.ts';
import type { ContainerSpec } from './spec.ts';
import type { ForeignImage, ImageSource } from './wanted-images.ts';
import { watched } from './watch.ts';

/**
 * Makes sure that the engine has the images of a run: AWF's own are pulled or built from the action's `containers/`
 * folder, a foreign agent image is pulled.
 *
 * @param source where AWF's own images come from
 * @returns the facts of the foreign image
 * @throws UserError naming the image that cannot be had
 */
export async function ensureImages(
  engine: Engine,
  images: ImageNames,
  foreign: ForeignImage | undefined,
  source: ImageSource,
  reporter: Reporter,
): Promise<ImageFacts | undefined> {
  if (foreign === undefined) {
    await ensureOwnImages(engine, images, source, reporter);
    return undefined;
  }
  const [own, facts] = await settleAll([
    ensureOwnImages(engine, images, source, reporter),
    ensureForeignImage(engine, foreign, source, reporter),
  ]);
  const ourFacts = own.get(images.agent) ?? (await engine.imagesOf([images.agent])).get(images.agent);
  refuseForeignPlatform(foreign, facts?.platform, ourFacts?.platform);
  return facts;
}

async function ensureForeignImage(
  engine: Engine,
  { name: image, option }: ForeignImage,
  { usable }: ImageSource,
  reporter: Reporter,
): Promise<ImageFacts | undefined> {
  const present = await orExplain(
    engine.imagesOf([image]),
    `${option}: "${image}" is not an image that the engine can look up.`,
    'Write it as for docker pull, for example "ghcr.io/owner/image:tag".',
  );
  const facts = present.get(image);
  if (facts !== undefined) return facts;
  await usable;
  reporter.info(`Pulling ${image}: the engine does not have it.`);
  await orExplain(
    watched(`Pulling ${image}`, reporter.info, () => engine.pull(image)),
    `${option}: ${image} is missing and could not be pulled.`,
    'Check the name, and log in to its registry or build the image first.',
  );
  return (await engine.imagesOf([image])).get(image);
}

/**
 * Refuses an image that declares a volume where the sandbox mounts a file system of its own: the engine would mount the
 * volume over it, and the command's user could not write there.
 *
 * @throws OptionError naming the image and the volume
 */
export function refuseVolumes(
  foreign: ForeignImage | undefined,
  facts: ImageFacts | undefined,
  agent: ContainerSpec,
): void {
  const targets = agent.tmpfs.map(({ target }) => target);
  const taken = facts?.volumes.find((volume) => targets.includes(resolve(volume)));
  if (foreign === undefined || taken === undefined) return;
  throw new OptionError(
    `${foreign.option}: ${foreign.name} has a volume at ${taken}, which the sandbox needs for itself.`,
    {
      hint: `Use an image that is built without "VOLUME ${taken}".`,
    },
  );
}

/** The engine would only warn, and each program of the image would fail with "Exec format error". */
function refuseForeignPlatform(
  { name: image, option }: ForeignImage,
  platform: string | undefined,
  ours: string | undefined,
): void {
  // An image that was put together by hand may not name its platform.
  const isKnown = [platform, ours].every((each) => each !== undefined && /^\w+\/\w+$/.test(each));
  if (!isKnown || platform === ours) return;
  throw new OptionError(`${option}: ${image} is for ${platform ?? ''}, and this engine runs ${ours ?? ''}.`, {
    hint: `Use an image for ${ours ?? ''}: pull or build it with --platform=${ours ?? ''} first.`,
  });
}

/** The engine's words for a name that no image can have, in every release. */
const INVALID_NAME = /invalid reference format/;

async function orExplain<T>(work: Promise<T>, message: string, hint: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const options = { hint, cause };
    throw INVALID_NAME.test(describeError(cause)) ? new OptionError(message, options) : new UserError(message, options);
  }
}
