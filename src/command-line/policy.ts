import { Command as Program, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { realDirectory } from '../config/parsers.ts';
import type { FrontEnd } from '../config/read.ts';
import { namedFile, readFromDisk } from '../policy/find.ts';
import { isWorkflow } from '../policy/workflow.ts';
import { addFlags, flagsFrontEnd, usageError, type FlagTexts } from './flags.ts';
import { checkPolicy } from './policy-check.ts';
import { listPresets } from './policy-presets.ts';
import { testPolicy } from './policy-test.ts';
import type { Answer, Subcommand } from './subcommand.ts';
import { checkList, checkWorkflow } from './workflow-check.ts';

/** What follows `policy`. */
export const POLICY_COMMANDS: readonly string[] = ['check', 'test', 'presets'];

export const POLICY: Subcommand = {
  name: 'policy',
  syntax: POLICY_COMMANDS.join('|'),
  commands: POLICY_COMMANDS,
  summary: 'checks a policy file without a run',
  run: (argv, { environment, workspace }) => policyCommand(argv, environment, workspace),
};

/** What a file is shows in its text; flags are a check of their own. */
function checkAnything(
  file: string | undefined,
  flags: FlagTexts,
  context: { environment: NodeJS.ProcessEnv; workspace: string; asJson: boolean },
): Answer {
  const { environment, workspace, asJson } = context;
  const hasFlags = [...flags.values()].some((texts) => texts.length > 0);
  if (file === undefined) {
    return hasFlags ? checkList(flagsFrontEnd(flags, environment), context) : checkPolicy(undefined, workspace, asJson);
  }
  if (hasFlags) throw new UserError('A file and flags are two checks.', { hint: 'Check one after the other.' });
  const real = realDirectory('the current directory', workspace);
  const { name, path } = namedFile(file, real);
  const isList = name.endsWith('.txt');
  const text = readFromDisk(name, name, path, real).toString('utf8');
  if (isList) {
    const source = { kind: 'policy', name } as const;
    const list: FrontEnd = {
      kind: 'cli',
      given: ({ name: option }) => (option === 'allow-domains' ? [{ text, source }] : []),
    };
    return checkList(list, context);
  }
  return isWorkflow(text) ? checkWorkflow(name, text, context) : checkPolicy(file, workspace, asJson);
}

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
  const check = program
    .command('check')
    .description('finds the mistakes in a policy file, a workflow, a list of entries, or the flags of a run')
    .argument('[file]', '.github/awf.yml by default; a .txt file has one entry of --allow-domains per line')
    .option('--json', 'print one JSON object');
  const checkFlags = addFlags(check);
  check.action((file: string | undefined, { json }: { json?: true }) => {
    answer = checkAnything(file, checkFlags(), { environment, workspace, asJson: json === true });
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
    throw new UserError('awf policy needs a subcommand.', { hint: 'See awf policy --help.' });
  }
  return answer ?? { text, exitCode: 0 };
}
