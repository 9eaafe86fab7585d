import { describe, expect, test } from 'vitest';
import { composeConfig } from '../../../src/workspace/git/config-policy.ts';
import { nameOf, parseGitConfig } from '../../../src/workspace/git/config.ts';

const compose = (text: string): ReturnType<typeof composeConfig> => composeConfig(text, (path) => path === '../../sub');
const valuesOf = (text: string): Record<string, string | undefined> =>
  Object.fromEntries(parseGitConfig(text).map((entry) => [nameOf(entry), entry.value]));

describe('settings that run a program, read another file or contain a credential are left out', () => {
  test.each([
    ...[
      'core.fsmonitor',
      'core.hooksPath',
      'core.sshCommand',
      'core.pager',
      'core.editor',
      'core.gitProxy',
      'core.askPass',
    ],
    ...['core.alternateRefsCommand', 'core.attributesFile', 'core.worktree', 'alias.st', 'include.path', 'pager.log'],
    ...['credential.helper', 'credential.https://github.com.helper', 'http.https://github.com/.extraheader'],
    ...['http.extraheader', 'http.proxy', 'http.cookieFile', 'http.sslKey', 'includeif.gitdir:/.path', 'gpg.program'],
    ...['diff.external', 'diff.x.command', 'diff.x.textconv', 'merge.x.driver', 'mergetool.x.cmd', 'sequence.editor'],
    ...['filter.x.clean', 'filter.lfs.clean', 'filter.lfs.process', 'remote.x.uploadpack', 'remote.x.receivepack'],
    ...['remote.x.proxy', 'remote.x.vcs', 'submodule.x.update', 'branch.x.mergeoptions', 'protocol.allow'],
    ...['protocol.ext.allow', 'init.templateDir', 'interactive.diffFilter', 'log.showSignature', 'commit.gpgSign'],
    ...[
      'commit.template',
      'uploadpack.packObjectsHook',
      'receive.procReceiveRefs',
      'trailer.x.command',
      'browser.x.cmd',
    ],
    ...['lfs.customtransfer.x.path', 'constructor.name', 'core.constructor', 'unknown.key', 'user.signingkey'],
  ])('%s', (name) => {
    const [section, key] = [name.slice(0, name.indexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
    const subsection = name.slice(section.length + 1, -key.length - 1);
    const header = subsection === '' ? `[${section}]` : `[${section} "${subsection}"]`;
    const { text, dropped } = compose(`${header}\n${key} = !run me\n${key}\n`);
    expect(text).toBe('');
    expect(dropped.map(nameOf)).toEqual(Array(2).fill(name.replace(key, key.toLowerCase())));
  });

  test('a URL that names a helper program', () => {
    expect(compose('[remote "x"]\nurl = ext::sh -c id\n[url "ext::sh -c id"]\ninsteadOf = https://a/').text).toBe('');
  });
});

/** The settings of a configuration, wherever they stand in it. */
const withoutPlaces = (text: string) =>
  parseGitConfig(text).map(({ section, subsection, key, value }) => ({ section, subsection, key, value }));

describe('what git needs is kept', () => {
  test('what a clone, a branch, a submodule and git lfs write', () => {
    const text = `[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tworktree = ../../sub\n
      [remote "origin"]\n\turl = https://github.com/o/r\n\tfetch = +refs/heads/*:refs/remotes/origin/*
      [branch "topic"]\n\tremote = origin\n\tmerge = refs/heads/topic\n[submodule "a/b"]\n\tactive\n\tupdate = rebase
      [extensions]\n\tworktreeConfig = true\n[user]\n\tname = A B\n\temail = a@b.example\n[gc]\n\tauto = 0
      [filter "lfs"]\n\tclean = git-lfs clean -- %f\n\tsmudge = git-lfs smudge -- %f\n\tprocess = git-lfs filter-process\n\trequired`;
    const composed = compose(text);
    expect(composed.dropped).toEqual([]);
    expect(withoutPlaces(composed.text)).toEqual(withoutPlaces(text));
  });

  test('core.worktree, if it leads to a permitted place', () => {
    expect(compose('[core]\nworktree = /etc').text).toBe('');
  });
});

describe('credentials in URLs', () => {
  test.each([
    ['https://user:secret@host/r.git', 'https://host/r.git'],
    ['https://secret@host/r.git', 'https://host/r.git'],
    ['https://user:se@cret@host/r', 'https://host/r'],
    ['HTTPS://secret@host', 'HTTPS://host'],
    ['ssh://git:secret@host/r', 'ssh://git@host/r'],
    ['ssh://git@host/r', 'ssh://git@host/r'],
    ['git@host:o/r.git', 'git@host:o/r.git'],
    ['https://host/r?token=secret', 'https://host/r'],
    ['/srv/mirror', '/srv/mirror'],
  ])('%s becomes %s', (given, expected) => {
    const { text, dropped } = compose(`[remote "o"]\nurl = "${given}"\npushurl = "${given}"\n`);
    expect(valuesOf(text)).toEqual({ 'remote.o.url': expected, 'remote.o.pushurl': expected });
    expect(dropped).toEqual([]);
  });

  test('in a subsection, and in the remote of a branch', () => {
    const { text } = compose(
      '[url "https://u:secret@github.com/"]\ninsteadOf = git@github.com:\n[branch "b"]\nremote = https://secret@h/r',
    );
    expect(text).not.toContain('secret');
    expect(valuesOf(text)).toEqual({
      'url.https://github.com/.insteadof': 'git@github.com:',
      'branch.b.remote': 'https://h/r',
    });
  });
});
