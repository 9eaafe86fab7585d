import { describe, expect, test } from 'vitest';
import { returnConfig } from '../../../src/workspace/git/config-return.ts';
import { composeConfig } from '../../../src/workspace/git/config-policy.ts';

const HOST = `# by hand
[core]
\tbare = false
[remote "origin"]
\turl = https://user:secret@github.com/o/r ; a token
\tfetch = +refs/heads/*:refs/remotes/origin/*
[alias]
\tx = !run
[branch "main"]
\tremote = origin
\tmerge = refs/heads/main
[user]
\tname = Me
`;
const BEFORE = composeConfig(HOST, () => true).text;

const back = (change: (before: string) => string) => returnConfig(HOST, BEFORE, change(BEFORE));
const adding = (text: string) => back((before) => `${before}${text}\n`);

describe('settings that return', () => {
  test('nothing changed', () => {
    expect(back((before) => before)).toEqual({ text: undefined, refused: [] });
  });

  test.each([
    ['[branch "topic"]\n\tremote = "origin"\n\tmerge = "refs/heads/topic"\n'],
    ['[remote "other"]\n\turl = "https://gitlab.com/o/r"\n\tfetch = "+refs/heads/*:refs/remotes/other/*"\n'],
    ['[submodule "lib"]\n\turl = "https://github.com/o/lib"\n\tactive = "true"\n'],
    ['[user]\n\temail = "me@example.com"\n'],
    ['[core]\n\tsparsecheckout = "true"\n'],
    ['[checkout]\n\tworkers = "2"\n[fetch]\n\tparallel = "2"\n[status]\n\tshort = "true"\n'],
  ])('new: %j', (text) => {
    expect(adding(text)).toEqual({ text: HOST + text, refused: [] });
  });

  test('a changed value takes the place of the old one; comments and what the sandbox never saw stay', () => {
    const { text, refused } = back((before) => before.replace('name = "Me"', 'name = "Agent"'));
    expect(text).toBe(`${HOST.replace('\tname = Me\n', '')}[user]\n\tname = "Agent"\n`);
    expect(refused).toEqual([]);
  });

  test('a branch that was removed', () => {
    const { text } = back((before) => before.replace(/\[branch[^[]*/, ''));
    expect(text).toBe(HOST.replace('\tremote = origin\n\tmerge = refs/heads/main\n', ''));
  });
});

describe('settings that do not', () => {
  test.each([
    ['core.fsmonitor', '[core]\nfsmonitor = ./evil'],
    ['core.hookspath', '[core]\nhooksPath = evil'],
    ['core.worktree', '[core]\nworktree = ..'],
    ['alias.status', '[alias]\nstatus = !evil'],
    ['include.path', '[include]\npath = ../evil'],
    ['filter.evil.clean', '[filter "evil"]\nclean = evil'],
    ['http.proxy', '[http]\nproxy = http://evil.example'],
    ['http.sslverify', '[http]\nsslVerify = false'],
    ['url.https://evil.example/.insteadof', '[url "https://evil.example/"]\ninsteadOf = https://github.com/'],
    ['remote.origin.pushurl', '[remote "origin"]\npushurl = https://evil.example/'],
    ['remote.pushdefault', '[remote]\npushDefault = evil'],
    ['branch.topic.remote', '[branch "topic"]\nremote = evil'],
    ['branch.main.pushremote', '[branch "main"]\npushRemote = https://evil.example/'],
    ['branch.main.merge', '[branch "main"]\nmerge = refs/heads/evil'],
    ['branch.topic.merge', '[branch "topic"]\nmerge = refs/pull/5/head'],
    ['diff.relative', '[diff]\nrelative = true'],
    ['log.showroot', '[log]\nshowRoot = false'],
    ['remote.evil.url', '[remote "evil"]\nurl = ext::sh -c evil'],
    ['remote.evil.promisor', '[remote "evil"]\npromisor = true'],
    ['remote.evil.partialclonefilter', '[remote "evil"]\npartialCloneFilter = blob:none'],
    ['remote.evil.fetch', '[remote "evil"]\nfetch = +refs/heads/*:refs/heads/*'],
    ['remote.evil.fetch', '[remote "evil"]\nfetch = +refs/heads/*:refs/remotes/origin/*'],
    ['remote.https://github.com/o/r.pushurl', '[remote "https://github.com/o/r"]\npushurl = https://evil.example/'],
    ['remote.git@github.com:o/r.pushurl', '[remote "git@github.com:o/r"]\npushurl = https://evil.example/'],
    ['remote.../lib.url', '[remote "../lib"]\nurl = https://evil.example/'],
    ['checkout.defaultremote', '[checkout]\ndefaultRemote = evil'],
    ['fetch.prunetags', '[fetch]\npruneTags = true'],
    ['fetch.prune', '[fetch]\nprune = true'],
    ['gc.reflogexpire', '[gc]\nreflogExpire = now'],
    ['gc.pruneexpire', '[gc]\npruneExpire = now'],
    ['maintenance.auto', '[maintenance]\nauto = false'],
    ['core.filemode', '[core]\nfileMode = false'],
    ['status.showuntrackedfiles', '[status]\nshowUntrackedFiles = no'],
    ['diff.ignoresubmodules', '[diff]\nignoreSubmodules = all'],
    ['submodule.lib.ignore', '[submodule "lib"]\nignore = all'],
    ['push.default', '[push]\ndefault = matching'],
    ['push.followtags', '[push]\nfollowTags = true'],
    ['extensions.worktreeconfig', '[extensions]\nworktreeConfig = true'],
    ['credential.helper', '[credential]\nhelper = !evil'],
  ])('%s', (name, text) => {
    expect(adding(text)).toEqual({ text: undefined, refused: [name] });
  });

  test('the address of a remote that was there', () => {
    const { text, refused } = back((before) => before.replace('github.com/o/r', 'evil.example/o/r'));
    expect({ text, refused }).toEqual({ text: undefined, refused: ['remote.origin.url'] });
  });

  test('what a pull merges into a branch that was there', () => {
    const { text, refused } = back((before) => before.replace('refs/heads/main', 'refs/heads/evil'));
    expect({ text, refused }).toEqual({ text: undefined, refused: ['branch.main.merge'] });
  });

  test('a remote that git would take unasked, beside others', () => {
    const host = '[remote "upstream"]\n\turl = "https://github.com/o/r"\n';
    const origin = '[remote "origin"]\n\turl = "https://gitlab.com/o/r"\n';
    expect(returnConfig(host, host, host + origin)).toEqual({ text: undefined, refused: ['remote.origin.url'] });
    // Control: somebody who has none asks for one.
    expect(returnConfig('', '', origin)).toEqual({ text: origin, refused: [] });
  });

  test('what cannot be read', () => {
    expect(() => adding('[core')).toThrow(SyntaxError);
  });
});
