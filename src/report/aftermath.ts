import { printable } from '../host/file-names.ts';
import { code, details, list } from './markdown.ts';
import type { Aftermath } from '../workspace/inspect.ts';

/** The number of items that one warning names. A hostile command can leave any number. */
const MAX_NAMED = 10;

/** Warns about what the command left in the workspace, once for each kind. */
export function aftermathWarnings({
  disarmed,
  newRepository,
  kept,
  changes,
  links,
  setIdFiles,
  pipes,
  shut,
  left,
}: Aftermath): string[] {
  const moved = disarmed.filter(({ movedTo }) => movedTo !== undefined);
  const stuck = disarmed.filter(({ movedTo }) => movedTo === undefined);
  const named = (list: Aftermath['disarmed']): string =>
    listed(list.map(({ path, what }) => `${path} (${listed(what)})`));
  return [
    ...(moved.length > 0
      ? [`The command left what a later program would follow. It was moved aside, to *.awf-*: ${named(moved)}.`]
      : []),
    ...(stuck.length > 0
      ? [
          `The command left what a later program would follow, and it could not be moved. Do not run git there: ${named(stuck)}.`,
        ]
      : []),
    ...(newRepository ? ['The command made the workspace a git repository: there was no .git before.'] : []),
    ...(changes.length > 0
      ? [
          `The command changed protected files: ${listed(changes.map(({ path, how }) => `${path} (${how})`))}. Review them ` +
            'before a later step uses them.',
        ]
      : []),
    ...keptNotes(kept),
    ...(links.length > 0
      ? [`The command made links out of the workspace, which a later upload or copy follows: ${listed(links)}.`]
      : []),
    ...setIdNotes(setIdFiles),
    ...pipeNotes(pipes),
    ...(shut.length > 0
      ? [`The command locked directories so that nobody could look into them. AWF unlocked them: ${listed(shut)}.`]
      : []),
    ...(left > 0
      ? [
          'The command left so much in the workspace that it was not looked through to the end: at least ' +
            `${left} directories are left. Do not run git there.`,
        ]
      : []),
  ];
}

/** A section of the job summary, as blocks: what has to be seen, and what one may open. Empty if there is nothing to report. */
export function aftermathMarkdown(aftermath: Aftermath): string[] {
  const { disarmed, newRepository, changes, links, setIdFiles, pipes, left } = aftermath;
  const seen = [
    ...(newRepository ? ['⚠️ The command made the workspace a git repository.'] : []),
    ...(left === 0
      ? []
      : [`⚠️ At least ${left} directories were not looked through: there were too many. Do not run git there.`]),
    ...listOf(
      'The command changed protected files. Review them before a later step uses them:',
      changes.map(({ path, how }) => `${code(path)}: ${how}`),
    ),
    ...listOf(
      'The command left what a later program would follow:',
      disarmed.map(({ path, what, movedTo }) => {
        const became = movedTo === undefined ? '⚠️ it could not be moved' : `⛔ moved to ${code(movedTo)}`;
        return `${code(path)} (${code(what.join(', '))}): ${became}`;
      }),
    ),
    ...listOf(
      'The command left programs that lend the rights of their owner or group:',
      setIdFiles.map(({ path, isCleared }) => `${code(path)}: ${isCleared ? '⛔ no longer' : '⚠️ it still does'}`),
    ),
    ...listOf(
      'The command left pipes, at which a later program would wait:',
      pipes.map(({ path, isRemoved }) => `${code(path)}: ${isRemoved ? '⛔ removed' : '⚠️ it is still there'}`),
    ),
    ...listOf('The command made links out of the workspace, which a later upload or copy follows:', links.map(code)),
  ];
  const more = details('<b>Workspace</b>: what else the command left', furtherBlocks(aftermath));
  return seen.length + more.length === 0 ? [] : ['### Workspace', ...seen, ...more];
}

/** What needs nobody's action. */
function furtherBlocks({ kept, shut, readOnly }: Aftermath): string[] {
  return [
    ...readOnlyNote(readOnly),
    ...listOf('The command locked directories, and AWF unlocked them:', shut.map(code)),
    ...listOf('Not brought to the repository on the host:', [
      ...kept.conflicts.map((name) => `${code(name)}: it changed on the host during the run too`),
      ...kept.ended.map((what) => `${code(what)}: it was unfinished`),
      ...kept.settings.map((name) => `${code(name)}: it could run something, or send work elsewhere`),
      ...kept.failed.map((what) => `${code(what)}: ⚠️ it failed`),
    ]),
  ];
}

/** A build may well leave such directories (a cache of Go's modules), so this is no warning. */
function readOnlyNote(directories: readonly string[]): string[] {
  const [first] = directories;
  if (first === undefined) return [];
  const count = directories.length === 1 ? '' : ` (and ${directories.length - 1} more)`;
  return [`New directory that is read-only: ${code(first)}${count}. Run \`chmod -R u+w\` before you remove it.`];
}

/** Programs that run with the rights of whoever owns them. */
function setIdNotes(files: Aftermath['setIdFiles']): string[] {
  const named = (isCleared: boolean): string =>
    listed(files.filter((file) => file.isCleared === isCleared).map(({ path }) => path));
  const [cleared, stuck] = [named(true), named(false)];
  return [
    ...(cleared === '' ? [] : [`The command set set-user-ID or set-group-ID bits. AWF cleared them: ${cleared}.`]),
    ...(stuck === ''
      ? []
      : [`The command set set-user-ID or set-group-ID bits, and they could not be cleared. Remove: ${stuck}.`]),
  ];
}

/** Pipes, at which a later program would wait. */
function pipeNotes(pipes: Aftermath['pipes']): string[] {
  const named = (isRemoved: boolean): string =>
    listed(pipes.filter((pipe) => pipe.isRemoved === isRemoved).map(({ path }) => path));
  const [removed, stuck] = [named(true), named(false)];
  return [
    ...(removed === '' ? [] : [`The command left named pipes, and AWF removed them: ${removed}.`]),
    ...(stuck === ''
      ? []
      : [`The command left named pipes, and they could not be removed. Do not open them: ${stuck}.`]),
  ];
}

/** What the repository on the host did not get. */
function keptNotes({ conflicts, ended, settings, failed }: Aftermath['kept']): string[] {
  const unique = (list: readonly string[]): string => listed([...new Set(list)].map(printable));
  return [
    ...(conflicts.length > 0
      ? [`These changed on the host during the run too, and the host's stay: ${unique(conflicts)}.`]
      : []),
    ...(ended.length > 0 ? [`The command left ${unique(ended)} unfinished; that ended with the run.`] : []),
    ...(settings.length > 0
      ? [`These git settings were changed by the command only for itself: ${unique(settings)}.`]
      : []),
    ...(failed.length > 0
      ? [`The command's work in git could not be brought to the host completely: ${unique(failed)}.`]
      : []),
  ];
}

function listOf(lead: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`**${lead}**`, ...list(items)];
}

function listed(items: readonly string[]): string {
  const rest = items.length - MAX_NAMED;
  return items.slice(0, MAX_NAMED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
