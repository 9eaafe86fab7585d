import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runEntry } from '../../../testing/runner/run-entry.ts';
import {
  createRunner,
  inputEnv,
  parseOutputs,
  type Runner,
  type RunnerOptions,
  stateEnv,
} from '../../../testing/runner/files.ts';
import { HOST_PATH } from '../../../testing/runner/host-path.ts';

/** Milliseconds for what happens at once, unless the machine is busy. */
const PATIENCE = 4_000;

const ENTRY = fileURLToPath(new URL('fixtures/entry.ts', import.meta.url));

const ACTION = `
name: test
inputs:
  mode: { description: d, default: run }
  two words: { default: 'a  b' }
  flag: { default: true }
  number: { default: 010 }
  allow-hosts: { description: no default, required: true }
  token:
    default: \${{ github.token }}
`;

let dir: string;
let actionFile: string;
let runner: Runner | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'awf-action-'));
  actionFile = join(dir, 'action.yml');
  writeFileSync(actionFile, ACTION);
});
afterEach(() => {
  runner?.remove();
  rmSync(dir, { recursive: true });
});

const create = (options: Partial<RunnerOptions> = {}): Runner => {
  runner = createRunner({ actionFile, ...options });
  return runner;
};

describe('inputEnv', () => {
  test('has the same defaults as on a runner: strings, names in capitals, hyphens kept', () => {
    expect(inputEnv(actionFile, {}, { token: 'ghs_x' })).toEqual({
      INPUT_MODE: 'run',
      INPUT_TWO_WORDS: 'a  b',
      INPUT_FLAG: 'true',
      INPUT_NUMBER: '010',
      INPUT_TOKEN: 'ghs_x',
    });
  });

  test('prefers the step’s inputs, including an empty string and unknown names', () => {
    expect(inputEnv(actionFile, { Mode: '', 'allow-hosts': 'a\nb', unknown: 'x' })).toMatchObject({
      INPUT_MODE: '',
      'INPUT_ALLOW-HOSTS': 'a\nb',
      INPUT_UNKNOWN: 'x',
    });
  });

  test('rejects a default that it cannot evaluate', () => {
    writeFileSync(actionFile, 'inputs: { x: { default: "${{ runner.os }}" } }');
    expect(() => inputEnv(actionFile)).toThrow('runner.os');
  });
});

describe('parseOutputs', () => {
  const parse = (content: string) => {
    const file = join(dir, 'file');
    writeFileSync(file, content);
    return parseOutputs(file);
  };

  test.each([
    ['', {}],
    ['a=1\nb=x=y\n', { a: '1', b: 'x=y' }],
    ['a<<END\n1\n\n2=3\nEND\nb=2\n', { a: '1\n\n2=3', b: '2' }],
    ['a<<END\r\n1\r\nEND\r\n', { a: '1' }],
    ['a<<END\nEND\n', { a: '' }],
    ['a=x<<y\n', { a: 'x<<y' }],
    ['a=1\na=2\n', { a: '2' }],
  ])('reads %j', (content, expected) => {
    expect(parse(content)).toEqual(expected);
  });

  test.each([
    ['no name', 'Invalid line'],
    ['a<<END\n1\n', 'No end of the value of a'],
  ])('rejects %j', (content, message) => {
    expect(() => parse(content)).toThrow(message);
  });

  test('passes a post step its state', () => {
    writeFileSync(join(dir, 'state'), 'isPost=true\n');
    expect(stateEnv(join(dir, 'state'))).toEqual({ STATE_isPost: 'true' });
  });
});

describe('an entry in its own process', () => {
  test('gets inputs and files, and returns what it wrote', async () => {
    const { main, post, workspace } = create({ env: { GITHUB_REPOSITORY: 'o/r' } });
    expect(main.env['GITHUB_REPOSITORY']).toBe('o/r');
    const result = await (await runEntry(ENTRY, main.env)).done;
    expect(result).toMatchObject({ code: 1, signal: null, stderr: '' });
    expect(result.stdout).toContain(`::error::${realpathSync(workspace)}`);
    expect(main.outputs()).toEqual({ multi: 'one\ntwo=2\n\n<<three', empty: '' });
    expect(main.state()).toEqual({ main: 'done' });
    expect(main.exported()).toEqual({ EXPORTED: 'a=b' });
    expect(main.paths()).toEqual(['/opt/first', '/opt/second']);
    expect(main.summary()).toBe('# Report');

    const after = post();
    expect(after.outputs()).toEqual({});
    const { code, stdout } = await (await runEntry(ENTRY, after.env)).done;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      state: 'done',
      exported: 'a=b',
      path: `/opt/second:/opt/first:${HOST_PATH}`,
    });
  });

  test('can be interrupted', async () => {
    const { main } = create({ inputs: { mode: 'wait' } });
    const entry = await runEntry(ENTRY, main.env);
    await vi.waitFor(() => {
      expect(entry.stdout()).toContain('waiting');
    }, PATIENCE);
    entry.signal('SIGINT');
    expect(await entry.done).toMatchObject({ code: 130, stderr: 'interrupted\n' });
  });

  test('reports the signal that killed it', async () => {
    const { main } = create({ inputs: { mode: 'wait' } });
    const entry = await runEntry(ENTRY, main.env);
    process.kill(entry.pid, 'SIGKILL');
    expect(await entry.done).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('fails if it cannot start', async () => {
    const { main } = create();
    await expect(runEntry(ENTRY, { ...main.env, GITHUB_WORKSPACE: join(dir, 'nowhere') })).rejects.toThrow('ENOENT');
  });
});

test('removes everything', () => {
  const { workspace, remove } = create({ event: { action: 'opened' } });
  remove();
  expect(() => readdirSync(workspace)).toThrow('ENOENT');
});
