import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadCliArgs } from '../../src/command-line/args.ts';
import { nameIn, OPTIONS } from '../../src/config/options.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

interface ActionFile {
  readonly inputs: Record<string, { description: string; default?: string; required?: string }>;
  readonly outputs: Record<string, { description: string }>;
  readonly runs: Record<string, string>;
}

const root = join(import.meta.dirname, '../..');
// The failsafe schema leaves `true` and `10` the strings that they are for a runner.
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'), { schema: 'failsafe' }) as ActionFile;

/** The interface: every input with its default. */
const INTERFACE: Readonly<Record<string, string | undefined>> = {
  run: undefined,
  shell: 'bash',
  'working-directory': undefined,
  'openai-api-key': undefined,
  'anthropic-api-key': undefined,
  'copilot-github-token': undefined,
  'copilot-api-key': undefined,
  'gemini-api-key': undefined,
  'openai-api-target': undefined,
  'anthropic-api-target': undefined,
  'copilot-api-target': undefined,
  'gemini-api-target': undefined,
  'allow-endpoints': undefined,
  'allow-domains': undefined,
  presets: undefined,
  policy: undefined,
  'egress-policy': 'block',
  'fail-on-blocked': 'false',
  'known-blocked': undefined,
  'allow-private-networks': undefined,
  'allow-services': undefined,
  'add-hosts': undefined,
  'upstream-ca': undefined,
  env: undefined,
  'env-all': 'false',
  mounts: undefined,
  'protect-paths': '.github/workflows\n.mcp.json\n.claude\n.vscode\n.envrc\n.husky',
  'agent-image': undefined,
  memory: '6g',
  pids: '4096',
  'timeout-minutes': undefined,
  'max-requests': undefined,
  'max-tokens': undefined,
  'upload-logs': 'always',
  'artifact-name': undefined,
  'retention-days': undefined,
  // Not in action.yml: an input that always has a value would hide the runner's debug mode.
  'log-level': undefined,
};

const OUTPUTS = [
  ...['exit-code', 'outcome', 'allowed-domains', 'blocked-domains', 'requests', 'input-tokens', 'output-tokens'],
  ...['agent-outputs', 'logs-path', 'startup-ms'],
];

const inputs = Object.entries(action.inputs);
const ofAction = OPTIONS.filter(({ only }) => only !== 'cli');
const ofCommandLine = OPTIONS.filter(({ only }) => only !== 'action');

describe('the inputs of action.yml', () => {
  test('are the options that are not the command line’s alone', () => {
    expect(Object.keys(action.inputs).toSorted()).toEqual(ofAction.map(({ name }) => name).toSorted());
  });

  test.each(inputs)('%s has the default of its option', (name, input) => {
    const { default: preset, variable } = ofAction.find((option) => option.name === name)!;
    // What action.yml names would always be given, and the variable never be asked.
    expect(input.default).toBe(variable === undefined ? preset : undefined);
  });

  test.each(inputs)('%s is of the interface, with its default', (name, input) => {
    expect(Object.keys(INTERFACE)).toContain(name);
    expect(input.default).toBe(INTERFACE[name]);
  });

  test.each(inputs)('%s is described, with the values of its set', (name, { description }) => {
    const { choices = [] } = ofAction.find((option) => option.name === name)!;
    expect(description).toMatch(/^.{20,}\.$/s);
    for (const choice of choices) expect(description).toContain(`\`${choice}\``);
  });

  test('only run is required', () => {
    expect(inputs.filter(([, { required }]) => required === 'true').map(([name]) => name)).toEqual(['run']);
  });
});

describe('the outputs of action.yml', () => {
  test.each(Object.entries(action.outputs))('%s is of the interface, and described', (name, { description }) => {
    expect(OUTPUTS).toContain(name);
    expect(description).not.toBe('');
  });

  test('are those that the main step sets', () => {
    const source = readFileSync(join(root, 'src/action/main-step.ts'), 'utf8');
    const set = new Set([...source.matchAll(/\bsetOutput\('([^']+)'/g)].map(([, name]) => name));
    expect([...set].toSorted()).toEqual(Object.keys(action.outputs).toSorted());
  });
});

test('the post step runs whatever happened', () => {
  expect(action.runs).toEqual({
    using: 'node24',
    main: 'dist/main/index.js',
    post: 'dist/post/index.js',
    'post-if': 'always()',
  });
});

describe('the table', () => {
  test('names nothing twice', () => {
    const names = OPTIONS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  test.each(OPTIONS.filter(({ choices }) => choices))('the default of $name is one of its values', (option) => {
    expect(option.choices).toContain(option.default);
  });

  test('credentials are no flags: arguments can be read by every user of a host', () => {
    const secrets = OPTIONS.filter(({ name }) => /-(key|token)$/.test(name));
    expect(secrets).toHaveLength(5);
    expect(secrets.map(({ kind }) => kind)).toEqual(secrets.map(() => 'secret'));
    expect(ofCommandLine.filter(({ kind }) => kind === 'secret')).toEqual([]);
  });
});

describe('the command line', () => {
  const request = loadCliArgs(['--help'], {}, '/');
  const flags = [...('text' in request ? request.text : '').matchAll(/^ +(?:-\w, )?--([\w-]+)/gm)].map(
    ([, name]) => name,
  );

  test('has every option that is not the action’s alone as a flag, and no other', () => {
    expect(flags.filter((name) => name !== 'help').toSorted()).toEqual(
      ofCommandLine.map((option) => nameIn('cli', option).replace('--', '')).toSorted(),
    );
  });

  test.each([
    ...['allow-domains', 'enable-api-proxy', 'openai-api-target', 'anthropic-api-target', 'copilot-api-target'],
    ...[
      'gemini-api-target',
      'env',
      'env-all',
      'agent-image',
      'mount',
      'log-level',
      'proxy-logs-dir',
      'keep-containers',
    ],
  ])('has --%s', (name) => {
    expect(flags).toContain(name);
  });

  test.each(ofCommandLine.filter(({ kind }) => kind === 'boolean'))('--$name takes no value', ({ name }) => {
    expect(loadCliArgs([`--${name}`, '--', 'command'], {}, temporaryDirectory())).toMatchObject({
      config: { command: { argv: ['command'] } },
    });
  });
});
