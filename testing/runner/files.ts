/**
 * What a GitHub runner provides to a JavaScript action (directories, command files, environment), and how it reads
 * outputs, state and variables back from the files.
 *
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables and
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { isObject } from '../json.ts';
import { HOST_PATH } from './host-path.ts';

export type Variables = Readonly<Record<string, string>>;

export interface RunnerOptions {
  /** Path of the `action.yml` whose defaults apply. */
  readonly actionFile: string;
  /** The step's `with`. */
  readonly inputs?: Variables;
  /** The `env` of the job or the step. It overrides the runner's own variables. */
  readonly env?: Variables;
  /** The event's payload. */
  readonly event?: unknown;
  /** The values of `${{ github.<name> }}` in the defaults of inputs. */
  readonly github?: Variables;
  /** The directory for all files. The system's directory for temporary files by default. */
  readonly directory?: string;
}

/** One step of an action, with its own command files, as on a runner. */
export interface RunnerStep {
  readonly env: Variables;
  readonly outputs: () => Record<string, string>;
  readonly state: () => Record<string, string>;
  /** Variables for the steps that follow. */
  readonly exported: () => Record<string, string>;
  /** Directories put in front of PATH, in the order of the calls. */
  readonly paths: () => string[];
  /** The job summary, Markdown. */
  readonly summary: () => string;
}

export interface Runner {
  readonly workspace: string;
  /** RUNNER_TEMP */
  readonly temp: string;
  readonly main: RunnerStep;
  /** The post step as it runs after the main step: with its state, variables and paths. */
  readonly post: () => RunnerStep;
  readonly remove: () => void;
}

/** Reads a command file: `name=value` lines and `name<<delimiter` blocks. A missing file counts as empty. */
export function parseOutputs(file: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === '') continue;
    const [, name = '', mark = '', rest = ''] = /^(.*?)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`Invalid line in the command file ${file}: ${line}`);
    if (mark === '=') {
      values[name] = rest;
      continue;
    }
    const end = lines.indexOf(rest);
    if (end === -1) throw new Error(`No end of the value of ${name} in the command file ${file}.`);
    values[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n');
  }
  return values;
}

const prefixed = (prefix: string, values: Variables): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));

/** The variables that pass the state saved in `file` to the post step. */
export const stateEnv = (file: string): Record<string, string> => prefixed('STATE_', parseOutputs(file));

/** Evaluates `${{ github.token }}` and the like. This builder supports no other expression in a default. */
const evaluate = (value: string, github: Variables): string =>
  value.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
    const name = /^github\.(\w+)$/.exec(expression)?.[1];
    if (name === undefined) throw new Error(`The default \${{ ${expression} }} cannot be evaluated here.`);
    return github[name] ?? '';
  });

/**
 * The `INPUT_*` variables of a step: the inputs given, then the defaults in `action.yml` for the others. As on a
 * runner, an input given as an empty string stays empty, and names are compared ignoring case.
 */
export function inputEnv(actionFile: string, inputs: Variables = {}, github: Variables = {}): Record<string, string> {
  // The failsafe schema keeps `true` and `10` as strings, as a runner does.
  const action: unknown = parse(readFileSync(actionFile, 'utf8'), { schema: 'failsafe' });
  const declared = isObject(action) && isObject(action['inputs']) ? action['inputs'] : {};
  const variables: Record<string, string> = {};
  const set = (name: string, value: string) => {
    variables[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ??= value;
  };
  for (const [name, value] of Object.entries(inputs)) set(name, value);
  for (const [name, input] of Object.entries(declared)) {
    if (isObject(input) && typeof input['default'] === 'string') set(name, evaluate(input['default'], github));
  }
  return variables;
}

const COMMAND_FILES = {
  output: 'GITHUB_OUTPUT',
  state: 'GITHUB_STATE',
  env: 'GITHUB_ENV',
  path: 'GITHUB_PATH',
  summary: 'GITHUB_STEP_SUMMARY',
} as const;

function createStep(dir: string, env: Variables): RunnerStep {
  mkdirSync(dir, { recursive: true });
  const file = (kind: keyof typeof COMMAND_FILES) => join(dir, kind);
  const variables: Record<string, string> = { ...env };
  for (const [kind, variable] of Object.entries(COMMAND_FILES)) {
    variables[variable] = join(dir, kind);
    writeFileSync(join(dir, kind), '');
  }
  return {
    env: variables,
    outputs: () => parseOutputs(file('output')),
    state: () => parseOutputs(file('state')),
    exported: () => parseOutputs(file('env')),
    paths: () => readFileSync(file('path'), 'utf8').split(/\r?\n/).filter(Boolean),
    summary: () => readFileSync(file('summary'), 'utf8'),
  };
}

/** Directories, files and environment of one step that uses the action. Call `remove` when done. */
export function createRunner(options: RunnerOptions): Runner {
  const { actionFile, inputs, env, event = {}, github = {}, directory = tmpdir() } = options;
  const dir = mkdtempSync(join(directory, 'awf-runner-'));
  const at = (name: string) => join(dir, name);
  const [workspace, temp, toolCache, home] = ['workspace', 'temp', 'tool-cache', 'home'].map(at) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [workspace, temp, toolCache, home]) mkdirSync(path);
  const eventPath = at('event.json');
  writeFileSync(eventPath, JSON.stringify(event));

  const variables: Variables = {
    PATH: HOST_PATH,
    HOME: home,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octocat',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_EVENT_NAME: 'workflow_dispatch',
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_JOB: 'test',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'octocat/hello-world',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_NUMBER: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '0'.repeat(40),
    GITHUB_WORKFLOW: 'test',
    GITHUB_WORKSPACE: workspace,
    RUNNER_ARCH: process.arch.toUpperCase(),
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'test',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: toolCache,
    ...inputEnv(actionFile, inputs, github),
    ...env,
  };
  const main = createStep(at('main-step'), variables);

  return {
    workspace,
    temp,
    main,
    post: () => {
      const path = [...main.paths().toReversed(), variables['PATH']].join(delimiter);
      return createStep(at('post-step'), {
        ...variables,
        ...main.exported(),
        ...prefixed('STATE_', main.state()),
        PATH: path,
      });
    },
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
