import { ConfigError, describeError, UserError } from '../errors.ts';
import { details, list } from './markdown.ts';
import { plainText, quote } from './plain-text.ts';
import type { About } from './summary-facts.ts';
import { heading } from './verdict-summary.ts';

/** An error for a reader: what failed, what to do, and what a program said about it. */
export function errorBlocks(error: unknown, consequence: string): string[] {
  const message = error instanceof Error ? error.message : String(error);
  const [first = '', ...others] = message.split('\n').filter((line) => line.trim() !== '');
  const hint = error instanceof UserError ? error.hint : undefined;
  const cause = error instanceof Error && error.cause instanceof Error ? describeError(error.cause) : undefined;
  return [
    [`**${plainText(first)}**`, ...(consequence === '' ? [] : [consequence])].join(' '),
    ...(others.length === 0 ? [] : [quote(others.join('\n'))]),
    ...(hint === undefined ? [] : [`**Do this:** ${plainText(hint)}`]),
    ...(cause === undefined || message.includes(cause) ? [] : details(sayer(cause), [quote(cause)])),
  ];
}

/** Who is quoted: most causes are the words of the engine or its client. */
const sayer = (cause: string): string => (/docker|daemon/i.test(cause) ? 'What Docker said' : 'The cause');

/** What a step that could not begin had in the way. */
export type NotBegun = 'inputs' | 'start';

/** The summary of a step whose run never began. */
export function notBegunMarkdown(error: unknown, what: NotBegun, about: About): string {
  const problems = error instanceof ConfigError ? error.problems : [error];
  const blocks =
    what === 'inputs' && error instanceof UserError
      ? [
          heading('❌', about, 'the inputs are not valid'),
          `**Nothing ran.** Correct ${problems.length === 1 ? 'this' : `these ${String(problems.length)} problems`} in the workflow:`,
          ...list(problems.map(problemText)),
        ]
      : [heading('❌', about, 'the step could not begin'), ...errorBlocks(error, 'Nothing ran.')];
  return `${[...blocks, footer([link('The inputs', 'docs/reference.md', about)], about)].join('\n\n')}\n`;
}

/** What is wrong with an input, and what to write instead. */
function problemText(problem: unknown): string {
  const message = problem instanceof Error ? problem.message : String(problem);
  const hint = problem instanceof UserError ? problem.hint : undefined;
  return `${plainText(message)}${hint === undefined ? '' : ` **${plainText(hint)}**`}`;
}

/** The last line of every summary. */
export function footer(parts: readonly string[], { version }: About): string {
  return `<sub>${[...parts.filter((part) => part !== ''), `AWF ${version}`].join(' · ')}</sub>`;
}

/** Nothing if the page is not on the web: a path of the runner leads nowhere. */
export function link(text: string, page: string, { pageAt }: About): string {
  const address = pageAt(page);
  return address === undefined || /[\s<>]/.test(address) ? '' : `[${text}](<${address}>)`;
}
