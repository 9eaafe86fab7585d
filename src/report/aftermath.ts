import { code, table } from './markdown.ts';
import type { Aftermath } from '../workspace/workspace.ts';

/** The number of items that one warning names. A hostile command can leave any number. */
const MAX_NAMED = 10;

/** Warns about what the command left in the workspace, once for each kind. */
export function aftermathWarnings({ disarmed, newRepository, changes, unread, left }: Aftermath): string[] {
  const moved = disarmed.filter(({ movedTo }) => movedTo !== undefined);
  const stuck = disarmed.filter(({ movedTo }) => movedTo === undefined);
  const named = (list: Aftermath['disarmed']): string =>
    listed(list.map(({ path, what }) => `${path} (${listed(what)})`));
  return [
    ...(moved.length > 0
      ? [`The command left what a later git would follow. It was moved aside, to *.awf-*: ${named(moved)}.`]
      : []),
    ...(stuck.length > 0
      ? [
          `The command left what a later git would follow, and it could not be moved. Do not run git there: ${named(stuck)}.`,
        ]
      : []),
    ...(newRepository ? ['The command made the workspace a git repository: there was no .git before.'] : []),
    ...(changes.length > 0
      ? [`The command changed what protect-paths names: ${listed(changes.map(({ path, how }) => `${path} (${how})`))}.`]
      : []),
    ...(unread.length > 0
      ? [`What the command left could not be searched everywhere. Do not run git in: ${listed(unread)}.`]
      : []),
    ...(left > 0
      ? [
          'The command left so much in the workspace that it was not looked through to the end: at least ' +
            `${left} directories are left. Do not run git there.`,
        ]
      : []),
  ];
}

/** A section of the job summary, as blocks. Empty if there is nothing to report. */
export function aftermathMarkdown({ disarmed, newRepository, changes, unread, left }: Aftermath): string[] {
  const notes = [
    ...(newRepository ? ['⚠️ The command made the workspace a git repository.'] : []),
    ...(left === 0 ? [] : [`⚠️ At least ${left} directories were not looked through: there were too many.`]),
  ];
  const tables = [
    tableOf(
      ['Changed path of `protect-paths`', 'How'],
      changes.map(({ path, how }) => [code(path), how]),
    ),
    tableOf(
      ['A later git would follow', 'because of', 'What became of it'],
      disarmed.map(({ path, what, movedTo }) => [
        code(path),
        code(what.join(', ')),
        movedTo === undefined ? '⚠️ it could not be moved' : `⛔ moved to ${code(movedTo)}`,
      ]),
    ),
    tableOf(
      ['Could not be looked through'],
      unread.map((path) => [code(path)]),
    ),
  ].flat();
  return notes.length + tables.length === 0 ? [] : ['### Workspace', ...notes, ...tables];
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [table(head, rows, '')];
}

function listed(items: readonly string[]): string {
  const rest = items.length - MAX_NAMED;
  return items.slice(0, MAX_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
