import type { Examined } from './examine.ts';
import { nameless, plain, type Finding, type Status, type Words } from './finding.ts';

const MARKS: Readonly<Record<Status, string>> = { ok: '✔', warning: '⚠', problem: '✘', skipped: '–' };

/** What the findings come to. */
export interface Verdict {
  readonly problems: number;
  readonly warnings: number;
}

export function verdictOf(checks: readonly Examined[]): Verdict {
  const count = (wanted: Status): number =>
    checks.flatMap(({ findings }) => findings).filter(({ status }) => status === wanted).length;
  return { problems: count('problem'), warnings: count('warning') };
}

/** One line for each finding. @param link makes an address of a page */
export function doctorText(checks: readonly Examined[], link: (page: string) => string): string {
  const pages = new Set(checks.filter(isBad).map(({ page }) => page));
  return [
    ...checks.flatMap(({ findings }) => findings.map((finding) => lineOf(finding, plain))),
    verdictText(verdictOf(checks)) + (pages.size === 0 ? '' : ' More:'),
    ...[...pages].map((page) => `  ${link(page)}`),
    '',
  ].join('\n');
}

/** The same without names, for an issue that everybody can read. @param version of AWF */
export function doctorReport(checks: readonly Examined[], version: string): string {
  return [
    `awf ${version}, awf doctor --report`,
    ...checks.flatMap(({ id, findings }) => findings.map((finding) => `${lineOf(finding, nameless)} [${id}]`)),
    verdictText(verdictOf(checks)),
    '',
  ].join('\n');
}

const isBad = ({ findings }: Examined): boolean =>
  findings.some(({ status }) => status === 'warning' || status === 'problem');

function lineOf({ status, text, hint }: Finding, say: (text: Words) => string): string {
  const what = say(text);
  const sentence = hint === undefined || /[.:)]$/.test(what) ? what : `${what}.`;
  return `${MARKS[status]} ${sentence}${hint === undefined ? '' : ` ${say(hint)}`}`;
}

function verdictText({ problems, warnings }: Verdict): string {
  if (problems + warnings === 0) return 'Everything is ready.';
  const count = (number: number, what: string): string => `${String(number)} ${what}${number === 1 ? '' : 's'}`;
  return `${count(problems, 'problem')}, ${count(warnings, 'warning')}.`;
}

/** For programs: one JSON document, by `schema/doctor.schema.json`. */
export function doctorJson(checks: readonly Examined[], version: string, isNameless: boolean): string {
  const say = isNameless ? nameless : plain;
  const document = {
    version: 1,
    awf: version,
    ...verdictOf(checks),
    checks: checks.flatMap(({ id, page, findings }) =>
      findings.map(({ status, text, hint }) => ({
        ...{ id, status, text: say(text), hint: hint === undefined ? null : say(hint), page },
      })),
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
