import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { Reporter } from '../reporter.ts';
import { settleAll } from './settle.ts';
import { ROLES } from '../shared/network.ts';
import type { Engine, ImageFacts } from './engine.ts';
import { buildArgs, type ImageNames } from './images.ts';
import type { ContainerSpec } from './spec.ts';

/**
 * Makes sure that the engine has what a run needs: its own images are built from the action's `containers/` folder, a
 * foreign agent image is pulled.
 *
 * @param root the action's own directory
 * @returns what the foreign image says of itself
 * @throws UserError naming the image that could not be had
 */
export async function ensureImages(
  engine: Engine,
  images: ImageNames,
  agentImage: string | undefined,
  root: string,
  reporter: Reporter,
): Promise<ImageFacts | undefined> {
  const own = ROLES.map((role) => images[role]);
  const [presentOwn, presentForeign] = await settleAll([
    engine.imagesOf(own),
    agentImage === undefined
      ? new Map<string, ImageFacts>()
      : orExplain(
          engine.imagesOf([agentImage]),
          `agent-image: "${agentImage}" is not an image that the engine could look for.`,
          'Write it as docker pull takes it, for example "ghcr.io/owner/image:tag".',
        ),
  ]);
  const missing = new Set(
    [...own, agentImage ?? []].flat().filter((name) => !presentOwn.has(name) && !presentForeign.has(name)),
  );
  for (const role of ROLES.filter((candidate) => missing.has(images[candidate]))) {
    reporter.info(`Building the image ${images[role]}; this happens once per machine and version.`);
    await orExplain(
      engine.build(buildArgs(role, images[role], root), (chunk) => {
        reporter.debug(chunk.toString().trimEnd());
      }),
      `The image ${images[role]} is missing and could not be built.`,
      'Run script/bootstrap in a checkout of the action, or look at the build with log-level: debug.',
    );
  }
  if (agentImage !== undefined && missing.has(agentImage)) {
    reporter.info(`Pulling ${agentImage}.`);
    await orExplain(
      engine.pull(agentImage),
      `agent-image: ${agentImage} is missing and could not be pulled.`,
      'Check the name, log in to its registry in an earlier step, or build it there.',
    );
  }
  if (agentImage === undefined) return undefined;
  const known = new Map([...presentOwn, ...presentForeign]);
  const factsOf = async (name: string): Promise<ImageFacts | undefined> =>
    known.get(name) ?? (await engine.imagesOf([name])).get(name);
  const facts = await factsOf(agentImage);
  refuseForeignPlatform(agentImage, facts?.platform, (await factsOf(images.agent))?.platform);
  return facts;
}

/**
 * Refuses an image that wants a volume where the sandbox has a file system of its own: the engine mounts the volume over it,
 * and the command's user could not write there.
 *
 * @throws UserError naming the image and the place
 */
export function refuseVolumes(image: string | undefined, facts: ImageFacts | undefined, agent: ContainerSpec): void {
  const places = agent.tmpfs.map(({ target }) => target);
  const taken = facts?.volumes.find((volume) => places.includes(resolve(volume)));
  if (taken === undefined) return;
  throw new UserError(`agent-image: ${image ?? ''} has a volume at ${taken}, which the sandbox needs for itself.`, {
    hint: `Use an image that is built without "VOLUME ${taken}".`,
  });
}

/** The engine would start it, with a warning, and each of its programs would fail with "Exec format error". */
function refuseForeignPlatform(image: string, platform: string | undefined, ours: string | undefined): void {
  // An image that somebody put together by hand may not say.
  const isKnown = [platform, ours].every((each) => each !== undefined && /^\w+\/\w+$/.test(each));
  if (!isKnown || platform === ours) return;
  throw new UserError(`agent-image: ${image} is for ${platform ?? ''}, and this engine runs ${ours ?? ''}.`, {
    hint: `Use an image for ${ours ?? ''}: pull or build it with --platform=${ours ?? ''} in an earlier step.`,
  });
}

async function orExplain<T>(work: Promise<T>, message: string, hint: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new UserError(message, { hint, cause });
  }
}
