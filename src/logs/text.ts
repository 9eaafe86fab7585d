import type { PresetFinder } from '../config/egress-build.ts';
import { sideTrafficOf } from '../report/side-traffic.ts';
import type { ModelUsage } from '../report/usage.ts';
import type { LogReport } from './read.ts';
import { judgedOf, type RequestRow } from './rows.ts';
import { ago, clock, duration, rounded, shown, whyOf } from './words.ts';

/** What of a report is shown. */
export type Part = 'all' | 'refused' | 'models';

const ICONS: Readonly<Record<RequestRow['verdict'], string>> = {
  refused: '⛔',
  audited: '🔎',
  unresolvable: '⚠ ',
  unreachable: '⚠ ',
  allowed: '✔ ',
};

/** Lines of one verdict, and of models. A hostile command can ask for any number of names. */
const MAX_LINES = 50;
/** The widest column of names. */
const WIDEST = 44;
/** Before the icon: the width of a time. */
const INDENT = ' '.repeat(8);

/** A report for people. @param isLast true for the run that is shown without a name */
export function logText(report: LogReport, part: Part, presetsOf: PresetFinder, isLast: boolean): string {
  const which = isLast ? '' : ` ${shown(report.place, 200)}`;
  const rows = part === 'models' ? [] : report.rows.filter(({ verdict }) => part === 'all' || verdict !== 'allowed');
  const body = [
    ...rowLines(rows, report, presetsOf),
    ...(part === 'models' ? [] : [...hostLines(report), ...otherLines(report)]),
    ...(part === 'refused' ? [] : modelLines(report)),
  ];
  return [
    headOf(report, isLast ? 'Last run' : 'Run'),
    '',
    ...(body.length === 0 ? [NOTHING[part]] : body),
    ...(report.unreadableLines === 0 ? [] : ['', `⚠  ${count(report.unreadableLines, 'line')} could not be read.`]),
    ...(report.isComplete || report.rows.length === 0 ? [] : ['', INCOMPLETE]),
    '',
    `${report.proposal === undefined ? '' : `The new allow-list: awf logs --yaml${which}     `}As JSON: awf logs --json${which}`,
    '',
  ].join('\n');
}

const NOTHING: Readonly<Record<Part, string>> = {
  all: 'The command asked for nothing.',
  refused: 'Nothing was refused.',
  models: 'The command used no model.',
};

const INCOMPLETE =
  "The run goes on or was killed, so this is from Squid's own log: it does not say which entries allowed a request.";

function headOf({ place, startedAt, outcome, exitCode, durationMs }: LogReport, name: string): string {
  const when = startedAt === undefined ? [] : [ago(Date.now() - startedAt)];
  const how = [
    ...(outcome === undefined ? [] : [shown(outcome, 20)]),
    ...(exitCode === undefined ? [] : [`exit code ${String(exitCode)}`]),
    ...(durationMs === undefined ? [] : [duration(durationMs)]),
  ].join(', ');
  return `${name}: ${[...when, shown(place, 200)].join(', ')}${how === '' ? '' : ` · ${how}`}`;
}

function rowLines(
  rows: readonly RequestRow[],
  report: Pick<LogReport, 'startedAt' | 'providers'>,
  presetsOf: PresetFinder,
): string[] {
  const start = report.startedAt ?? Math.min(...rows.map(({ time }) => time));
  const groups = [...Map.groupBy(rows, ({ verdict }) => verdict).values()];
  const kept = groups.flatMap((group) => group.slice(0, MAX_LINES));
  const width = Math.min(WIDEST, Math.max(0, ...kept.map(({ host }) => shown(host, WIDEST).length)));
  return groups.flatMap((group) => [
    ...group.slice(0, MAX_LINES).map((row) => rowLine(row, { start, width, known: knownAs(row, report, presetsOf) })),
    ...(group.length > MAX_LINES
      ? [`${INDENT}   ${count(group.length - MAX_LINES, 'more name')}: awf logs --json`]
      : []),
  ]);
}

