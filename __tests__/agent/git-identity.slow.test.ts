import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitIdentityText, readGitIdentity } from '../../src/agent/git-identity.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { git, HAS_GIT } from '../../testing/git.ts';

/** A home with these files, and the environment of its user. */
function atHome(files: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const home = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), content);
  }
  return { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
}

function aRepository(): string {
  const directory = temporaryDirectory();
  git(directory, 'init', '-q');
  return directory;
}

const ADA = '[user]\n\tname = Ada\n\temail = ada@example.org\n';

describe.skipIf(!HAS_GIT)('who commits', () => {
  test.each<[string, Record<string, string>, readonly (readonly string[])[]]>([
    ['nobody', {}, []],
    [
      'whom the home names',
      { '.gitconfig': ADA },
      [
        ['user.name', 'Ada'],
        ['user.email', 'ada@example.org'],
      ],
    ],
    ['in the other place', { '.config/git/config': '[user]\n\tname = Ada' }, [['user.name', 'Ada']]],
    [
      'the last one',
      { '.gitconfig': `${ADA}[user]\n\tname = Eve` },
      [
        ['user.name', 'Eve'],
        ['user.email', 'ada@example.org'],
      ],
    ],
    [
      'an included one',
      { '.gitconfig': '[include]\n\tpath = who', who: '[user]\n\tname = Ada' },
      [['user.name', 'Ada']],
    ],
    [
      'for both parts',
      { '.gitconfig': '[author]\n\tname = A\n[committer]\n\temail = c@example.org' },
      [
        ['author.name', 'A'],
        ['committer.email', 'c@example.org'],
      ],
    ],
    ['no other setting', { '.gitconfig': '[user]\n\tsigningKey = x\n\tname\n[credential]\n\thelper = store' }, []],
  ])('%s', (_, files, expected) => {
    expect(readGitIdentity(aRepository(), atHome(files))).toEqual(expected);
  });

  test('depends on the place, and the repository’s own comes first', () => {
    const workspace = aRepository();
    const here = `[user]\n\tname = Home\n[includeIf "gitdir:${workspace}/"]\n\tpath = work`;
    const environment = atHome({ '.gitconfig': here, work: '[user]\n\tname = Work' });
    expect(readGitIdentity(workspace, environment)).toEqual([['user.name', 'Work']]);
    expect(readGitIdentity(aRepository(), environment)).toEqual([['user.name', 'Home']]);
    git(workspace, 'config', 'user.name', 'Own');
    expect(readGitIdentity(workspace, environment)).toEqual([['user.name', 'Own']]);
  });

  test('is known without a repository, and from the job’s variables', () => {
    const variables = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'Job' };
    expect(readGitIdentity(temporaryDirectory(), { ...atHome({}), ...variables })).toEqual([['user.name', 'Job']]);
    expect(readGitIdentity('/nonexistent', atHome({ '.gitconfig': ADA }))).toEqual([]);
    expect(readGitIdentity(aRepository(), { HOME: '/nonexistent', PATH: '/nonexistent' })).toEqual([]);
  });

  test('nothing that a repository names is run', () => {
    const workspace = aRepository();
    const mark = join(workspace, 'ran');
    writeFileSync(join(workspace, 'evil'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    for (const key of ['core.fsmonitor', 'core.pager', 'core.editor', 'alias.config', 'core.sshCommand']) {
      git(workspace, 'config', key, join(workspace, 'evil'));
    }
    expect(readGitIdentity(workspace, atHome({ '.gitconfig': '[user]\n\tname = Ada' }))).toEqual([
      ['user.name', 'Ada'],
    ]);
    expect(existsSync(mark)).toBe(false);
  });

  test.each(['Ada', 'Ada "the first" \\ Lovelace # ; x', ' spaces ', 'two\nlines', 'Zoë 陈'])(
    'git reads what is written: %j',
    (name) => {
      const text = gitIdentityText([['user.name', name]]);
      expect(readGitIdentity(temporaryDirectory(), atHome({ '.gitconfig': text }))).toEqual([['user.name', name]]);
    },
  );
});
