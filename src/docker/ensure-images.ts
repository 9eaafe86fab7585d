import { UserError } from '../errors.ts';
import type { Reporter } from '../reporter.ts';
import { settleAll } from '../settle.ts';
import { ROLES } from '../shared/network.ts';
import type { Engine } from './engine.ts';
import { buildArgs, type ImageNames } from './images.ts';

/**
 * Makes sure that the engine has what a run needs: its own images are built from the action's `containers/` folder, a
 * foreign agent image is pulled.
 *
 * @param root the action's own directory
 * @throws UserError naming the image that could not be had
 */
export async function ensureImages(
  engine: Engine,
  images: ImageNames,
  agentImage: string | undefined,
  root: string,
  reporter: Reporter,
): Promise<void> {
  const [missingOwn, missingForeign] = await settleAll([
    engine.missingImages(ROLES.map((role) => images[role])),
    agentImage === undefined
      ? []
      : orExplain(
          engine.missingImages([agentImage]),
          `agent-image: "${agentImage}" is not an image that the engine could look for.`,
          'Write it as docker pull takes it, for example "ghcr.io/owner/image:tag".',
        ),
  ]);
  const missing = new Set([...missingOwn, ...missingForeign]);
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
}

async function orExplain<T>(work: Promise<T>, message: string, hint: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new UserError(message, { hint, cause });
  }
}
