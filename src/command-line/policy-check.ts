import { unknownWords } from '../config/egress-build.ts';
import { readOptions, type FrontEnd } from '../config/read.ts';
import { checkProtectedPaths } from '../config/protect-paths.ts';
import { realDirectory } from '../config/parsers.ts';
import { describeError, UserError } from '../errors.ts';
import { readPolicy } from '../policy/check.ts';
import { DEFAULT_FILE, namedFile, readRegular } from '../policy/find.ts';
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
  const { name, path } = namedFile(file ?? DEFAULT_FILE, workspace);
  const { entries, problems } = readPolicy(name, readRegular(name, name, path));
  const reading = readOptions(NOTHING, {}, realDirectory('the current directory', workspace), entries);
  const { values } = reading;
  const all = [
    ...problems,
    ...reading.problems,
    ...unknownWords(values, '--add-hosts'),
    ...checkProtectedPaths(values['protect-paths']),
  ];
  const counts = policyKeys().flatMap(({ path: key, option }) => {
    const count = entries.get(option.name)?.length ?? 0;
    return count === 0 ? [] : [{ key: key.join('.'), count }];
  });
  const exitCode = all.length === 0 ? 0 : 1;
  if (asJson) {
    const mistakes = all.map((problem) => ({ message: problem.message, hint: problem.hint ?? null }));
    return { text: `${JSON.stringify({ file: name, mistakes, counts })}\n`, exitCode };
  }
  if (exitCode === 1)
    return { text: `${all.map(describeError).join('\n\n')}\n\n${mistakesText(all)} in ${name}.\n`, exitCode };
  const summary = counts.map(({ key, count }) => `${key} ${count}`).join(', ');
  return { text: `${name} has no mistakes. Entries: ${summary === '' ? 'none' : summary}.\n`, exitCode };
}

const mistakesText = ({ length }: readonly UserError[]): string =>
  length === 1 ? 'One mistake' : `${length} mistakes`;
