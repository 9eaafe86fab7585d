import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Aftermath } from '../../src/workspace/inspect.ts';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { git, HAS_GIT, tryGit } from '../../testing/git.ts';
import { actionStep, mainAs, type ActionStep } from '../../testing/runner/action.ts';
import { ordinaryUser } from '../../testing/runner/program.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';

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

/** Makes a program, and a function that makes repositories whose settings name it. */
const EVIL = `top=$PWD; printf '#!/bin/sh\\ntouch %s/ran; exit 1\\n' "$top" > p; chmod +x p
  copy() {
    mkdir -p "$1"; cp -r "$top/.git/objects" "$top/.git/refs" "$top/.git/HEAD" "$1"
    printf '[core]\\n\\tfsmonitor = %s/p\\n' "$top" > "$1/config"
  }`;

/** What keeps AWF from looking at the repository `n`, and what is moved aside because of it. */
const OBSTACLES: Readonly<Record<string, readonly [script: string, moved: string]>> = {
  '0400': ['mkdir n/.git/d; ln -s x n/.git/d/l; chmod 0400 n/.git/d', 'n/.git'],
  '0444': ['mkdir n/.git/d; ln -s x n/.git/d/l; chmod 0444 n/.git/d', 'n/.git'],
  '0000': ['chmod 0000 n/.git/refs', 'n/.git'],
  '0000, of the repository': ['chmod 0000 n/.git', 'n/.git'],
  '0300, of the directory above': ['chmod 0300 n', 'n/.git'],
  '0000, of a directory without a repository': ['rm -r n/.git; mkdir n/d; copy n/d/.git; chmod 0000 n/d', 'n/d/.git'],
  'names beyond the longest path': [
    'cd n/.git; for i in $(seq 20); do mkdir $(printf d%.0s $(seq 250)); cd d*; done',
    'n/.git',
  ],
  'names beyond the longest path, without a repository': [
    'rm -r n/.git; cd n; for i in $(seq 20); do mkdir $(printf d%.0s $(seq 250)); cd d*; done',
    'n',
  ],
  'a file instead of a directory': ['rm -rf n/.git/objects; touch n/.git/objects', 'n/.git'],
  'a loop of links': ['ln -s a n/.git/b; ln -s b n/.git/a', 'n/.git'],
  'a pipe': ['mkfifo n/.git/s', 'n/.git'],
};
const NAMES = Object.keys(OBSTACLES);
/** Each obstacle has a directory of its own, among others that must be looked at. */
const placeOf = (name: string): string => `o${NAMES.indexOf(name)}`;

const CASES = [
  { who: 'the caller', asOther: false, inImage: false },
  { who: 'an ordinary user, with an image', asOther: true, inImage: true },
];

describe.skipIf(!HAS_GIT).each(CASES)('E9 the search of what $who finds', ({ asOther, inImage }) => {
  const user = ordinaryUser();
  /** Git runs nothing in a repository that belongs to somebody else. */
  const prefix = asOther ? user.prefix : [];
  let step: ActionStep;
  let disarmed: Aftermath['disarmed'];
  const of = (name: string): string => join(step.runner.workspace, name);

  beforeAll(async () => {
    const image = inImage ? { 'agent-image': foreignImage('busybox'), shell: 'sh' } : {};
    const obstacles = NAMES.map(
      (name) => `(mkdir ${placeOf(name)}; cd ${placeOf(name)}; copy n/.git; ${OBSTACLES[name]![0]}) || true`,
    );
    step = actionStep({ ...image, run: `${EVIL}; copy a/.git; ${obstacles.join('\n')}\ncopy z/.git; true` });
    makeRepository(step.runner.workspace);
    const main = await (asOther ? mainAs(user, step) : step.main());
    expect(main.stderr).toBe('');
    expect(main.stdout).toMatch(/::warning title=AWF::.*moved aside/);
    const logs = step.runner.main.outputs()['logs-path']!;
    ({ disarmed } = JSON.parse(readFileSync(join(logs, 'workspace.json'), 'utf8')) as Aftermath);
    spawnSync('chmod', ['-R', 'u+rwX', step.runner.workspace]);
  }, IMAGE_PATIENCE);
  afterAll(() => {
    spawnSync('chmod', ['-R', 'u+rwX', step.runner.workspace]);
    step.runner.remove();
  });

  test.each(NAMES)('is not stopped by %s', (name) => {
    const [, moved] = OBSTACLES[name]!;
    const found = disarmed.filter(({ path }) => path.startsWith(`${placeOf(name)}/${moved}`));
    expect(found).toEqual([expect.objectContaining({ movedTo: expect.any(String) as string })]);
    for (const directory of ['n', 'n/d']) {
      for (const args of [['status'], FOREACH]) tryGit(of(join(placeOf(name), directory)), args, prefix);
    }
    expect(readdirSync(of('.'))).not.toContain('ran');
  });

  test('goes on, and the workspace’s own repository works', () => {
    for (const name of ['a', 'z']) {
      expect(disarmed.map(({ path }) => path)).toContain(`${name}/.git`);
      expect(readFileSync(of(`${name}/.git/config`), 'utf8')).not.toContain('fsmonitor');
    }
    expect(tryGit(of('.'), FOREACH, prefix)).toMatchObject({ code: 0 });
  });
});

