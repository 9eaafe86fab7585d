import { join } from 'node:path/posix';
import { UserError } from '../errors.ts';
import type { GitReader } from '../host/git.ts';
import { gitReader } from '../host/git.ts';

/** What a commit has at a path: a file, or what stands in the way to it. */
export interface TreeEntry {
  readonly kind: 'file' | 'link' | 'submodule' | 'directory';
  readonly id: string;
}

const KINDS: Readonly<Record<string, TreeEntry['kind']>> = {
  '100644': 'file',
  '100664': 'file',
  '100755': 'file',
  '120000': 'link',
  '160000': 'submodule',
  '040000': 'directory',
};

/** Reads files of commits, without the working tree and the index. */
export class Repository {
  readonly #git: GitReader;
  /** Where the workspace is in the repository: empty, or a path with a slash at its end. */
  readonly #prefix: string;

  private constructor(git: GitReader, prefix: string) {
    this.#git = git;
    this.#prefix = prefix;
  }

  /** @returns undefined if the workspace is in no repository, or there is no git */
  static of(workspace: string, environment: NodeJS.ProcessEnv): Repository | undefined {
    const git = gitReader(workspace, environment);
    const prefix = git?.('rev-parse', '--show-prefix');
    if (git === undefined || prefix === undefined) return undefined;
    return new Repository(git, prefix.toString('utf8').replace(/\n$/, ''));
  }

  /** The id of the commit that `revision` names, if the clone has it. */
  commit(revision: string): string | undefined {
    // A revision that git could take for an option, a path or a search is never meant.
    if (!/^[\w.@/^~+#-]+$/.test(revision) || revision.startsWith('-')) return undefined;
    const id = this.#git('rev-parse', '--verify', '--quiet', `${revision}^{commit}`)?.toString('utf8').trim();
    return id !== undefined && isObjectId(id) ? id : undefined;
  }

  /** The references to what is checked out that actions/checkout makes for a pull request: `refs/remotes/pull/7/merge`. */
  pullsAtHead(): string[] {
    const format = ['--points-at=HEAD', '--format=%(refname)'];
    return (
      this.#git('for-each-ref', ...format, 'refs/remotes/pull/')
        ?.toString('utf8')
        .split('\n')
        .filter(Boolean) ?? []
    );
  }

  /** Where `origin` is fetched from. */
  origin(): string | undefined {
    return this.#git('config', '--local', '--get', 'remote.origin.url')?.toString('utf8').trim();
  }

  /**
   * What a commit has at a path of the working tree, relative to the workspace.
   *
   * @returns undefined if there is nothing; a link or a submodule on the way to it as itself
   * @throws UserError if the clone lacks the directories of the commit
   */
  find(commit: string, path: string): TreeEntry | undefined {
    const parts = join(this.#prefix, path).split('/');
    for (let length = 1; length <= parts.length; length += 1) {
      const entry = this.#entry(commit, parts.slice(0, length).join('/'));
      if (entry?.kind !== 'directory' || length === parts.length) return entry;
    }
    return undefined;
  }

  #entry(commit: string, path: string): TreeEntry | undefined {
    const listed = this.#git('ls-tree', '--full-tree', '-z', commit, '--', path)?.toString('latin1');
    if (listed === undefined) throw unreadable(commit);
    if (listed === '') return undefined;
    const [, mode = '', id = ''] = /^(\d{6}) \w+ ([0-9a-f]+)\t/.exec(listed) ?? [];
    const kind = KINDS[mode];
    if (kind === undefined) throw unreadable(commit);
    return { kind, id };
  }

  /** @throws UserError if the file is larger than `maxBytes`, or the clone lacks it */
  read({ id }: TreeEntry, maxBytes: number, tooLarge: () => UserError): Buffer {
    const size = Number(this.#git('cat-file', '-s', id)?.toString('latin1') ?? Number.NaN);
    if (size > maxBytes) throw tooLarge();
    const content = Number.isNaN(size) ? undefined : this.#git('cat-file', 'blob', id);
    if (content === undefined) throw unreadable(id);
    return content;
  }
}

export const isObjectId = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);

function unreadable(id: string): UserError {
  return new UserError(`git cannot read ${id.slice(0, 12)} in the workspace.`, {
    hint: 'A partial clone may lack it: leave out "filter" of actions/checkout.',
  });
}
