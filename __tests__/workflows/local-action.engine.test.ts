import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REQUESTS_FILE } from '../../src/report/request-writer.ts';
import { ROOT } from '../../testing/root.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { runProgram } from '../../testing/runner/program.ts';
import { FETCH_LIMIT, installLocked } from '../../testing/scratch.ts';
import { readZip } from '../../testing/zip.ts';

const FOLDER = join(ROOT, 'testing/local-action/local-action');
const NAME = 'awf-logs-local';

let step: ActionStep;
let artifacts: string;
let output: string;

/**
 * Runs both steps as `local-action . testing/local-action/main-entry.ts .env --post …` does. Its launcher only looks for
 * `tsx`, which it would install otherwise.
 */
beforeAll(async () => {
  const programs = await installLocked(FOLDER);
  step = actionStep({
    'allow-domains': 'example.com',
    'result-file': 'result.md',
    'artifact-name': NAME,
    run: 'echo hello; curl -sS https://refused.example || echo refused; echo the result > result.md; echo a=b >> "$GITHUB_OUTPUT"',
  });
  artifacts = join(step.runner.temp, '..', 'artifacts');
  mkdirSync(artifacts);
  const settings = join(artifacts, '..', 'settings');
  writeFileSync(settings, '');
  const env = {
    ...step.runner.main.env,
    ...{ TARGET_ACTION_PATH: ROOT, NODE_PACKAGE_MANAGER: 'npm', NODE_NO_WARNINGS: '1' },
    ...{ LOCAL_ACTION_WORKSPACE: step.runner.workspace, LOCAL_ACTION_ARTIFACT_PATH: artifacts },
    ACTIONS_RESULTS_URL: 'https://results.invalid/',
  };
  const entry = (name: string): string => join('testing/local-action', `${name}-entry.ts`);
  const launcher = [
    join(programs, 'node_modules/.bin/tsx'),
    join(programs, 'node_modules/@github/local-action/src/index.ts'),
  ];
  const argv = [process.execPath, ...launcher, ROOT, entry('main'), settings, '--post', entry('post')];
  const { code, stdout, stderr } = await runProgram(argv, { env, cwd: ROOT });
  output = stripVTControlCharacters(stdout + stderr);
  expect(code, output).toBe(0);
}, FETCH_LIMIT);

afterAll(() => {
  step.runner.remove();
});

/** The table of the outputs that it prints at its end. */
const outputs = (): Record<string, string> =>
  Object.fromEntries(
    [...output.slice(output.lastIndexOf('Action Outputs')).matchAll(/│ '([\w-]+)' +│ '(.*)' +│$/gm)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  );

test('the command runs, and its words and what was refused are in the log', () => {
  expect(output).toMatch(/^hello$/m);
  expect(output).toMatch(/^refused$/m);
  expect(output).toContain('AWF: ⛔ 1 domain was refused.');
});

test('the outputs are those of action.yml', () => {
  expect(outputs()).toMatchObject({
    ...{ 'exit-code': '0', outcome: 'success', 'blocked-domains': '["refused.example"]' },
    ...{ result: 'the result\\n', 'agent-outputs': '{"a":"b"}' },
  });
});

test('there is a summary, and an artifact with the same refusal', () => {
  expect(step.runner.main.summary()).toContain('| `refused.example`');
  expect(readdirSync(artifacts)).toEqual([`${NAME}.zip`]);
  const files = readZip(readFileSync(join(artifacts, `${NAME}.zip`)));
  const [, access] = [...files].find(([name]) => name.endsWith(REQUESTS_FILE)) ?? [];
  expect(access?.toString()).toContain('"host":"refused.example"');
  expect([...files.keys()].some((name) => name.endsWith('summary.md'))).toBe(true);
});
