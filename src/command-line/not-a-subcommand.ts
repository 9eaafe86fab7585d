import { UserError } from '../errors.ts';
import { editDistance } from '../shared/edit-distance.ts';
import type { Subcommand } from './subcommand.ts';

/** Letters that may be wrong in a word that is still taken for a mistyped subcommand. */
const MISTYPED = 2;

/**
 * The error for a first word that is no subcommand and has no `--` in front. It names that word only: the others may hold a
 * secret.
 *
 * @param words the word, and what follows it
 * @param options stands for those of a run, where the command line has some
 */
export function notASubcommand(
  words: readonly string[],
  subcommands: readonly Subcommand[],
  options: '' | '[options] ' = '',
): UserError {
  const [word = ''] = words;
  const near = subcommands
    .map(({ name }) => ({ name, distance: editDistance(name, word.slice(0, 40)) }))
    .filter(({ name, distance }) => distance <= Math.min(MISTYPED, name.length - 2))
    .sort((a, b) => a.distance - b.distance)[0];
  const meant = near === undefined ? '' : `Did you mean awf ${near.name}? `;
  const hint = `${meant}To run it in the sandbox, write: awf ${options}-- ${word}${words.length > 1 ? ' ...' : ''}`;
  return new UserError(`"${word}" is no command of awf.`, { hint });
}
