import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { presetsOn, thisMachine } from '../config/egress-build.ts';
import { UserError } from '../errors.ts';
import { caller } from '../host/user.ts';
import { followLogs } from '../logs/follow.ts';
import { logJson } from '../logs/json.ts';
import { openLogs } from '../logs/open.ts';
import { lastRun, pruneLogs, type LogPlaces } from '../logs/previous.ts';
import { readLogs } from '../logs/read.ts';
import { listText, logText, type Part } from '../logs/text.ts';
import { parse } from './parse.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';

interface Flags {
  readonly refused?: true;
  readonly models?: true;
  readonly json?: true;
  readonly yaml?: true;
  readonly follow?: true;
  readonly prune?: true;
}

/** Each prints something else. */
const FORMS = ['json', 'yaml', 'follow', 'prune'] as const;

/** `awf logs [DIRECTORY|ARTIFACT.zip]`: what a run reached, was refused, and used. */
export const LOGS: Subcommand = {
  name: 'logs',
  syntax: '[options] [PLACE]',
  summary: 'shows what a run reached, was refused and used',
  run: async (argv, context) => {
    let answer: Answer | number = 0;
    const help = await parse('logs', argv, (program) =>
      program
        .description(
          'Shows what a run reached, was refused and used: the last one, or that of a directory or an artifact.',
        )
        .argument('[place]', 'a directory with logs, or the downloaded artifact of a job')
        .option('--refused', 'only what was refused')
        .option('--models', 'only the requests to models')
        .option('--json', 'print one JSON document')
        .option('--yaml', 'print only the new allow-list, to paste')
        .option('-f, --follow', 'show the requests of a run that goes on')
        .option('--prune', 'remove the logs of old runs')
        .action(async (logs: string | undefined, flags: Flags) => {
          answer = await show(logs, flags, context);
        }),
    );
    return help ?? answer;
  },
};

async function show(logs: string | undefined, flags: Flags, context: CommandContext): Promise<Answer | number> {
  const { environment, workspace, signal } = context;
  const [first, second] = FORMS.filter((form) => flags[form]);
  if (first !== undefined && second !== undefined) {
    throw new UserError(`--${first} and --${second} exclude each other.`, { hint: 'Leave one of them out.' });
  }
  const places: LogPlaces = { environment, user: caller(), temporary: tmpdir() };
  if (flags.prune) return pruned(places);
  const path = logs === undefined ? lastRun(places) : resolve(workspace, logs);
  if (path === undefined) {
    throw new UserError('There are no logs: nothing has run yet.', {
      hint: 'Run a command (awf -- COMMAND), or name a directory or an artifact.',
    });
  }
  const part = partOf(flags);
  const source = await openLogs(path);
  try {
    if (flags.follow) {
      if (!statSync(path).isDirectory()) {
        throw new UserError(`${path} is an archive, which does not grow.`, { hint: 'Leave --follow out.' });
      }
      await followLogs(path, part, (text) => void process.stdout.write(text), signal);
      return 0;
    }
    const presetsOf = presetsOn(thisMachine([], environment, workspace));
    const report = await readLogs(source, presetsOf);
    if (flags.json) return { text: logJson(report, part), exitCode: 0 };
    if (flags.yaml) return { text: listText(report), exitCode: 0 };
    return { text: logText(report, part, presetsOf, logs === undefined), exitCode: 0 };
  } finally {
    source.close();
  }
}

function partOf({ refused, models }: Flags): Part {
  if (refused) return models ? 'all' : 'refused';
  return models ? 'models' : 'all';
}

function pruned(places: LogPlaces): Answer {
  const removed = pruneLogs(places);
  const bytes = removed.reduce((sum, directory) => sum + directory.bytes, 0);
  if (removed.length === 0) return { text: 'There are no old logs.\n', exitCode: 0 };
  const directories = `${String(removed.length)} log director${removed.length === 1 ? 'y' : 'ies'}`;
  return { text: `Removed ${directories} (${(bytes / 1e6).toFixed(1)} MB).\n`, exitCode: 0 };
}
