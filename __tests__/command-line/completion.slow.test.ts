import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { presetNames } from '../../src/config/egress-build.ts';
import { nameIn, OPTIONS } from '../../src/config/options.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';

const awf = (...args: readonly string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'src', 'cli.ts'), ...args], { encoding: 'utf8' });

const scripts = new Map<string, string>();

/** The script for a shell, printed once: the program takes a second to start from its sources. */
function scriptFor(shell: string): string {
  const script = scripts.get(shell) ?? awf('completion', shell).stdout;
  scripts.set(shell, script);
  return script;
}

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** What the shell proposes for the last word, in a directory with the files `ca.pem` and `other`. */
function completed(shell: 'bash' | 'zsh' | 'fish', ...words: readonly string[]): string[] {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'here'));
  for (const name of ['ca.pem', 'other']) writeFileSync(join(directory, 'here', name), '');
  const script = join(directory, 'script');
  writeFileSync(script, scriptFor(shell));
  const [file, args] = {
    bash: [
      'bash',
      [
        '--norc',
        '-c',
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _awf; printf "%s\\n" "${COMPREPLY[@]}"',
        'bash',
        script,
        ...words,
      ],
    ] as const,
    fish: [
      'fish',
      ['--no-config', '-c', `source ${script}; complete -C '${words.join(' ')}' | string replace -r '\\t.*' ''; true`],
    ] as const,
    zsh: ['zsh', ['-f', '-n', script]] as const,
  }[shell];
  const { stdout, stderr, status } = spawnSync(file, args, {
    cwd: join(directory, 'here'),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: directory },
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter((line) => line !== '');
}

const FLAGS = OPTIONS.filter(({ only }) => only !== 'action').map((option) => nameIn('cli', option));

describe.each(['bash', 'fish'] as const)('%s', (shell) => {
  describe.skipIf(!has(shell))('proposes', () => {
    test('the commands', () => {
      expect(completed(shell, 'awf', '')).toEqual(expect.arrayContaining(['run', 'policy', 'completion', 'help']));
      expect(completed(shell, 'awf', 'ver')).toEqual(['version']);
    });

    test.each([[['awf']], [['awf', 'run']]])('every flag: %j', (words) => {
      expect(completed(shell, ...words, '--')).toEqual(expect.arrayContaining(FLAGS));
    });

    test('no flag of awf among the words of the command', () => {
      expect(completed(shell, 'awf', '--', 'x', '--mem')).toEqual([]);
    });

    test('what a flag takes', () => {
      expect(completed(shell, 'awf', '--log-level', 'd')).toEqual(['debug']);
      expect(completed(shell, 'awf', '--allow-domains', '').toSorted()).toEqual([...presetNames()].toSorted());
      expect(completed(shell, 'awf', '--upstream-ca', 'ca')).toEqual(['ca.pem']);
      expect(completed(shell, 'awf', 'completion', 'z')).toEqual(['zsh']);
    });
  });
});

test.skipIf(!has('zsh'))('zsh can read its script', () => {
  expect(completed('zsh')).toEqual([]);
  expect(scriptFor('zsh')).toMatch(/^#compdef awf\n/);
});

test('another shell is an error that lists those that there are', () => {
  const { status, stderr } = awf('completion', 'tcsh');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'awf: error: "tcsh" is no shell for this.\nWrite: awf completion bash|zsh|fish\n',
  });
});