/** Whether AWF knows a name that was refused; a name that is allowed was somebody's decision. */
function knownAs(row: RequestRow, { providers }: Pick<LogReport, 'providers'>, presetsOf: PresetFinder): string {
  const { verdict, host, reason } = row;
  if (verdict !== 'refused' && verdict !== 'audited') return '';
  const side = sideTrafficOf(host, providers);
  if (side.length > 0) return `(not needed: telemetry of ${side.join(' and ')})`;
  const [preset] = presetsOf(host, judgedOf(row).port);
  if (preset !== undefined) return `(${preset})`;
  return reason === 'not-listed' ? 'unknown to AWF' : '';
}

/** One line about a request, or about equal ones. */
export function rowLine(
  row: RequestRow,
  { start, width, known }: { readonly start: number; readonly width: number; readonly known: string },
): string {
  const { verdict, host, scheme, port, requests } = row;
  const times = requests === 1 ? '' : ` ×${String(requests)}`;
  const where = `${scheme} :${String(port)}`.padEnd(10);
  const what = [whyOf(row), known].filter((text) => text !== '').join('  ');
  return `${clock(row.time - start).padStart(7)}  ${ICONS[verdict]} ${shown(host, WIDEST).padEnd(width)}  ${where}  ${what}${times}`;
}

function otherLines({ others }: LogReport): string[] {
  return Object.entries(others)
    .filter(([, requests]) => requests > 0)
    .map(([verdict, requests]) => `${INDENT}   ${count(requests, 'request')} for further names: ${verdict}`);
}

/** Requests that the rules for hosts, or the endpoints of a provider, refused. */
function hostLines({ usage }: LogReport): string[] {
  return (usage?.refused ?? [])
    .slice(0, MAX_LINES)
    .map(
      ({ line, option, requests }) =>
        `${INDENT} ⛔ ${shown(line, 90)}  not in ${shown(option, 20)}${requests === 1 ? '' : ` ×${String(requests)}`}`,
    );
}

function modelLines({ usage }: LogReport): string[] {
  if (usage === undefined) return [];
  const lines = usage.models.slice(0, MAX_LINES).map(modelLine);
  const more = usage.models.length - lines.length;
  return [
    ...lines,
    ...(more > 0 ? [`${INDENT}   ${count(more, 'more model')}: awf logs --json`] : []),
    ...(usage.overBudget === 0 ? [] : [`${INDENT} ⛔ the budget refused ${count(usage.overBudget, 'request')}`]),
  ];
}

function modelLine({ provider, model, requests, failed, ...tokens }: ModelUsage): string {
  const cached = tokens.cachedInputTokens === 0 ? '' : ` (${rounded(tokens.cachedInputTokens)} cached)`;
  const used = `${rounded(tokens.inputTokens)} in${cached}, ${rounded(tokens.outputTokens)} out`;
  const answers = `${count(requests, 'request')}, ${failed === 0 ? 'none' : String(failed)} failed`;
  return `${INDENT} 🤖 ${provider}  ${shown(model ?? 'no model named')}  ${answers}  ${used}`;
}

const count = (number: number, what: string): string => `${String(number)} ${what}${number === 1 ? '' : 's'}`;

/** Only the list, to paste into a workflow. Lines that could be something else than entries are left out. */
export function listText({ proposal }: LogReport): string {
  if (proposal === undefined) return '# Nothing was refused that an entry of allow-domains would change.\n';
  const lines = proposal.lines.filter((line) => /^[!-~](?:[ -~]{0,300}[!-~])?$/.test(line));
  const left = proposal.lines.length - lines.length + proposal.leftOut;
  const rest = left === 0 ? [] : [`  # ${count(left, 'more name')}: awf logs --json`];
  return ['allow-domains: |', ...lines.map((line) => `  ${line}`), ...rest, ''].join('\n');
}