/** What the command locks of the workspace's own repository, which is not searched like the rest. */
const LOCKED: Readonly<Record<string, string>> = {
  'the git directory': 'chmod 0000 .git',
  'the git directory, which can be listed': 'chmod 0400 .git',
  objects: 'chmod 0000 .git/objects',
  'objects, which can be listed': 'chmod 0400 .git/objects',
  references: 'chmod 0000 .git/refs',
  'modules of its own': 'mkdir -p .git/modules/a/b; chmod 0000 .git/modules',
  'modules below others': 'mkdir -p .git/modules/a/b; chmod 0000 .git/modules/a',
};

describe.skipIf(!HAS_GIT).each(Object.entries(LOCKED))('E9 a command of an ordinary user that locks %s', (_, lock) => {
  test(
    'stops nothing: the rest is found, its links lead nowhere, and its commit is there',
    async () => {
      const user = ordinaryUser();
      const identity = 'git -c user.name=A -c user.email=a@b.c';
      const step = actionStep({
        run: `${EVIL}; copy n/.git; ln -s /proc/self/environ a; ${identity} commit -q --allow-empty -m mine; ${lock}`,
      });
      try {
        makeRepository(step.runner.workspace);
        const main = await mainAs(user, step);
        expect([main.code, main.stderr], main.stdout.slice(-3_000)).toEqual([0, '']);
        const logs = step.runner.main.outputs()['logs-path']!;
        const { disarmed, left, kept } = JSON.parse(readFileSync(join(logs, 'workspace.json'), 'utf8')) as Aftermath;
        expect(disarmed.map(({ path }) => path)).toEqual(['a', 'n/.git']);
        expect([left, kept.failed]).toEqual([0, []]);
        expect(tryGit(step.runner.workspace, ['log', '--format=%s', '-1'], user.prefix)).toMatchObject({
          stdout: 'mine\n',
        });
        expect(tryGit(step.runner.workspace, ['commit', '--allow-empty', '-qm', 'x'], user.prefix)).toMatchObject({
          code: 0,
        });
      } finally {
        spawnSync('chmod', ['-R', 'u+rwX', step.runner.workspace]);
        step.runner.remove();
      }
    },
    IMAGE_PATIENCE,
  );
});

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
    expect(main.code, main.stdout + main.stderr).toBe(1);
    expect(main.stdout).toMatch(/::warning title=AWF::.*was not looked through to the end/);
    expect(main.stdout).toMatch(/::error title=[^:]+::The workspace could not be searched to the end/);
    tryGit(of('n'), ['status']);
    expect(readdirSync(of('.'))).not.toContain('ran');
    expect(tryGit(of('.'), ['status'])).toMatchObject({ code: 0 });
    expect(Buffer.byteLength(step.runner.main.summary())).toBeLessThan(100_000);
  }, 180_000);

  test('E10 by a flood below protected paths: each is one change, and what was there before is compared', async () => {
    step = actionStep({
      'protect-paths': '.vscode\nreport:docs',
      run: `mkdir .vscode; node -e "
        const fs = require('fs');
        for (let i = 0; i < 2000; i++) for (const name of ['.vscode', 'docs']) fs.writeFileSync(name + '/' + i, '');"
        echo changed > docs/file`,
    });
    makeRepository(step.runner.workspace);
    mkdirSync(of('docs'));
    for (const name of ['file', 'other']) writeFileSync(of(`docs/${name}`), '');
    expect(await step.main()).toMatchObject({ code: 0, stderr: '' });
    const logs = step.runner.main.outputs()['logs-path']!;
    const { changes } = JSON.parse(readFileSync(join(logs, 'workspace.json'), 'utf8')) as Aftermath;
    expect(changes).toEqual([
      { path: '.vscode', how: 'added' },
      { path: 'docs', how: 'modified' },
      { path: 'docs/file', how: 'modified' },
    ]);
  });

  test('a killed run loses no branch, whatever git had packed', async () => {
    start(`export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b.example GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b.example
      git commit -q --allow-empty -m inside; git branch new; git pack-refs --all; git gc -q; echo ready; sleep 60`);
    const before = git(of('.'), 'for-each-ref');
    const main = await step.start();
    await untilSaid(main, 'ready');
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
