import { unknownWords } from '../config/egress-build.ts';
import { namedIn, nameWarnings } from '../config/look-alikes.ts';
import { readOptions, type FrontEnd } from '../config/read.ts';
import { checkEntries } from '../config/checks.ts';
import { realDirectory } from '../config/parsers.ts';
import { describeError, UserError } from '../errors.ts';
import { readPolicy } from '../policy/check.ts';
import { DEFAULT_FILE, namedFile, readFromDisk } from '../policy/find.ts';
import { policyKeys } from '../policy/keys.ts';
import type { Answer } from './subcommand.ts';

/** The front end of a policy that nothing is added to. */
const NOTHING: FrontEnd = { kind: 'cli', given: () => [] };

/**
 * `awf policy check [FILE]`: finds all mistakes of a policy file, as it is on the disk.
 *
 * @param workspace where paths start
 */
export function checkPolicy(file: string | undefined, workspace: string, asJson: boolean): Answer {
  const real = realDirectory('the current directory', workspace);
  const { name, path } = namedFile(file ?? DEFAULT_FILE, real);
  const { entries, problems } = readPolicy(name, readFromDisk(name, name, path, real));
  const reading = readOptions(NOTHING, {}, real, entries);
  const { values } = reading;
  const all = [...problems, ...reading.problems, ...unknownWords(values, '--add-hosts'), ...checkEntries(values)];
  const counts = policyKeys().flatMap(({ path: key, option }) => {
    const count = entries.get(option.name)?.length ?? 0;
    return count === 0 ? [] : [{ key: key.join('.'), count }];
  });
  const exitCode = all.length === 0 ? 0 : 1;
  const warnings = nameWarnings(values['allow-domains'], namedIn(values));
  if (asJson) {
    const mistakes = all.map((problem) => ({ message: problem.message, hint: problem.hint ?? null }));
    return { text: `${JSON.stringify({ file: name, mistakes, warnings, counts })}\n`, exitCode };
  }
  const warned = warnings.map((warning) => `Warning: ${warning}`);
  if (exitCode === 1) {
    const blocks = [...all.map(describeError), ...warned, `${mistakesText(all)} in ${name}.`];
    return { text: `${blocks.join('\n\n')}\n`, exitCode };
  }
  const summary = counts.map(({ key, count }) => `${key} ${count}`).join(', ');
  const result = `${name} has no mistakes. Entries: ${summary === '' ? 'none' : summary}.`;
  return { text: `${[...warned, result].join('\n\n')}\n`, exitCode };
}

const mistakesText = ({ length }: readonly UserError[]): string =>
  length === 1 ? 'One mistake' : `${length} mistakes`;
