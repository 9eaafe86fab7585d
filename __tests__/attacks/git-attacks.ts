/** Ways to make git run a program of the attacker's later, each with the git command that falls for it. */

import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../../testing/git.ts';

export interface GitAttack {
  readonly name: string;
  /**
   * A bash script, run in the workspace. `$EVIL` is the configuration and `$PAYLOAD` the program. Both leave a mark of
   * the attack.
   */
  readonly script: string;
  /** The arguments of git, run in the workspace. In a name, `\xff` is that byte. */
  readonly trigger: readonly (readonly string[])[];
}

const STATUS = [['status']];
const COMMIT = [['commit', '--allow-empty', '-m', 'x']];
const inside = (directory: string): string[][] => [['-C', directory, 'status']];
/** Copies the repository, with the attacker's configuration. */
const REPOSITORY = (path: string): string =>
  `mkdir -p $(dirname "${path}"); cp -r .git .copy; mv .copy "${path}"; cp "$EVIL" "${path}/config"`;

/** Makes a worktree of the repository at `path` by hand. */
const LINKED = (path: string, name: string): string => `
  mkdir -p ${path}/worktrees/${name} ${name}; cp .git/HEAD ${path}/worktrees/${name}; echo ../.. > ${path}/worktrees/${name}/commondir
  echo "$PWD/${name}/.git" > ${path}/worktrees/${name}/gitdir; echo "gitdir: $PWD/${path}/worktrees/${name}" > ${name}/.git`;

