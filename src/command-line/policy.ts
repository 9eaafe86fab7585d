import { Command as Program, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { addFlags, usageError } from './flags.ts';
import { checkPolicy } from './policy-check.ts';
import { listPresets } from './policy-presets.ts';
import { testPolicy } from './policy-test.ts';
import type { Answer, Subcommand } from './subcommand.ts';

export const POLICY: Subcommand = {
  name: 'policy',
  syntax: 'check|test|presets',
  summary: 'checks a policy file without a run',
  run: (argv, { environment, workspace }) => policyCommand(argv, environment, workspace),
};

/**
 * `awf policy check [FILE]`, `awf policy test URL...` and `awf policy presets`, which start nothing.
 *
 * @param argv what follows `policy`
 * @returns what to print, and the exit code: 0, or 1 for a mistake in the file or a refused URL
 * @throws UserError for a command line that was not understood
 */
export function policyCommand(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  workspace = process.cwd(),
): Answer {
  let text = '';
  let answer: Answer | undefined;
  const output = { writeOut: (out: string) => (text += out), writeErr: () => undefined };
  const program = new Program('awf policy').exitOverride().configureOutput(output);
  program.description('Checks a policy file, and tells what a run would allow, without a run.').helpCommand(false);
  program
    .command('check')
    .description('finds the mistakes in a policy file')
    .argument('[file]', '.github/awf.yml by default')
    .option('--json', 'print one JSON object')
    .action((file: string | undefined, { json }: { json?: true }) => {
      answer = checkPolicy(file, workspace, json === true);
    });
  const test = program
    .command('test')
    .description('tells which entry decides about a request, in a run with the same options')
    .argument('<url...>', 'URLs, with a method in front if it matters: "POST https://example.com/path"')
    .option('--json', 'print one JSON list');
  program
    .command('presets')
    .description('lists the presets, with the hosts of each on this machine')
    .option('--json', 'print one JSON list')
    .action(({ json }: { json?: true }) => {
      answer = listPresets(environment, workspace, json === true);
    });
  const flags = addFlags(test);
  test.action((urls: string[], { json }: { json?: true }) => {
    answer = testPolicy(urls, flags(), environment, workspace, json === true);
  });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { text, exitCode: 0 };
    if (error.code !== 'commander.help') throw usageError(error, 'awf policy --help');
    throw new UserError('awf policy needs a subcommand', { hint: 'See awf policy --help.' });
  }
  return answer ?? { text, exitCode: 0 };
}
