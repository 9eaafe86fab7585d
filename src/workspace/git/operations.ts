import { rmSync } from 'node:fs';
import { join } from 'node:path/posix';
import { bytes, moveAside } from '../../host/file-names.ts';
import type { UserIds } from '../../host/user.ts';
import { contentOf, filesBelow, kindOf, namesIn, writeWhole } from './files.ts';
import { MAX_LOG_BYTES } from './layout.ts';
import { isUntouched, type PrivateDirectory } from './private.ts';
import { OBJECT_NAME, readRefs } from './refs.ts';

/** State of an operation that goes on later. Its files name programs, so it ends with the run. */
interface Operation {
  readonly what: string;
  /** The names of its files and directories in a git directory. */
  readonly names: RegExp;
  /** Where it keeps references, and the changes that it will restore in the end. */
  readonly refs?: string;
  readonly autostash?: string;
}

const OPERATIONS: readonly Operation[] = [
  { what: 'a rebase', names: /^rebase-merge$/, refs: 'refs/rewritten', autostash: 'rebase-merge/autostash' },
  { what: 'a rebase or git am', names: /^rebase-apply$/, autostash: 'rebase-apply/autostash' },
  { what: 'a series of cherry-picks or reverts', names: /^sequencer$/ },
  { what: 'a bisection', names: /^BISECT_[A-Z_]+$/, refs: 'refs/bisect' },
];

/**
 * An operation that the command finished is finished on the host. One that it began or changed ends with the run: its
 * files name what git runs next.
 *
 * @returns descriptions of those that the command left unfinished
 */
export function endOperations(directory: PrivateDirectory, owner: UserIds): string[] {
  const { host, own } = directory;
  return OPERATIONS.flatMap(({ what, names, refs, autostash }) => {
    const namesOf = (top: string): string[] => namesIn(top).filter((name) => names.test(name));
    const [before, after] = [namesOf(host), namesOf(own)];
    const copied = Object.keys(directory.files).filter((file) => names.test(file.split('/')[0] ?? ''));
    const files = new Set([...after.flatMap((name) => filesBelow(own, name)), ...copied]);
    const isThere = after.length > 0;
    if (isThere && [...files].every((file) => isUntouched(directory, file))) return [];
    for (const name of before) {
      if (isThere) moveAside(join(host, name));
      else rmSync(bytes(join(host, name)), { recursive: true });
    }
    if (before.length > 0 && refs !== undefined) rmSync(bytes(join(host, refs)), { recursive: true, force: true });
    if (!isThere) return [];
    const stash = autostash === undefined ? '' : (contentOf(join(own, autostash))?.trimEnd() ?? '');
    if (!OBJECT_NAME.test(stash) || kindOf(host) !== 'directory') return [what];
    keepStash(host, stash, owner);
    return [`${what} (the changes that it would have restored are in git stash)`];
  });
}

/** Does what `git rebase --quit` does with changes that it has put aside: they are nowhere else. */
function keepStash(gitDirectory: string, stash: string, owner: UserIds): void {
  const last = readRefs(gitDirectory)['refs/stash'];
  const log = join(gitDirectory, 'logs/refs/stash');
  const lines = contentOf(log, MAX_LOG_BYTES) ?? '';
  const when = `${Math.floor(Date.now() / 1_000)} +0000`;
  const line = `${last ?? '0'.repeat(stash.length)} ${stash} AWF <> ${when}\tautostash\n`;
  writeWhole(log, lines + line, owner);
  writeWhole(join(gitDirectory, 'refs/stash'), `${stash}\n`, owner);
}