export const GIT_ATTACKS: readonly GitAttack[] = [
  { name: 'write a hook', script: 'cp "$PAYLOAD" .git/hooks/pre-commit', trigger: COMMIT },
  {
    name: 'rename the hooks',
    script: 'mkdir h1; cp "$PAYLOAD" h1/post-commit; mv .git/hooks h0 && mv h1 .git/hooks',
    trigger: COMMIT,
  },
  {
    name: 'link the hooks',
    script: 'mkdir h2; cp "$PAYLOAD" h2/pre-commit; rm -rf .git/hooks; ln -s ../h2 .git/hooks',
    trigger: COMMIT,
  },
  { name: 'append to the configuration', script: 'cat "$EVIL" >> .git/config', trigger: STATUS },
  {
    name: 'git config',
    script: 'mkdir h3; cp "$PAYLOAD" h3/pre-commit; git config core.hooksPath h3',
    trigger: COMMIT,
  },
  { name: 'rename over the configuration', script: 'cp "$EVIL" c1; mv -f c1 .git/config', trigger: STATUS },
  {
    name: 'link the configuration',
    script: 'cp "$EVIL" c2; rm -f .git/config; ln -s ../c2 .git/config',
    trigger: STATUS,
  },
  {
    name: 'write the configuration in place',
    script: 'chmod u+w .git/config; dd if="$EVIL" of=.git/config',
    trigger: STATUS,
  },
  {
    name: 'replace the repository',
    script: 'cp -r .git r1; cp "$EVIL" r1/config; mv .git r0 && mv r1 .git',
    trigger: STATUS,
  },
  { name: 'config.worktree', script: 'cp "$EVIL" .git/config.worktree', trigger: STATUS },
  { name: 'a gitlink', script: `mkdir gl; ${REPOSITORY('gl/.git')}; git add gl`, trigger: STATUS },
  { name: 'a nested repository', script: `mkdir nr; ${REPOSITORY('nr/.git')}`, trigger: inside('nr') },
  {
    name: 'a nested hook',
    script: 'git init -q nh; mkdir -p nh/.git/hooks; cp "$PAYLOAD" nh/.git/hooks/pre-commit',
    trigger: [['-C', 'nh', ...COMMIT[0]!]],
  },
  {
    name: 'a bare repository',
    script: `${REPOSITORY('br')}; printf '[core]\\nbare = false\\nworktree = .\\n' >> br/config`,
    trigger: inside('br'),
  },
  {
    name: 'an existing repository',
    script:
      'cat "$EVIL" >> nested/.git/config; mv nested/.git nested/.old; cp -r nested/.old nested/.git; cat "$EVIL" > nested/.git/config',
    trigger: inside('nested'),
  },
  {
    name: 'another directory above it',
    script:
      'mv deep/er deep/old; mkdir -p deep/er; cp -r deep/old/repo deep/er/repo; cat "$EVIL" > deep/er/repo/.git/config',
    trigger: inside('deep/er/repo'),
  },
  {
    name: 'an existing worktree',
    script: `${REPOSITORY('common2')}; echo ../../../common2 > .git/worktrees/wt/commondir`,
    trigger: inside('wt'),
  },
  {
    name: 'a new worktree',
    script: `${REPOSITORY('common3')}; git worktree add -q w3; echo ../../../common3 > .git/worktrees/w3/commondir`,
    trigger: inside('w3'),
  },
  {
    name: 'a worktree’s own configuration',
    script: 'git worktree add -q w4; cp "$EVIL" .git/worktrees/w4/config.worktree',
    trigger: inside('w4'),
  },
  {
    name: '.git as a file',
    script: `${REPOSITORY('x1')}; mkdir gf; echo 'gitdir: ../x1' > gf/.git`,
    trigger: inside('gf'),
  },
  { name: '.git as a link', script: `${REPOSITORY('x2')}; mkdir ll; ln -s ../x2 ll/.git`, trigger: inside('ll') },
  {
    name: 'a submodule',
    script: `${REPOSITORY('.git/modules/m')}; mkdir sm; echo 'gitdir: ../.git/modules/m' > sm/.git; git add sm`,
    trigger: inside('sm'),
  },
  {
    name: 'a message that git writes through a link',
    script: 'cp "$EVIL" .git/SQUASH_MSG; rm -f .git/COMMIT_EDITMSG; ln -s config .git/COMMIT_EDITMSG',
    trigger: [['commit', '--allow-empty', '--no-edit'], ['status']],
  },
  {
    name: 'a name that is not UTF-8',
    script: `n=$(printf 'n\\377'); mkdir "$n"; ${REPOSITORY('$n/.git')}`,
    trigger: inside('n\xff'),
  },
  {
    name: 'a directory that cannot be listed',
    script: `mkdir dd; ${REPOSITORY('dd/s/.git')}; chmod 311 dd`,
    trigger: inside('dd/s'),
  },
  {
    name: 'steps of a rebase',
    script:
      'git clone -q . rb; cd rb; export GIT_SEQUENCE_EDITOR="sed -i 1ibreak"; git rebase -q -i HEAD~1; echo "exec $PAYLOAD" >> .git/rebase-merge/git-rebase-todo',
    trigger: [['-C', 'rb', 'rebase', '--continue']],
  },
  { name: 'an included file', script: 'cat "$EVIL" >> shared.gitconfig', trigger: STATUS },
  { name: 'an included file that was missing', script: 'cp "$EVIL" missing.gitconfig', trigger: STATUS },
  {
    name: 'a directory of hooks of the user’s',
    script: 'mkdir -p nested/hooks.d; cp "$PAYLOAD" nested/hooks.d/pre-commit',
    trigger: [['-C', 'nested', ...COMMIT[0]!]],
  },
  {
    name: 'a missing directory of hooks of the user’s',
    script: 'mkdir -p deep/er/repo/hooks.d; cp "$PAYLOAD" deep/er/repo/hooks.d/pre-commit',
    trigger: [['-C', 'deep/er/repo', ...COMMIT[0]!]],
  },
  {
    name: 'a link to a directory of hooks of the user’s',
    script: 'rm linked/hooks.d; mkdir linked/hooks.d; cp "$PAYLOAD" linked/hooks.d/pre-commit',
    trigger: [['-C', 'linked', ...COMMIT[0]!]],
  },
  {
    name: 'a hook of the user’s that is a link into the workspace',
    script: 'cp "$PAYLOAD" upstream/hook.sh',
    trigger: [['-C', 'upstream', ...COMMIT[0]!]],
  },
  {
    name: 'a link from the hooks of a new worktree to the top of the workspace',
    script: 'git -C nested worktree add -q ../nw; ln -s .. nw/hooks.d; cp "$PAYLOAD" pre-commit',
    trigger: [['-C', 'nw', ...COMMIT[0]!]],
  },
  {
    name: 'a worktree whose common part has no HEAD',
    script: `${REPOSITORY('nohead')}; ${LINKED('nohead', 'z1')}; rm nohead/HEAD`,
    trigger: inside('z1'),
  },
  {
    name: 'the same in .git',
    script: `${REPOSITORY('.git/nohead')}; ${LINKED('.git/nohead', 'z2')}; rm .git/nohead/HEAD`,
    trigger: inside('z2'),
  },
  // Git does not check what an index says, and so not its sum either.
  {
    name: 'an index of a nested repository that leads into its git directory',
    script: `git init -q ni; cd ni; mkdir -p .gis/hooks; cp "$PAYLOAD" .gis/hooks/post-checkout; git add .; rm -r .gis
      LC_ALL=C sed -i 's|[.]gis/hooks|.git/hooks|' .git/index`,
    trigger: [['-C', 'ni', 'checkout', '--', '.']],
  },
  {
    name: 'an index that leads into the git directory',
    script: `mkdir -p .gis/hooks; cp "$PAYLOAD" .gis/hooks/post-checkout; git add -f .gis; rm -r .gis
      LC_ALL=C sed -i 's|[.]gis/hooks|.git/hooks|' .git/index`,
    trigger: [['checkout', '--', '.']],
  },
  // This attack must be the last one, because git in the sandbox falls for it too.
  { name: 'commondir', script: `${REPOSITORY('common')}; echo ../common > .git/commondir`, trigger: STATUS },
];

