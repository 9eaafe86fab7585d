import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { commandLine } from '../../src/command-line/command-line.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const POLICY = String.raw`protect-paths: ["/\e]52;c;ZXZpbA==\a", "/\u202e\u009b8m"]`;
const WORKFLOW = String.raw`on: push
jobs:
  a:
    runs-on: x
    steps: [{ name: "\e[8mx", uses: o/awf@v1, with: { "in\e]0;x\a": 1, run: x } }]`;

test.each([
  ['policy check', ['policy', 'check']],
  ['policy test', ['policy', 'test', 'https://x.example']],
  ['policy check of a workflow', ['policy', 'check', '.github/workflows/a.yml']],
  ['a run', ['--', 'true']],
  ['a name of one\u2019s own', ['logs', 'x\u001b]0;x\u0007']],
])('a repository cannot write to the terminal of who looks at it: %s', async (_, argv) => {
  const workspace = temporaryDirectory();
  mkdirSync(join(workspace, '.github/workflows'), { recursive: true });
  writeFileSync(join(workspace, '.github/awf.yml'), POLICY);
  writeFileSync(join(workspace, '.github/workflows/a.yml'), WORKFLOW);
  vi.spyOn(process, 'cwd').mockReturnValue(workspace);
  let written = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written += String(chunk);
      return true;
    });
  }
  expect(await commandLine(argv, ROOT, new AbortController().signal)).not.toBe(0);
  expect(written).toContain(String.raw`\u001b`);
  expect(written).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});

test('a current directory that was removed is an error with a remedy', async () => {
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw new Error('ENOENT: process.cwd failed');
  });
  let written = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written += String(chunk);
    return true;
  });
  expect(await commandLine(['--', 'true'], ROOT, new AbortController().signal)).toBe(2);
  expect(written).toContain('The current directory does not exist any more, or cannot be read.');
  expect(written).toContain('cd "$PWD"');
});

/** Runs a command line in this process. @returns its exit code, and everything that it wrote */
async function run(...argv: readonly string[]): Promise<{ code: number; text: string }> {
  let text = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
  }
  return { code: await commandLine(argv, ROOT, new AbortController().signal), text };
}

test.each([
  [['help'], 'Usage: awf [options] -- COMMAND'],
  [['help', 'help'], 'Usage: awf [options] -- COMMAND'],
  [['help', '--help'], 'Usage: awf [options] -- COMMAND'],
  [['help', 'logs'], 'Usage: awf logs '],
  [['help', 'policy'], 'Usage: awf policy '],
  [['help', 'policy', 'check'], 'Usage: awf policy check '],
  [['help', 'version'], 'Usage: awf version '],
  [['version', '--help'], 'Usage: awf version '],
])('%j is a help', async (argv, usage) => {
  expect(await run(...argv)).toMatchObject({ code: 0, text: expect.stringContaining(usage) as string });
});

test.each([
  [['help', 'run', 'extra'], 'There is no help for "run extra".'],
  [['help', 'policy', 'chek'], 'There is no help for "policy chek".'],
  [['help', 'policy', 'check', 'extra'], 'There is no help for "policy check extra".'],
  [['help', 'nosuch'], '"nosuch" is no command of awf.'],
  [['version', 'extra'], 'too many arguments'],
  [['--version', 'extra'], 'too many arguments'],
  [['completion', 'bash', 'extra'], '"bash extra" is no shell for this.'],
])('%j has a word that means nothing, which is an error', async (argv, problem) => {
  expect(await run(...argv)).toMatchObject({ code: 2, text: expect.stringContaining(problem) as string });
});
