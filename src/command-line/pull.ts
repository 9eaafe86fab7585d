import { imageRegistry } from '../config/image-registry.ts';
import { ensureImages } from '../docker/ensure-images.ts';
import { builtImageNames, type ImageNames } from '../docker/images.ts';
import { ensureOwnImages } from '../docker/own-images.ts';
import { engineFacts, localSocket } from '../docker/engine-facts.ts';
import type { ImageSource } from '../docker/wanted-images.ts';
import { describeError } from '../errors.ts';
import { filtered, stderrReporter } from '../reporter.ts';
import { aborted } from '../run/signals.ts';
import { ROLES } from '../shared/network.ts';
import { parse } from './parse.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';

interface Flags {
  readonly force?: true;
  readonly agentImage?: string;
  readonly imageRegistry?: string;
}

/** `awf pull`: gets the images that this version needs, before a run does. */
export const PULL: Subcommand = {
  name: 'pull',
  syntax: '[options]',
  summary: 'gets the images that a run needs',
  run: async (argv, context) => {
    let answer: Answer | undefined;
    const help = await parse('pull', argv, (program) =>
      program
        .description('Gets the images that this version of AWF needs, and prints their names.')
        .option('--force', 'get all of them anew')
        .option('--agent-image <value>', 'also get this image with a toolchain')
        .option('--image-registry <value>', 'where to pull them from, instead of building them')
        .action(async (flags: Flags) => {
          answer = await pull(flags, context);
        }),
    );
    return help ?? answer ?? 0;
  },
};

async function pull(flags: Flags, { root, engineWith, signal }: CommandContext): Promise<Answer> {
  const { force } = flags;
  const registry = given(flags.imageRegistry);
  const agentImage = given(flags.agentImage);
  const foreign = agentImage === undefined ? undefined : { name: agentImage, option: '--agent-image' };
  const source = { root, registry: registryOf(registry) };
  const images = builtImageNames(`${root}/dist`);
  const names = ROLES.map((role) => images[role]);
  const reporter = filtered(stderrReporter, 'info');
  const engine = engineWith(reporter.debug);
  try {
    await engineFacts(engine, await localSocket(engine));
    await Promise.race([
      (async () => {
        if (force) await ensureOwnImages(engine, images, { ...source, force }, reporter);
        if (!force || agentImage !== undefined) await ensureImages(engine, images, foreign, source, reporter);
      })(),
      aborted(signal),
    ]);
  } catch (error) {
    stderrReporter.error(`${describeError(error)}\n${elsewhere(images)}`);
    return { text: '', exitCode: 1 };
  }
  return { text: `${[...names, ...(agentImage === undefined ? [] : [agentImage])].join('\n')}\n`, exitCode: 0 };
}

/** The value of a flag. An empty one is ignored, as for a run. */
function given(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text?.trim();
}

/** @throws UserError for what is no registry */
function registryOf(text: string | undefined): ImageSource['registry'] {
  const option = '--image-registry';
  if (text === undefined) return undefined;
  return { path: imageRegistry({ text, source: { kind: 'flag', name: option } }), option };
}

/** For a machine that reaches no registry. */
function elsewhere(images: ImageNames): string {
  const names = ROLES.map((role) => images[role]).join(' ');
  return (
    'If this machine reaches no registry, bring the images from one with the same version of AWF:\n' +
    `  there: awf pull && docker save -o awf-images.tar ${names}\n  here:  docker load -i awf-images.tar`
  );
}
