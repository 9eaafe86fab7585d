import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Aftermath } from '../../src/workspace/inspect.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { git, HAS_GIT, tryGit } from '../../testing/git.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

/** Runs a program. @throws Error unless it succeeds */
function call(...[file = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${file} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Only root can mount a file system, and not every machine can make this one. */
const CAN_MOUNT = process.getuid?.() === 0 && spawnSync('mkfs.ext4', ['-V']).status === 0;

/** Counts the entries whose type Node.js has to ask for, because the file system has not told it (readdir(3), `d_type`). */
const COUNT_UNKNOWN = `
const fs = require('node:fs');
const ask = fs.lstatSync;
let unknown = 0;
fs.lstatSync = (...args) => { unknown++; return ask(...args); };
const { length } = fs.readdirSync(process.argv[1], { withFileTypes: true, encoding: 'buffer' });
console.log(JSON.stringify({ length, unknown }));`;

const SCRIPT = sectionedScript({
  attacks: `
    printf '#!/bin/sh\\ntouch %s/ran; exit 1\\n' "$PWD" > p; chmod +x p
    for directory in n $'\\xff'/n; do
      mkdir -p "$directory/.git"; cp -r .git/objects .git/refs .git/HEAD "$directory/.git"
      printf '[core]\\n\\tfsmonitor = %s/p\\n' "$PWD" > "$directory/.git/config"
    done
    mkdir coverage; ln -s /proc/self/environ coverage/a
    cp /bin/true program; chmod 4755 program`,
  'an own commit': `export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b.example GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b.example
    git commit -q --allow-empty -m inside`,
  'a hook': `echo evil > .git/hooks/pre-commit`,
  'a local action': `echo evil > .github/actions/a/post.js`,
  'a hard link': `chmod u+w linked; echo evil > linked`,
});

describe.skipIf(!CAN_MOUNT || !HAS_GIT)(
  'E18 on a file system that does not tell the type of an entry (only as root)',
  () => {
    let disk: string;
    let step: ActionStep;
    let main: EntryResult;
    let aftermath: Aftermath;
    const of = (name: string): string => join(step.runner.workspace, name);
    const outside = (): string => join(dirname(step.runner.workspace), 'home/outside');
    const unknownIn = (directory: string): { length: number; unknown: number } =>
      JSON.parse(call(process.execPath, '--eval', COUNT_UNKNOWN, directory)) as { length: number; unknown: number };

    beforeAll(async () => {
      const directory = mkdtempSync(join(tmpdir(), 'awf-types-'));
      disk = join(directory, 'disk');
      mkdirSync(disk);
      call('truncate', '--size=64M', `${disk}.image`);
      call('mkfs.ext4', '-q', '-F', '-O', '^filetype', `${disk}.image`);
      call('mount', '-o', 'loop', `${disk}.image`, disk);
      step = actionStep({ run: SCRIPT }, { directory: disk });
      git(of('.'), 'init', '-q', '-b', 'main');
      git(of('.'), 'commit', '-q', '--allow-empty', '-m', 'first');
      mkdirSync(of('.github/actions/a'), { recursive: true });
      writeFileSync(of('.github/actions/a/action.yml'), 'runs: { using: node24, main: main.js, post: post.js }');
      writeFileSync(of('.github/actions/a/post.js'), 'good\n');
      mkdirSync(dirname(outside()), { recursive: true });
      writeFileSync(outside(), 'good\n');
      linkSync(outside(), of('linked'));
      main = await step.main();
      const logs = step.runner.main.outputs()['logs-path']!;
      aftermath = JSON.parse(readFileSync(join(logs, 'workspace.json'), 'utf8')) as Aftermath;
    });
    afterAll(() => {
      call('umount', disk);
      rmSync(dirname(disk), { recursive: true });
    });

    test('control: it tells no type, other file systems do, and the attacks were made', () => {
      const { length, unknown } = unknownIn(of('.'));
      expect(length).toBeGreaterThan(5);
      expect(unknown).toBe(length);
      expect(unknownIn(dirname(disk))).toEqual({ length: 2, unknown: 0 });
      expect(main, main.stdout + main.stderr).toMatchObject({ code: 0, stderr: '' });
      expect(sectionsOf(main.stdout)).toMatchObject({ attacks: '', 'an own commit': '', 'a hard link': '' });
      expect(readFileSync(of('linked'), 'utf8')).toBe('evil\n');
    });

    test('repositories, links and set-user-ID files are found', () => {
      const paths = aftermath.disarmed.map(({ path }) => path);
      expect(paths.toSorted()).toEqual(['\\xff/n/.git', 'coverage/a', 'n/.git']);
      expect(aftermath.setIdFiles).toEqual([{ path: 'program', isCleared: true }]);
      expect(statSync(of('program')).mode & 0o7000).toBe(0);
      expect(aftermath.left).toBe(0);
      tryGit(of('n'), ['status']);
      expect(readdirSync(of('.'))).not.toContain('ran');
    });

    test('hooks and local actions are read-only, hard links are copies, and the commit is on the host', () => {
      const sections = sectionsOf(main.stdout);
      for (const name of ['a hook', 'a local action']) expect(sections[name]).toContain('Read-only file system');
      expect(readFileSync(of('.github/actions/a/post.js'), 'utf8')).toBe('good\n');
      expect(readFileSync(outside(), 'utf8')).toBe('good\n');
      expect(git(of('.'), 'log', '-1', '--format=%s')).toBe('inside');
    });
  },
);