/** The files that successful attacks leave, one for each attack's number. */
export class Marks {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  /** The attack as a script, with its payload. It exits with 0, whether or not the attempt succeeds. */
  script(attack: GitAttack): string {
    const id = GIT_ATTACKS.indexOf(attack);
    const payload = `mkdir -p .p; printf '#!/bin/sh\\ntouch ${this.directory}/${String(id)}\\n' > .p/${String(id)}; chmod 755 .p/${String(id)}`;
    return `${payload}
      export PAYLOAD="$PWD/.p/${String(id)}" EVIL="$PWD/.p/${String(id)}.config"
      printf '[core]\\n\\trepositoryformatversion = 0\\n\\tfsmonitor = %s\\n' "$PAYLOAD" > "$EVIL"
      (set +e; ${attack.script}; true)`;
  }

  /** The names of the attacks that have succeeded since the last call. */
  take(): string[] {
    const found = readdirSync(this.directory);
    for (const id of found) rmSync(join(this.directory, id));
    return found.map((id) => GIT_ATTACKS[Number(id)]?.name ?? id);
  }
}

/** A token like the one that a checkout step may leave in a configuration. */
export const CHECKOUT_TOKEN = 'c2VudGluZWw6Z2hzX3NlbnRpbmVsVG9rZW4=';

/**
 * Makes a repository with a history, a worktree, two nested repositories, and settings that name files in the
 * workspace.
 */
export function makeRepository(workspace: string): void {
  const write = (name: string, content: string): void => {
    mkdirSync(join(workspace, name, '..'), { recursive: true });
    writeFileSync(join(workspace, name), content);
  };
  git(workspace, 'init', '-q', '-b', 'main');
  write('file.txt', 'one\n');
  write('.github/workflows/ci.yml', 'on: push\n');
  write('.mcp.json', '{}\n');
  write('package.json', '{}\n');
  git(workspace, 'add', '.');
  git(workspace, 'commit', '-qm', 'first');
  write('file.txt', 'two\n');
  git(workspace, 'commit', '-qam', 'second');
  write('shared.gitconfig', '[user]\n\tname = Somebody\n');
  git(workspace, 'clone', '-q', '.', 'upstream');
  for (const nested of ['nested', 'linked', 'deep/er/repo']) {
    git(workspace, 'clone', '-q', '.', nested);
    git(join(workspace, nested), 'config', 'core.hooksPath', 'hooks.d');
  }
  for (const directory of ['nested/hooks.d', 'linked/real']) mkdirSync(join(workspace, directory));
  symlinkSync('real', join(workspace, 'linked/hooks.d'));
  writeFileSync(join(workspace, 'upstream/hook.sh'), '#!/bin/sh\n', { mode: 0o755 });
  symlinkSync('../../hook.sh', join(workspace, 'upstream/.git/hooks/pre-commit'));
  git(workspace, 'worktree', 'add', '-q', 'wt');
  for (const [name, value] of Object.entries({
    'http.https://github.com/.extraheader': `AUTHORIZATION: basic ${CHECKOUT_TOKEN}`,
    'remote.origin.url': `https://x-access-token:${CHECKOUT_TOKEN}@github.com/octocat/hello-world`,
    'remote.local.url': 'upstream',
    'remote.local.fetch': '+refs/heads/*:refs/remotes/local/*',
    'includeIf.gitdir:/.path': '/tmp/git-credentials.config',
    'extensions.worktreeConfig': 'true',
    'user.name': 'Octocat',
    'user.email': 'octocat@example.com',
  })) {
    git(workspace, 'config', name, value);
  }
  for (const path of ['../shared.gitconfig', '../missing.gitconfig'])
    git(workspace, 'config', '--add', 'include.path', path);
}

/** Copies the workspace, so that an attack may damage it. */
export function copyOf(workspace: string, to: string): string {
  cpSync(workspace, to, { recursive: true, verbatimSymlinks: true });
  git(to, 'worktree', 'repair', 'wt');
  return to;
}
