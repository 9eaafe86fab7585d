import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { git, HAS_GIT, tryGit } from '../../testing/git.ts';
import { actionStep, waitFor, type ActionStep } from '../../testing/runner/action.ts';

/** A repository with a submodule, as a checkout with submodules leaves it. */
function makeRepository(workspace: string): void {
  git(workspace, 'init', '-q', '-b', 'main');
  writeFileSync(join(workspace, 'file.txt'), 'one\n');
  git(workspace, 'add', '.');
  git(workspace, 'commit', '-qm', 'first');
  git(workspace, 'branch', 'precious');
}

/** What the post step of actions/checkout does, among other things; it runs what the configuration names. */
const FOREACH = ['submodule', 'foreach', '--recursive', 'true'];

const EVIL = `printf '#!/bin/sh\\ntouch %s/ran; exit 1\\n' "$PWD" > p; chmod +x p
  copy() { mkdir -p "$1"; cp -r .git/objects .git/refs .git/HEAD "$1"; printf '[core]\\n\\tfsmonitor = %s/p\\n' "$PWD" > "$1/config"; }`;

describe.skipIf(!HAS_GIT)('a command that wants the search to stop', () => {
  let step: ActionStep;
  const of = (name: string): string => join(step.runner.workspace, name);
  const start = (run: string): void => {
    step = actionStep({ run });
    makeRepository(step.runner.workspace);
  };
  beforeEach(() => {
    step = undefined as unknown as ActionStep;
  });
  afterEach(() => {
    spawnSync('chmod', ['-R', 'u+rwX', step.runner.workspace]);
    step.runner.remove();
  });

  test.each([
    ['0400', 'mkdir n/.git/d; ln -s x n/.git/d/l; chmod 0400 n/.git/d'],
    ['0444', 'mkdir n/.git/d; ln -s x n/.git/d/l; chmod 0444 n/.git/d'],
    ['0000', 'chmod 0000 n/.git/refs'],
    ['0000, of the repository', 'chmod 0000 n/.git'],
    ['0300, of the directory above', 'chmod 0300 n'],
    [
      'names beyond the longest path',
      'cd n/.git; for i in $(seq 20); do mkdir $(printf d%.0s $(seq 250)); cd d*; done',
    ],
    ['a file instead of a directory', 'rm -rf n/.git/objects; touch n/.git/objects'],
    ['a loop of links', 'ln -s a n/.git/b; ln -s b n/.git/a'],
    ['a pipe', 'mkfifo n/.git/s'],
  ])('E9 by %s', async (_, obstacle) => {
    start(`${EVIL}; copy n/.git; copy later/.git; (${obstacle}); true`);
    const { stdout } = await step.main();
    expect(stdout).toMatch(/::warning::.*moved aside/);
    spawnSync('chmod', ['-R', 'u+rwX', step.runner.workspace]);
    for (const directory of ['n', 'later']) for (const args of [['status'], FOREACH]) tryGit(of(directory), args);
    expect(readdirSync(of('.'))).not.toContain('ran');
    // The rest was found all the same, and the workspace's own repository works.
    expect(readFileSync(of('later/.git/config'), 'utf8')).not.toContain('fsmonitor');
    expect(tryGit(of('.'), FOREACH)).toMatchObject({ code: 0 });
  });

  test('control: outside, the program runs', async () => {
    start('true');
    await step.main();
    spawnSync('bash', ['-c', `${EVIL}; copy n/.git`], { cwd: of('.') });
    tryGit(of('n'), ['status']);
    expect(readdirSync(of('.'))).toContain('ran');
  });

  test('E10 by a flood: the step fails and says so, what is dangerous is gone, and the logs are uploaded', async () => {
    start(`${EVIL}; copy n/.git; mkdir flood; cd flood
      node -e "
        const fs = require('fs');
        for (let d = 0; d < 12; d++) {
          fs.mkdirSync(String(d));
          for (let i = 0; i < 1000; i++) fs.symlinkSync('/etc', d + '/' + i);
        }"`);
    const main = await step.main();
    expect(main.code).toBe(1);
    expect(main.stdout).toMatch(/::warning::.*was not looked through to the end/);
    expect(main.stdout).toMatch(/::error::The workspace could not be searched to the end/);
    tryGit(of('n'), ['status']);
    expect(readdirSync(of('.'))).not.toContain('ran');
    expect(tryGit(of('.'), ['status'])).toMatchObject({ code: 0 });
    expect(Buffer.byteLength(step.runner.main.summary())).toBeLessThan(100_000);
  }, 180_000);

  test('a killed run loses no branch, whatever git had packed', async () => {
    start(`export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b.example GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b.example
      git commit -q --allow-empty -m inside; git branch new; git pack-refs --all; git gc -q; echo ready; sleep 60`);
    const before = git(of('.'), 'for-each-ref');
    const main = await step.start();
    await waitFor('git', () => main.stdout().includes('ready'));
    main.signal('SIGKILL');
    await main.done;
    expect(git(of('.'), 'for-each-ref')).toBe(before);
    expect(git(of('.'), 'fsck')).not.toMatch(/missing|broken/);
    await step.post();
    expect(git(of('.'), 'log', '-1', '--format=%s', 'new')).toBe('inside');
    expect(git(of('.'), 'log', '-1', '--format=%s')).toBe('inside');
    expect(git(of('.'), 'log', '-1', '--format=%s', 'precious')).toBe('first');
  });
});
