import { words } from '../../shared/words.ts';
import { isRefName, OBJECT_NAME } from './refs.ts';

/*
 * What belongs in a git directory (gitrepository-layout(5)), and what becomes of it when the command is done. Whatever is
 * not listed here ends with the run: nobody has to know why it would be dangerous.
 */

/** Directories of data that is named after its content, which is checked afterwards: objects, and those of Git LFS. */
export const STORES: readonly string[] = ['objects', 'lfs/objects'];

/** Files of one line for each object, message texts, and lists of patterns, by the test that their content passes. */
const FILES: ReadonlyMap<string, (content: string) => boolean> = new Map([
  ...words('ORIG_HEAD MERGE_HEAD MERGE_AUTOSTASH CHERRY_PICK_HEAD REVERT_HEAD FETCH_HEAD AUTO_MERGE shallow').map(
    (name) => [name, isListOfObjects] as const,
  ),
  ...words('MERGE_MSG SQUASH_MSG COMMIT_EDITMSG NOTES_EDITMSG TAG_EDITMSG EDIT_DESCRIPTION MERGE_MODE').map(
    (name) => [name, isText] as const,
  ),
  ...words('description info/exclude info/sparse-checkout').map((name) => [name, isText] as const),
  ['HEAD', isHead] as const,
]);

/** What the sandbox gets a copy of: all that is data or state of git, except the stores. The rest it sees as it is, read-only. */
export const COPIED =
  /^(HEAD|index|sharedindex\..*|packed-refs|refs|logs|shallow|description|info|branches|remotes|rr-cache|rebase-merge|rebase-apply|sequencer|commondir|gitdir|locked|lfs|[A-Z][A-Z_]*)$/;

/** Locks and notes of a git that is running, or was killed. They mean nothing to another one. */
export const NEVER_COPIED = /(^|\/)(gc\.pid|gc\.log|[^/]*\.lock|\.awf-new)$/;

/** A log of reference updates, or another small file, that returns to the host if its content passes. */
export function returnsAs(name: string): ((content: string) => boolean) | undefined {
  return name.startsWith('logs/') ? isReflog : FILES.get(name);
}

/** The names of all small files that return. */
export const RETURNED_FILES: readonly string[] = [...FILES.keys()].filter((name) => name !== 'HEAD');

/** A log of reference updates that is longer stays as it is. */
export const MAX_LOG_BYTES = 64 << 20;

export const INDEX = 'index';

/** The index, and the files that it may be split into. */
export function isIndex(name: string): boolean {
  return /^(index|sharedindex\.([0-9a-f]{40}|[0-9a-f]{64}))$/.test(name);
}

/** True for a file that belongs into a store. `name` is relative to the git directory. */
export function isStored(name: string): boolean {
  return (
    /^objects\/[0-9a-f]{2}\/([0-9a-f]{38}|[0-9a-f]{62})$/.test(name) ||
    /^objects\/pack\/(pack|loose|multi-pack-index)(-([0-9a-f]{40}|[0-9a-f]{64}))?(\.(pack|idx|rev|bitmap|mtimes|keep|promisor))?$/.test(
      name,
    ) ||
    /^objects\/pack\/multi-pack-index\.d\/[\w.-]+$/.test(name) ||
    // Left by a git that was killed; `git gc` removes them.
    /^objects\/(pack|[0-9a-f]{2})\/\.?tmp[-_][\w.-]+$/.test(name) ||
    /^lfs\/objects\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{64}$/.test(name)
  );
}

/** True for a log of reference updates: `<old> <new> <who> <when> <what>` in each line. */
export function isReflog(content: string): boolean {
  // Line by line: one pattern for all of them would need more stack than there is.
  const lines = content.split('\n');
  return lines.pop() === '' && lines.every((line) => /^[0-9a-f]{40,64} [0-9a-f]{40,64} [^\0]*$/.test(line));
}

export function isHead(content: string): boolean {
  const value = content.trimEnd();
  return OBJECT_NAME.test(value) || (value.startsWith('ref: ') && isRefName(value.slice('ref: '.length)));
}

function isListOfObjects(content: string): boolean {
  return content.split('\n').every((line) => line === '' || /^([0-9a-f]{40}|[0-9a-f]{64})([\t ][^\0]*)?$/.test(line));
}

function isText(content: string): boolean {
  return !content.includes('\0');
}
