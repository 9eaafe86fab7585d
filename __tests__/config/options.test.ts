import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadCliArgs } from '../../src/command-line/args.ts';
import { nameIn, OPTIONS } from '../../src/config/options.ts';
import { policyKeys } from '../../src/policy/keys.ts';
import { CREDENTIALS, PROVIDERS } from '../../src/shared/providers.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';

interface ActionFile {
  readonly inputs: Record<string, { description: string; default?: string; required?: string }>;
  readonly outputs: Record<string, { description: string }>;
  readonly runs: Record<string, string>;
}

const root = join(import.meta.dirname, '../..');
// The failsafe schema keeps `true` and `10` as strings, as a runner does.
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'), { schema: 'failsafe' }) as ActionFile;

/** The interface: every input with its default. */
const INTERFACE: Readonly<Record<string, string | undefined>> = {
  run: undefined,
  shell: 'bash',
  'working-directory': undefined,
  label: undefined,
  ...Object.fromEntries(
    PROVIDERS.flatMap(({ credentials, targetInput, authHeaderInput }) => [
      ...credentials.map(({ input }) => input),
      ...[targetInput, authHeaderInput],
    ]).map((name) => [name, undefined]),
  ),
  'github-token': undefined,
  'github-access': 'read',
  'github-repositories': undefined,
  'copilot-mode': 'github',
  'host-credentials': undefined,
  'host-rules': undefined,
  'allow-endpoints': undefined,
  'allow-provider-tools': undefined,
  'allow-domains': undefined,
  'deny-domains': undefined,
  presets: undefined,
  policy: undefined,
  'policy-ref': undefined,
  'egress-policy': undefined,
  'fail-on-blocked': 'false',
  'known-blocked': undefined,
  'allow-private-networks': undefined,
  'allow-services': undefined,
  transparent: 'true',
  'add-hosts': undefined,
  'upstream-proxy': undefined,
  'dns-servers': undefined,
  subnet: undefined,
  'upstream-ca': undefined,
  env: undefined,
  'env-all': 'false',
  mounts: undefined,
  'protect-paths': undefined,
  'agent-image': undefined,
  'image-registry': undefined,
  memory: undefined,
  pids: undefined,
  'timeout-minutes': undefined,
  'max-requests': undefined,
  'max-tokens': undefined,
  'max-cost-usd': undefined,
  prices: undefined,
  'result-file': undefined,
  'upload-logs': 'always',
  'artifact-name': undefined,
  'retention-days': undefined,
  'agent-logs': 'true',
  'check-keys': 'true',
  // Not in action.yml: an input that always has a value would hide the runner's debug mode.
  'log-level': undefined,
};

const OUTPUTS = [
  ...['exit-code', 'outcome', 'allowed-domains', 'blocked-domains', 'requests', 'input-tokens', 'output-tokens'],
  'cost-usd',
  ...['agent-outputs', 'result', 'logs-path', 'startup-ms'],
];

/** The options that a policy file can give. */
const IN_POLICY = new Set(policyKeys().map(({ option }) => option.name));

const DEFAULTS = new Map(OPTIONS.map(({ name, default: preset }) => [name, preset]));

const inputs = Object.entries(action.inputs);
const ofAction = OPTIONS.filter(({ only }) => only !== 'cli');
const ofCommandLine = OPTIONS.filter(({ only }) => only !== 'action');

describe('the inputs of action.yml', () => {
  test('are the options, except those only for the command line', () => {
    expect(Object.keys(action.inputs).toSorted()).toEqual(ofAction.map(({ name }) => name).toSorted());
  });

  test.each(inputs)('%s has the default of its option', (name, input) => {
    const { default: preset, variable } = ofAction.find((option) => option.name === name)!;
    // A default in action.yml would always be given, so neither the variable nor the policy file would ever count.
    const hasOthers = variable !== undefined || IN_POLICY.has(name);
    expect(input.default).toBe(hasOthers ? undefined : preset);
  });

  test.each(inputs)('%s belongs to the interface, with its default', (name, input) => {
    expect(Object.keys(INTERFACE)).toContain(name);
    expect(input.default).toBe(INTERFACE[name]);
  });

  test.each(inputs)('%s is described, with its choices', (name, { description }) => {
    const { choices = [] } = ofAction.find((option) => option.name === name)!;
    expect(description).toMatch(/^.{20,}\.$/s);
    for (const choice of choices) expect(description).toContain(`\`${choice}\``);
  });

  test('only run is required', () => {
    expect(inputs.filter(([, { required }]) => required === 'true').map(([name]) => name)).toEqual(['run']);
  });
});

describe('the outputs of action.yml', () => {
  test.each(Object.entries(action.outputs))(
    '%s belongs to the interface, and is described',
    (name, { description }) => {
      expect(OUTPUTS).toContain(name);
      expect(description).not.toBe('');
    },
  );
});

test('the defaults that action.yml cannot state', () => {
  const unstated = [...IN_POLICY].filter((name) => DEFAULTS.get(name) !== undefined);
  expect(Object.fromEntries(unstated.map((name) => [name, DEFAULTS.get(name)]))).toEqual({
    'egress-policy': 'block',
    pids: '4096',
    'protect-paths': 'default',
  });
});

test('the post step always runs', () => {
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

  test('credentials are no flags, because every user of a host can read arguments', () => {
    const secrets = OPTIONS.filter(({ name }) => /-(key|token)$/.test(name));
    expect(secrets.map(({ name }) => name)).toEqual([...CREDENTIALS.map(({ input }) => input), 'github-token']);
    expect(secrets.map(({ kind }) => kind)).toEqual(secrets.map(() => 'secret'));
    expect(ofCommandLine.filter(({ kind }) => kind === 'secret')).toEqual([]);
  });
});

describe('the command line', () => {
  const request = loadCliArgs(['--help'], {}, '/');
  const flags = [...('text' in request ? request.text : '').matchAll(/^ +(?:-\w, )?--([\w-]+)/gm)].map(
    ([, name]) => name,
  );

  test('has every option as a flag, except those only for the action, and no other flag', () => {
    expect(flags.filter((name) => name !== 'help').toSorted()).toEqual(
      ofCommandLine.map((option) => nameIn('cli', option).replace('--', '')).toSorted(),
    );
  });

  test.each([
    ...['allow-domains', 'enable-api-proxy', ...PROVIDERS.map(({ targetInput }) => targetInput)],
    ...['env', 'env-all', 'agent-image', 'image-registry', 'mount', 'log-level', 'proxy-logs-dir', 'keep-containers'],
  ])('has --%s', (name) => {
    expect(flags).toContain(name);
  });

  test.each(ofCommandLine.filter(({ kind }) => kind === 'boolean'))('--$name takes no value', ({ name }) => {
    expect(loadCliArgs([`--${name}`, '--', 'command'], {}, temporaryDirectory())).toMatchObject({
      config: { command: { argv: ['command'] } },
    });
  });
});

test('the documents describe each flag that only the command line has', () => {
  const pages = ['docs/reference.md', 'docs/command-line.md'].filter((page) => existsSync(join(root, page)));
  const text = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');
  for (const { name } of OPTIONS.filter(({ only }) => only === 'cli')) expect(text).toContain(`\`--${name}\``);
});

test('action.yml has no expression, which a runner would evaluate and refuse', () => {
  expect(readFileSync(join(ROOT, 'action.yml'), 'utf8')).not.toContain('${{');
});
