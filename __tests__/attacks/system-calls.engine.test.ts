import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtImageNames } from '../../src/docker/images.ts';
import { docker } from '../../testing/engine/engine.ts';
import { ROOT } from '../../testing/root.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { ALLOWED, HIDDEN, REFUSED, X32 } from './system-calls.ts';

type Outcomes = Readonly<Record<string, string>>;

const CALLS = { ...REFUSED, ...HIDDEN, ...ALLOWED, ...(X32 && { X32 }) };

const PROGRAM = ['/usr/bin/python3', 'system-calls.py', 'calls.json'];

let step: ActionStep;
let inside: Outcomes;
/** The same calls as root with capabilities, where nothing filters them. */
let outside: Outcomes;

beforeAll(async () => {
  step = actionStep({ run: PROGRAM.join(' ') });
  const { workspace } = step.runner;
  copyFileSync(join(import.meta.dirname, 'system-calls.py'), join(workspace, 'system-calls.py'));
  writeFileSync(join(workspace, 'calls.json'), JSON.stringify(CALLS));

  const { agent } = builtImageNames(join(ROOT, 'dist'));
  const capable = ['SYS_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH', 'NET_ADMIN', 'NET_RAW'].map(
    (name) => `--cap-add=${name}`,
  );
  const open = ['seccomp', 'apparmor'].map((name) => `--security-opt=${name}=unconfined`);
  const host = ['/usr', '/lib', '/lib64', workspace].filter((path) => existsSync(path));
  const place = ['run', '--rm', ...capable, ...open, '--network=none', '--user=0:0', `--workdir=${workspace}`];
  const mounts = host.map((path) => `--volume=${path}:${path}:ro`);
  const [python = '', ...args] = PROGRAM;
  outside = JSON.parse(docker([...place, ...mounts, `--entrypoint=${python}`, agent, ...args])) as Outcomes;

  const { stdout, stderr } = await step.main();
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(stdout + stderr);
  inside = JSON.parse(line) as Outcomes;
});
afterAll(() => {
  step.runner.remove();
});

/** A kernel without 32-bit calls ends a program that makes one. */
const isUnknown = (name: string): boolean => outside[name] === 'signal 11' && inside[name] === 'signal 11';

describe('E7 the sandbox refuses', () => {
  test.each(Object.keys(REFUSED))('%s', (name) => {
    if (isUnknown(name)) return;
    expect(inside[name]).toBe('EPERM');
    expect(outside[name]).not.toBe('EPERM');
  });
});

describe('E7 the sandbox seems not to have', () => {
  test.each(Object.keys(HIDDEN))('%s', (name) => {
    if (isUnknown(name)) return;
    expect(inside[name]).toBe('ENOSYS');
    expect(outside[name]).not.toBe('ENOSYS');
  });
});

describe('the sandbox allows', () => {
  test.each(Object.keys(ALLOWED))('%s', (name) => {
    expect(inside[name]).toBe(outside[name]);
    expect(inside[name]).not.toBe('EPERM');
  });
});

test.runIf(X32 !== undefined)('a call of x32 ends its process', () => {
  expect(inside['X32']).toBe('signal 31');
  expect(outside['X32']).not.toBe('signal 31');
});
