import { tmpdir } from 'node:os';
import { examine } from '../doctor/examine.ts';
import { doctorJson, doctorReport, doctorText, verdictOf } from '../doctor/report.ts';
import { documentLink, versionOf } from '../host/installation.ts';
import { caller } from '../host/user.ts';
import { addFlags, flagsFrontEnd, type FlagTexts } from './flags.ts';
import { parse } from './parse.ts';
import type { Answer, CommandContext, Subcommand } from './subcommand.ts';

/** `awf doctor [options]`: makes the checks of a run before a run. */
export const DOCTOR: Subcommand = {
  name: 'doctor',
  syntax: '[options]',
  summary: 'checks what a run needs, and says what to do',
  run: async (argv, context) => {
    let answer: Answer | undefined;
    const help = await parse('doctor', argv, (program) => {
      program
        .description(
          'Checks what a run with the same options needs: this machine, Docker, the network, keys and programs.',
        )
        .option('--json', 'print one JSON document')
        .option('--report', 'leave out the names of hosts, paths and users, for an issue');
      const texts = addFlags(program);
      return program.action(async ({ json, report }: { json?: true; report?: true }) => {
        answer = await diagnose(texts(), context, { asJson: json === true, isNameless: report === true });
      });
    });
    return help ?? answer ?? 0;
  },
};

async function diagnose(
  texts: FlagTexts,
  { root, environment, workspace, signal, engineWith }: CommandContext,
  { asJson, isNameless }: { readonly asJson: boolean; readonly isNameless: boolean },
): Promise<Answer> {
  const checks = await examine(flagsFrontEnd(texts, environment), {
    ...{ root, environment, workspace, signal, user: caller(), temporary: tmpdir() },
    engine: engineWith(() => undefined),
  });
  const exitCode = verdictOf(checks).problems === 0 ? 0 : 1;
  const version = versionOf(root);
  if (asJson) return { text: doctorJson(checks, version, isNameless), exitCode };
  if (isNameless) return { text: doctorReport(checks, version), exitCode };
  return { text: doctorText(checks, (page) => documentLink(page, root, environment)), exitCode };
}
