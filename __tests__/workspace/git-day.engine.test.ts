import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GIT_ENVIRONMENT, HAS_GIT } from '../../testing/git.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { copyAction, give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { DAY, makeWorkspace, stateOf } from './git-day.ts';

const USERS = [
  { who: 'the caller', asOther: false },
  ...(process.getuid?.() === 0 ? [{ who: 'an ordinary user', asOther: true }] : []),
];

describe.skipIf(!HAS_GIT).each(USERS)('a day of git in the sandbox, started by $who', ({ asOther }) => {
  const user = ordinaryUser();
  const prefix = asOther ? user.prefix : [];
  let step: ActionStep;
  let result: EntryResult;
  let outside: string;
  const of = (name: string): string => join(step.runner.workspace, name);
  const top = (): string => dirname(step.runner.workspace);

  beforeAll(async () => {
    step = actionStep({ env: 'GIT_CONFIG_NOSYSTEM=1\nGIT_CONFIG_GLOBAL=/dev/null', run: DAY });
    makeWorkspace(step.runner.workspace);
    // The same script outside starts from the same workspace, at the same path.
    outside = mkdtempSync(join(tmpdir(), 'awf-day-'));
    cpSync(step.runner.workspace, join(outside, 'before'), { recursive: true });
    const entry = asOther ? copyAction(top()) : undefined;
    if (asOther) give(top(), user);
    result =
      entry === undefined
        ? await step.main()
        : await runProgram([...prefix, ...entry.argv('main')], { env: step.runner.main.env, cwd: of('.') });
  });
  afterAll(() => {
    step.runner.remove();
    rmSync(outside, { recursive: true, force: true });
  });

  test('everything works', () => {
    expect(result.stdout).not.toMatch(/could not write config file|Device or resource busy/);
    expect(result.code, result.stdout.slice(-4_000)).toBe(0);
  });

  test('nothing is reported but what the day changed', () => {
    const warnings = result.stdout.split('\n').filter((line) => line.startsWith('::warning title=AWF::'));
    expect(
      warnings.filter((line) => !/runs as root|\.gitmodules \(added\)|no API key|no credential/.test(line)),
    ).toEqual([]);
  });

  test('the repository is afterwards what the same script makes of it outside', () => {
    const inside = stateOf(step.runner.workspace, prefix);
    const kept = `${step.runner.workspace}.inside`;
    spawnSync('mv', [step.runner.workspace, kept]);
    try {
      cpSync(join(outside, 'before'), step.runner.workspace, { recursive: true });
      const { status, stderr } = spawnSync('bash', ['-c', DAY], {
        cwd: step.runner.workspace,
        env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...GIT_ENVIRONMENT },
        encoding: 'utf8',
      });
      expect(status, stderr.slice(-2_000)).toBe(0);
      expect(inside).toEqual(stateOf(step.runner.workspace, []));
    } finally {
      rmSync(step.runner.workspace, { recursive: true });
      spawnSync('mv', [kept, step.runner.workspace]);
    }
  });

  test('nothing is left in it but git’s own files, and the user owns all of them', () => {
    const owner = statSync(of('.')).uid;
    const strays = readdirSync(of('.git'), { recursive: true })
      .map(String)
      .filter(
        (name) => name.includes('.awf') || name.endsWith('.lock') || lstatSync(of(join('.git', name))).uid !== owner,
      );
    expect(strays).toEqual([]);
    expect(existsSync(of('.git/modules/library/HEAD'))).toBe(true);
    expect(readFileSync(of('library/.git'), 'utf8')).toBe('gitdir: ../.git/modules/library\n');
  });
});
