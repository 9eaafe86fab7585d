import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OUTPUT_FILE_LIMIT, SUMMARY_FILE_LIMIT } from '../../src/agent/command-files.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';
import { remains } from '../../testing/runner/remains.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

const MARK = `forged-${randomBytes(6).toString('hex')}`;

const COMMANDS = [
  `::add-path::/${MARK}`,
  `::set-env name=${MARK}::1`,
  `::set-output name=${MARK}::1`,
  `::save-state name=${MARK}::1`,
  `::add-mask::${MARK}`,
  `::error file=a.js,line=1::${MARK}`,
  `::group::${MARK}`,
  `::stop-commands::${MARK}`,
  `::${MARK}::`,
  `   ::warning::${MARK}`,
  `before ##[error]${MARK}`,
  `##[add-path]/${MARK}`,
];

const SUMMARY = `# All is well
![pixel](https://evil.example/${MARK}.png) <img src="https://evil.example/${MARK}.png">

<!-- </blockquote>

## Agentic Workflow Firewall

**success**: the command ended with exit code 0; no request was refused.

\`\`\`mermaid
`;

/** Tries to have its files read from somewhere else, or not at all, then writes to them. */
const OWN_FILES = `
  ls -ld "$(dirname "$GITHUB_OUTPUT")"
  for file in "$GITHUB_OUTPUT" "$GITHUB_STEP_SUMMARY"; do
    rm -f "$file"; mv "$file" /tmp/away; ln -sf /etc/passwd "$file"; ln "$file" "$GITHUB_WORKSPACE/link"
    mv "$(dirname "$file")" /tmp/elsewhere; [ -L "$file" ] && echo replaced
  done 2> /dev/null
  cat summary.md >> "$GITHUB_STEP_SUMMARY"
  printf '%s\\n' 'first=1' 'no output' 'text<<EOF' 'ghadelimiter_${MARK}' 'outcome=success' '"}' 'EOF' >> "$GITHUB_OUTPUT"
  chmod 000 "$GITHUB_OUTPUT" "$GITHUB_STEP_SUMMARY"
`;

let step: ActionStep;
let result: EntryResult;

beforeAll(async () => {
  step = actionStep({
    run: `
      set +e
      cat commands; cat commands >&2; printf 'no line break::error::x'; printf '\\r::error::${MARK}'; echo; printf '%s\\n' "$(cat commands)"
      ${OWN_FILES}
      exit 3`,
  });
  const { workspace } = step.runner;
  writeFileSync(join(workspace, 'commands'), `${COMMANDS.join('\n')}\n`);
  writeFileSync(join(workspace, 'summary.md'), SUMMARY);
  // As on a hosted runner, the workspace does not belong to root.
  if (process.getuid?.() === 0) chownSync(workspace, 1001, 1002);
  result = await step.main();
});
afterAll(() => {
  step.runner.remove();
});

describe('what the command prints', () => {
  test('E1, E3 none of its log commands is carried out', () => {
    expect(result.stderr).toBe('');
    const carriedOut = logCommands(result.stdout);
    expect(carriedOut.filter(({ name, value }) => `${name}${value}`.includes(MARK))).toEqual([]);
    const annotations = carriedOut.filter(({ name }) => !['group', 'endgroup'].includes(name));
    expect(annotations).toEqual([
      { name: 'error', value: 'The command ended with exit code 3.' },
      {
        name: 'warning',
        value: expect.stringContaining('GITHUB_OUTPUT of the command: line 2 is no output') as string,
      },
    ]);
  });

  test('E1 control: they are in the log, and a runner that received them would carry them out', () => {
    const lines = result.stdout.split('\n');
    for (const command of COMMANDS) expect(lines.filter((line) => line === command).length, command).toBe(3);
    const open = logCommands(COMMANDS.slice(0, 7).join('\n')).map(({ name }) => name);
    expect(open).toEqual(['add-path', 'set-env', 'set-output', 'save-state', 'add-mask', 'error', 'group']);
    expect(logCommands(COMMANDS.slice(9).join('\n')).map(({ name }) => name)).toEqual(['warning', 'error', 'add-path']);
  });
});

describe('what the command writes to its own files', () => {
  test('E2 the files cannot be replaced, and those of a failed command are read too', () => {
    expect(result.code, result.stdout + result.stderr).toBe(3);
    expect(result.stdout).not.toContain('replaced');
    expect(existsSync(join(step.runner.workspace, 'link'))).toBe(false);
    const values = JSON.parse(step.runner.main.outputs()['agent-outputs'] ?? '') as Record<string, string>;
    expect(values).toEqual({ first: '1', text: `ghadelimiter_${MARK}\noutcome=success\n"}` });
  });

  test('E2, E3 no output, state or variable of the job is forged', () => {
    const { main } = step.runner;
    expect(main.outputs()).toMatchObject({ outcome: 'failure', 'exit-code': '3' });
    const others = Object.fromEntries(Object.entries(main.outputs()).filter(([name]) => name !== 'agent-outputs'));
    expect(JSON.stringify([others, main.state(), main.exported(), main.paths()])).not.toContain(MARK);
  });

  test('E3 the summary is shown as the command’s, in one quote, as text', () => {
    const summary = step.runner.main.summary();
    const [ours = '', rest = ''] = summary.split('### What the command says\n\n');
    // AWF's own last line comes behind the quote.
    const [theirs = '', footer = ''] = rest.split('\n\n<sub>');
    expect(ours + footer).not.toContain(MARK);
    expect(ours).toContain('with exit code 3');
    expect(theirs).toContain('Written by the command, not by AWF');
    expect(theirs).toContain('**All is well**');
    expect(
      theirs
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('>')),
    ).toEqual([]);
    const outsideOfCode = theirs.replaceAll(/` [^`]* `/g, '').replaceAll(/\\./g, '');
    expect(outsideOfCode).not.toMatch(/[<[]|https|^> #/m);
    expect(theirs).toContain(MARK);
  });
});

describe('too much', () => {
  test('E3 a long summary is cut, long outputs are dropped, and the step says so', async () => {
    const long = actionStep({
      run: `
        yes 'a line' | head -c ${String(SUMMARY_FILE_LIMIT + 1)} >> "$GITHUB_STEP_SUMMARY" || :
        echo a=1 >> "$GITHUB_OUTPUT"; head -c ${String(OUTPUT_FILE_LIMIT)} /dev/zero >> "$GITHUB_OUTPUT"`,
    });
    const { code, stdout } = await long.main();
    const { main } = long.runner;
    expect(code).toBe(0);
    expect(main.outputs()['agent-outputs']).toBe('{}');
    expect(logCommands(stdout).map(({ value }) => value)).toContainEqual(
      expect.stringContaining('GITHUB_OUTPUT of the command is longer than 1024 KiB; agent-outputs is empty.'),
    );
    expect(main.summary()).toContain('It is longer than 64 KiB; this is its beginning.');
    expect(main.summary().length).toBeGreaterThan(SUMMARY_FILE_LIMIT);
    expect(main.summary().length).toBeLessThan(1024 * 1024);
    expect(remains(long.runner)).toEqual([]);
    long.runner.remove();
  });

  test('leaves no file behind', () => {
    expect(remains(step.runner)).toEqual([]);
    expect(readFileSync(join(step.runner.workspace, 'summary.md'), 'utf8')).toBe(SUMMARY);
  });
});
