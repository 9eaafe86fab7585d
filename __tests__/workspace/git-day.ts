/** A day of an agent's work with git, and all that a repository can tell about itself afterwards. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, tryGit } from '../../testing/git.ts';

/** For bash, in the workspace of {@link makeWorkspace}. The dates make the names of the commits the same everywhere. */
export const DAY = `
set -ex
export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z GIT_EDITOR=true
unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
git config user.name Agent; git config user.email agent@example.com
git status --short
echo a >> file.txt; git commit -qam one; echo b >> file.txt; git commit -qa --amend -m one-amended
git branch feature; git switch -q feature; echo f > f.txt; git add f.txt; git commit -qm feature
git checkout -q --track origin/topic; git log --oneline
git switch -q main; echo s >> file.txt; git stash -q; git stash pop -q; git stash -q
git switch -q -c conflict HEAD~1; echo other > file.txt; git commit -qam other
git rebase main || { echo fixed > file.txt; git add file.txt; git rebase --continue; }
git switch -q main; git merge -q --no-ff --no-edit feature; git revert --no-edit HEAD~1 -m 1 || git revert --no-edit HEAD~1
git cherry-pick conflict || { git checkout -q --theirs file.txt; git add file.txt; git cherry-pick --continue; }
git tag v1; git tag -a v2 -m two
git worktree add -q inner -b inner; (cd inner; echo w > w; git add w; git commit -qm in-worktree)
git worktree add -q brief; git worktree remove brief
git -c protocol.file.allow=always submodule add -q "$PWD/remotes/library" library; git commit -qm submodule
(cd library; git log --oneline; git checkout -q -b local; echo y > y; git add y; git -c user.name=A -c user.email=a@b.example commit -qm y)
git remote add other remotes/other.git; git fetch -q other; git push -q -u origin feature; git push -q other main
git gc -q; git pack-refs --all
git bisect start; git bisect bad HEAD; git bisect good HEAD~2; git bisect reset
git notes add -m note HEAD
git branch -D feature; git branch -m conflict renamed; git tag -d v1
git update-index --split-index; echo staged > staged.txt; git add staged.txt; echo open >> file.txt
git clone -q remotes/library clone
git fsck --strict
`;

/** A repository with two remotes and a library to use as a submodule, all in one workspace. */
export function makeWorkspace(workspace: string): void {
  const write = (name: string, content: string): void => {
    mkdirSync(join(workspace, name, '..'), { recursive: true });
    writeFileSync(join(workspace, name), content);
  };
  const [library, up] = [join(workspace, 'remotes/library'), join(workspace, 'remotes/up')];
  for (const directory of [library, up]) {
    mkdirSync(directory, { recursive: true });
    git(directory, 'init', '-q', '-b', 'main');
    for (const content of ['1\n', '1\n2\n', '1\n2\n3\n']) {
      write(`${directory.slice(workspace.length + 1)}/file.txt`, content);
      git(directory, 'add', '.');
      git(directory, 'commit', '-qm', content.trim());
    }
    git(directory, 'branch', 'topic', 'HEAD~1');
  }
  git(workspace, 'init', '-q', '--bare', 'remotes/other.git');
  git(workspace, 'init', '-q', '-b', 'main');
  git(workspace, 'remote', 'add', 'origin', join(workspace, 'remotes/up'));
  git(workspace, 'pull', '-q', 'origin', 'main');
  git(workspace, 'fetch', '-q', 'origin');
  write('.gitignore', '/remotes\n/inner\n/clone\n/.awf-*\n');
  git(workspace, 'add', '.');
  git(workspace, 'commit', '-qm', 'ignore');
}

const QUESTIONS: readonly (readonly string[])[] = [
  ['for-each-ref'],
  ['symbolic-ref', 'HEAD'],
  ['log', '--all', '--oneline'],
  ['status', '--porcelain'],
  ['stash', 'list'],
  ['worktree', 'list'],
  ['submodule', 'status'],
  ['notes', 'list'],
  ['reflog', '--all'],
  ['ls-files', '--stage'],
  ['fsck'],
  ['config', '--local', '--list'],
];

/** What the repository and those within it say about themselves. */
export function stateOf(workspace: string, prefix: readonly string[]): Record<string, string> {
  const answers = ['', 'library', 'inner', 'clone', 'remotes/other.git'].flatMap((directory) =>
    QUESTIONS.map((question): [string, string] => {
      const { stdout, stderr } = tryGit(join(workspace, directory), question, prefix);
      const lines = `${stdout}${stderr}`.replaceAll(workspace, 'WORKSPACE').split('\n').sort();
      return [`${directory}: git ${question.join(' ')}`, lines.join('\n')];
    }),
  );
  return Object.fromEntries(answers);
}
