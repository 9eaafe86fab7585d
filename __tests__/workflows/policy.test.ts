import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AGENT_PROGRAMS } from '../../testing/agents/programs.ts';
import { ROOT } from '../../testing/root.ts';
import { isObject, type JsonObject, objects } from '../../testing/json.ts';
import { WORKFLOWS } from './workflow-files.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };

const object = (value: unknown): JsonObject => (isObject(value) ? value : {});

describe.each(WORKFLOWS)('%s', (file) => {
  const text = read(file);
  const workflow = object(parse(text));
  const jobs = Object.values(object(workflow['jobs'])).map(object);
  const steps = jobs.flatMap((job) => objects(job['steps']));
  const triggers = typeof workflow['on'] === 'string' ? [workflow['on']] : Object.keys(object(workflow['on']));

  // A tag can be moved to other code, a commit cannot. Dependabot reads the version in the comment.
  test('pins third-party actions to commits', () => {
    const foreign = text.split('\n').filter((line) => /\buses:(?! \.\/$)/.test(line));
    expect(foreign).not.toEqual([]);
    for (const line of foreign) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  // What passed yesterday must pass today, so no name may stand for the newest version.
  test('pins the runner and Node.js', () => {
    for (const job of jobs) expect(job['runs-on']).toMatch(/^[a-z]+-\d+\.\d+$/);
    for (const [, version] of text.matchAll(/node-version: *(.*)/g)) expect(version).toBe(devDependencies.node);
  });

  // Otherwise code in the workspace would find the job's token in .git/config.
  test('checks out the code without keeping the token', () => {
    const checkouts = steps.filter(({ uses }) => typeof uses === 'string' && uses.startsWith('actions/checkout@'));
    expect(checkouts).not.toEqual([]);
    for (const { with: inputs } of checkouts) expect(inputs).toHaveProperty('persist-credentials', false);
  });

  test('lets the token read the code and nothing else, or ask Copilot where that is the subject', () => {
    const asksCopilot = file.endsWith('/smoke-copilot.yml');
    expect(workflow['permissions']).toEqual({
      contents: 'read',
      ...(asksCopilot ? { 'copilot-requests': 'write' } : {}),
    });
    expect(text.match(/\bpermissions:/g)).toHaveLength(1);
  });

  // pull_request_target and workflow_run expose secrets to runs that a stranger can start.
  test('uses secrets only if a person starts the workflow', () => {
    const allowed = /\bsecrets\b/.test(text) ? ['workflow_dispatch'] : ['workflow_dispatch', 'push', 'pull_request'];
    expect(allowed).toEqual(expect.arrayContaining(triggers));
    expect(triggers).not.toEqual([]);
  });

  test('puts no expression into a script', () => {
    const scripts = steps.map(({ run }) => (typeof run === 'string' ? run : ''));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });
});

test.each(AGENT_PROGRAMS)('smoke-$bin.yml installs the version that the engine tests use', ({ bin: name }) => {
  const { dependencies } = JSON.parse(read(`testing/agents/${name}/package.json`)) as {
    dependencies: Record<string, string>;
  };
  const [[npmPackage, version] = []] = Object.entries(dependencies);
  const workflow = read(`.github/workflows/smoke-${name}.yml`);
  expect(workflow).toContain(`"${npmPackage}@$VERSION"`);
  expect(/npm package .*\n +default: (.*)/.exec(workflow)?.[1]).toBe(version);
});
