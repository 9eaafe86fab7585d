import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AGENT_PROGRAMS } from '../../testing/agents/programs.ts';
import { ROOT } from '../../testing/root.ts';
import { isObject, type JsonObject, objects } from '../../testing/json.ts';
import { WORKFLOWS } from './workflow-files.ts';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } };

const object = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** What the token of a job may do that is not the default of its workflow. */
const MORE_PERMISSIONS: Readonly<Record<string, Readonly<Record<string, JsonObject>>>> = {
  'smoke-copilot.yml': { smoke: { contents: 'read', 'copilot-requests': 'write' } },
  'release.yml': {
    check: { contents: 'read' },
    images: { contents: 'read', packages: 'write' },
    join: { contents: 'read', packages: 'write', attestations: 'write', 'id-token': 'write' },
    tag: { contents: 'write' },
    npm: { contents: 'read', 'id-token': 'write' },
  },
};

/** The runners of a job that runs on several. */
function matrixRunners(job: JsonObject): unknown[] {
  const matrix = object(object(job['strategy'])['matrix']);
  const listed = Array.isArray(matrix['runner']) ? (matrix['runner'] as unknown[]) : [];
  return [...listed, ...objects(matrix['include']).map(({ runner }) => runner)];
}

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
    for (const job of jobs) {
      const runner = job['runs-on'] === '${{ matrix.runner }}' ? matrixRunners(job) : [job['runs-on']];
      expect(runner).not.toEqual([]);
      for (const name of runner) expect(name).toMatch(/^[a-z]+-\d+\.\d+(-arm)?$/);
    }
    for (const [, version] of text.matchAll(/node-version: *(.*)/g)) expect(version).toBe(devDependencies.node);
  });

  // Otherwise code in the workspace would find the job's token in .git/config.
  test('checks out the code without keeping the token', () => {
    const checkouts = steps.filter(({ uses }) => typeof uses === 'string' && uses.startsWith('actions/checkout@'));
    expect(checkouts).not.toEqual([]);
    for (const { with: inputs } of checkouts) expect(inputs).toHaveProperty('persist-credentials', false);
  });

  test('lets the token read the code, and nothing else without a reason', () => {
    expect([{}, { contents: 'read' }]).toContainEqual(workflow['permissions']);
    const more = Object.entries(object(workflow['jobs'])).flatMap(([name, job]) => {
      const permissions = object(job)['permissions'];
      return permissions === undefined ? [] : [[name, permissions]];
    });
    expect(Object.fromEntries(more)).toEqual(MORE_PERMISSIONS[basename(file)] ?? {});
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

// What people copy is what the smoke tests prove.
test.each(AGENT_PROGRAMS)('smoke-$bin.yml starts the program as README does', ({ bin }) => {
  const started = new RegExp(`\\b${bin} [^'"]*(?=['"])`, 'g');
  const commands = read(`.github/workflows/smoke-${bin}.yml`).match(started) ?? [];
  expect(commands).toHaveLength(1);
  // A long command may be on several lines.
  const readme = read('README.md').replaceAll(/\s*\\\n\s*/g, ' ');
  expect(readme).toContain(commands[0]);
});

// The agent has to use a tool: its prompt says what to run, and only a program can find out the result.
test.each(AGENT_PROGRAMS)('smoke-$bin.yml asks for what no model knows', ({ bin }) => {
  const text = read(`.github/workflows/smoke-${bin}.yml`);
  expect(text).toContain('/dev/urandom');
  expect(text).toContain(`test "$(cat proof.txt)" = "$(sha256sum challenge.txt)"`);
});

test('the smoke workflows all check the proof alike', () => {
  const checks = AGENT_PROGRAMS.map(({ bin }) => {
    const jobs = object(object(parse(read(`.github/workflows/smoke-${bin}.yml`)))['jobs']);
    return objects(object(jobs['smoke'])['steps']).find(({ name }) => name === 'Check the proof');
  });
  expect(checks[0]).toBeDefined();
  for (const check of checks) expect(check).toEqual(checks[0]);
});
