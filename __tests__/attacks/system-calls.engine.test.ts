import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtImageNames } from '../../src/docker/images.ts';
import { docker } from '../../testing/engine/engine.ts';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { ROOT } from '../../testing/root.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { ALLOWED, HIDDEN, REFUSED, X32 } from './system-calls.ts';

type Outcomes = Readonly<Record<string, string>>;

const CALLS = { ...REFUSED, ...HIDDEN, ...ALLOWED, ...(X32 && { X32 }) };

const PROGRAM = ['/usr/bin/python3', 'system-calls.py', 'calls.json'];

/** The host's files that Python needs, also in an image that has nothing of it. */
const LIBRARIES = ['/usr', '/lib', '/lib64'].filter((path) => existsSync(path));

let step: ActionStep;
let inside: Outcomes;
/** In an image: AWF's own image is not the container's, and neither is its entrypoint's library. */
let inImage: Outcomes;
/** The same calls as root with capabilities, where nothing filters them. */
let outside: Outcomes;

/** Makes the calls in the sandbox. @param image inputs that choose an image */
async function makeCalls(
  image: Readonly<Record<string, string>> = {},
): Promise<{ step: ActionStep; outcomes: Outcomes }> {
  const made = actionStep({ ...image, run: PROGRAM.join(' ') });
  const { workspace } = made.runner;
  copyFileSync(join(import.meta.dirname, 'system-calls.py'), join(workspace, 'system-calls.py'));
  writeFileSync(join(workspace, 'calls.json'), JSON.stringify(CALLS));
  const { stdout, stderr } = await made.main();
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(stdout + stderr);
  return { step: made, outcomes: JSON.parse(line) as Outcomes };
}

beforeAll(async () => {
  const image = { 'agent-image': foreignImage('busybox'), shell: 'sh', mounts: LIBRARIES.join('\n') };
  const other = await makeCalls(image);
  other.step.runner.remove();
  inImage = other.outcomes;
  ({ step, outcomes: inside } = await makeCalls());
  const { workspace } = step.runner;

  const { agent } = builtImageNames(join(ROOT, 'dist'));
  const capable = ['SYS_ADMIN', 'SYS_PTRACE', 'DAC_READ_SEARCH', 'NET_ADMIN', 'NET_RAW'].map(
    (name) => `--cap-add=${name}`,
  );
  const open = ['seccomp', 'apparmor'].map((name) => `--security-opt=${name}=unconfined`);
  const host = [...LIBRARIES, workspace];
  const place = ['run', '--rm', ...capable, ...open, '--network=none', '--user=0:0', `--workdir=${workspace}`];
  const mounts = host.map((path) => `--volume=${path}:${path}:ro`);
  const [python = '', ...args] = PROGRAM;
  outside = JSON.parse(docker([...place, ...mounts, `--entrypoint=${python}`, agent, ...args])) as Outcomes;
}, IMAGE_PATIENCE);
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

test('a command in an image has the same calls', () => {
  expect(inImage).toEqual(inside);
});

test.runIf(X32 !== undefined)('a call of x32 ends its process', () => {
  expect(inside['X32']).toBe('signal 31');
  expect(outside['X32']).not.toBe('signal 31');
});
