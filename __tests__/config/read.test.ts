import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { buildConfig } from '../../src/config/build.ts';
import { egressOf, thisMachine } from '../../src/config/egress-build.ts';
import { isAllowed } from '../../src/config/egress-rules.ts';
import { optionName, OPTIONS, type OptionName, type OptionValues } from '../../src/config/options.ts';
import { readOptions, type FrontEnd } from '../../src/config/read.ts';
import type { FrontEndKind } from '../../src/config/source.ts';
import { ConfigError, describeError, UserError } from '../../src/errors.ts';
import type { Target } from '../../src/shared/sidecar-config.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';
import { inputs } from '../../testing/options.ts';
import { CASES, LOAD, type Case } from './front-ends.ts';

const KINDS: readonly FrontEndKind[] = ['action', 'cli'];

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  };
});

const offered = (kind: FrontEndKind): [OptionName, Case][] =>
  OPTIONS.filter(({ only, kind: form }) => (only ?? kind) === kind && !(kind === 'cli' && form === 'boolean')).flatMap(
    ({ name }) => Object.entries(CASES).filter(([each]) => each === name) as [OptionName, Case][],
  );

/** The options that a text names as the action does. A name without a hyphen may be an ordinary word. */
const withoutDashes = (text: string): string[] =>
  OPTIONS.map(({ name }) => name).filter(
    (name) => name.includes('-') && new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text),
  );

describe.each(KINDS)('in the %s', (kind) => {
  const load = LOAD[kind];

  test.each(offered(kind))('%s is read', (name, { good, reads }) => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n');
    expect(load({ [name]: [good] }, workspace)).toMatchObject(reads);
  });

  test.each(offered(kind))('an empty %s is ignored', (name) => {
    const workspace = temporaryDirectory();
    const nothing = load({}, workspace);
    for (const text of ['', ' ', '\n']) expect(load({ [name]: [text] }, workspace)).toEqual(nothing);
  });

  test.each(offered(kind).filter(([, { isList }]) => isList))('%s with nothing but comments is ignored', (name) => {
    const workspace = temporaryDirectory();
    const text = kind === 'cli' && name === 'env' ? '' : '# nothing\n  # here';
    expect(load({ [name]: [text] }, workspace)).toEqual(load({}, workspace));
  });

  test.each(offered(kind).filter(([, { bad }]) => bad))(
    'a bad %s is rejected in the terms of the front end',
    (name, { bad, isList }) => {
      const [text, problem] = bad!;
      const error = thrown(() => load({ [name]: [text] }, temporaryDirectory()));
      expect(error).toBeInstanceOf(UserError);
      expect(error).not.toBeInstanceOf(ConfigError);
      const label = optionName(kind, name);
      expect(error.message).toMatch(new RegExp(`^${label}${kind === 'action' && isList ? ', line 1' : ''}[:,]`));
      expect(error.message).toContain(problem);
      const shown = describeError(error);
      expect(shown).not.toMatch(kind === 'action' ? /--[a-z]/ : /, line \d/);
      if (kind === 'cli') expect(withoutDashes(shown)).toEqual([]);
    },
  );

  test('all mistakes are reported at once, including several in one list and those between options', () => {
    const texts = {
      'allow-domains': ['10.0.0.1', 'fine.example', 'com'],
      memory: ['much'],
      pids: ['0'],
      env: ['A=1', '1B', 'A'],
      'protect-paths': ['a', 'none', '/b'],
      mounts: ['srv'],
      'timeout-minutes': ['1'],
    };
    const environment = { GITHUB_SERVER_URL: 'nonsense', OPENAI_API_TARGET: 'http://o.example' };
    const error = thrown(() => load(texts, temporaryDirectory(), environment));
    if (!(error instanceof ConfigError)) throw error;
    const places = error.problems.map(({ message }) => message.replace(/(:| is | contains ).*$/s, ''));
    const at = (name: OptionName, nth: number): string =>
      kind === 'action' ? `${name}, line ${nth}` : `${optionName('cli', name)} (${['1st', '2nd', '3rd'][nth - 1]})`;
    expect(places).toEqual([
      'OPENAI_API_TARGET',
      at('allow-domains', 1),
      at('allow-domains', 3),
      at('env', 2),
      kind === 'action' ? 'mounts, line 1' : '--mount',
      at('protect-paths', 3),
      optionName(kind, 'memory'),
      optionName(kind, 'pids'),
      at('env', 3),
      at('protect-paths', 2),
      'GITHUB_SERVER_URL',
    ]);
    expect(error.message).toMatch(/^The configuration has 11 mistakes:\n- OPENAI_API_TARGET: /);
    const names = `see ${optionName(kind, 'add-hosts')}.`;
    expect(describeError(error)).toContain(names);
    expect(describeError(error).split('\n- ')).toHaveLength(12);
  });

  test('an error in a variable’s value names the variable', () => {
    const error = thrown(() => load({}, temporaryDirectory(), { GEMINI_API_TARGET: 'a:0' }));
    expect(error.message).toMatch(/^GEMINI_API_TARGET: "a:0" is not an upstream/);
  });

  test('the error for a default that does not work in this workspace says so', () => {
    const workspace = temporaryDirectory();
    symlinkSync('/etc', join(workspace, '.claude'));
    const error = thrown(() => load({}, workspace));
    const place = kind === 'action' ? 'protect-paths (default), line 1' : '--protect-paths (default), line 1';
    expect(error.message).toBe(`${place}: ".claude" is a link that leads out of the workspace.`);
  });

  test.each([
    [{ RUNNER_DEBUG: '1' }, [], 'debug'],
    [{ RUNNER_DEBUG: '1' }, [''], 'debug'],
    [{ RUNNER_DEBUG: '1' }, ['info'], 'info'],
    [{ RUNNER_DEBUG: '0' }, [], 'info'],
    [{ RUNNER_DEBUG: 'loud' }, [], 'info'],
    [{}, [], 'info'],
  ])('with %j and log-level %j: %s', (environment, texts, level) => {
    expect(load({ 'log-level': texts }, temporaryDirectory(), environment).logLevel).toBe(level);
  });
});

test('every option has a row here', () => {
  // policy-ref needs a repository: __tests__/policy/find.slow.test.ts has it.
  const others = ['run', 'policy-ref'];
  const withText = OPTIONS.filter(({ name, kind }) => !kind.startsWith('secret') && !others.includes(name));
  const switches = withText.filter(({ kind, only }) => kind === 'boolean' && only === 'cli');
  expect(Object.keys(CASES).toSorted()).toEqual(
    withText
      .filter((option) => !switches.includes(option))
      .map(({ name }) => name)
      .toSorted(),
  );
});

describe('lists', () => {
  const read = (frontEnd: FrontEnd) => {
    const { values, problems } = readOptions(frontEnd, {}, '/workspace');
    return { values, problems: problems.map(({ message }) => message) };
  };
  const domains = (text: string): string[] =>
    read(inputs({ 'allow-domains': text })).values['allow-domains'].map(({ host }) => host);
  const names = (text: string) => read(inputs({ env: text })).values.env.map(({ name, value = null }) => [name, value]);
  const flags = (name: string, ...texts: string[]): FrontEnd => ({
    kind: 'cli',
    given: (option) =>
      option.name === name
        ? texts.map((text, index) => ({ text, source: { kind: 'flag', name: `--${name}`, repetition: index + 1 } }))
        : [],
  });

  test.each([
    ['\n \n', []],
    ['a.example\nb.example', ['a.example', 'b.example']],
    ['  a.example  \r\n\tb.example\r\n', ['a.example', 'b.example']],
    ['# a comment\na.example # another\n   # and one more', ['a.example']],
    ['\ufeff# a comment\r\na.example # another\r\n   # and one more\r\n', ['a.example']],
    ['a.example # two\u2028lines', ['a.example']],
    ['a.example, b.example,\n,c.example', ['a.example', 'b.example', 'c.example']],
  ])('%j holds %j', (text, entries) => {
    expect(domains(text)).toEqual(entries);
  });

  test('take commas only if the row says so, and no comment after a variable', () => {
    expect(names('A=1,2\n# B\n  C=x # y')).toEqual([
      ['A', '1,2'],
      ['C', 'x # y'],
    ]);
  });

  test('lines are counted from 1, including blank ones and comments', () => {
    expect(read(inputs({ 'allow-domains': '# first\n\na.example\nb.example, 10.0.0.1' })).problems).toEqual([
      'allow-domains, line 4: "10.0.0.1" is an IP address.',
    ]);
  });

  test('a flag’s value may have several lines, which are then counted', () => {
    expect(read(flags('add-hosts', 'a.example:10.0.0.1\nb.example', 'c.example')).problems).toEqual([
      '--add-hosts (1st), line 2: "b.example" is not name:address.',
      '--add-hosts (2nd): "c.example" is not name:address.',
    ]);
  });

  test.each([
    [{ 'allow-domains': '- npm' }, 'allow-domains, line 1: "- npm" is written as in a list of YAML.'],
    [{ 'allow-domains': '[npm]' }, 'allow-domains, line 1: "[npm]" is written as in a list of YAML.'],
    [{ presets: '"npm"' }, 'presets, line 1: ""npm"" is written as in a list of YAML.'],
    [{ env: '- SECRET=x' }, 'env, line 1: this is written as in a list of YAML.'],
    [{ 'add-hosts': 'a.example:[fd00::ab]' }, 'add-hosts, line 1: "a.example:[fd00::ab]" is not name:address.'],
  ])('%j gets the remedy for a list of YAML, if it is one', (texts, message) => {
    const { problems } = readOptions(inputs(texts), {}, '/workspace');
    expect(problems.map((problem) => problem.message)).toEqual([message]);
    expect(problems[0]?.hint).toContain(message.includes('YAML') ? 'one entry per line' : 'IPv4');
  });

  test('commas where they separate nothing are named', () => {
    const texts = { 'github-repositories': 'a/b, c/d', 'add-hosts': 'a.example:10.0.0.1, b.example:10.0.0.2' };
    for (const { hint } of readOptions(inputs(texts), {}, '/workspace').problems)
      expect(hint).toMatch(/ Commas do not separate entries here\.$/);
  });

  test('if a flag takes a single value, the last non-empty one counts', () => {
    expect(read(flags('memory', '1g', '2g', '')).values.memory).toBe('2g');
  });
});

describe('a policy file', () => {
  const inFile = (texts: Readonly<Record<string, readonly string[]>>) =>
    new Map(
      Object.entries(texts).map(([name, list]) => [
        name,
        list.map((text, index) => ({
          text,
          source: { kind: 'policy', name: 'p.yml', line: index + 1, column: 3 } as const,
        })),
      ]),
    );
  const read = (frontEnd: FrontEnd, texts: Readonly<Record<string, readonly string[]>>, environment = {}) =>
    readOptions(frontEnd, environment, '/workspace', inFile(texts));

  test('has the first entries of a list, to which those of the input are added', () => {
    const { values } = read(inputs({ 'allow-domains': 'b.example', 'protect-paths': 'b' }), {
      'allow-domains': ['a.example'],
      'protect-paths': ['a'],
    });
    expect(values['allow-domains'].map(({ host }) => host)).toEqual(['a.example', 'b.example']);
    expect(values['protect-paths']).toMatchObject([{ path: 'a' }, { path: 'b' }]);
  });

  test('replaces the default of a list, as an input does', () => {
    expect(read(inputs(), { 'protect-paths': ['a'] }).values['protect-paths']).toMatchObject([{ path: 'a' }]);
  });

  test('comes behind the input, and before the default', () => {
    const file = { pids: ['7'], 'egress-policy': ['audit'], memory: ['1g'] };
    expect(read(inputs(), file).values).toMatchObject({ pids: 7, 'egress-policy': 'audit', memory: '1g' });
    expect(read(inputs({ pids: '8', 'egress-policy': 'block', memory: '' }), file).values).toMatchObject({
      ...{ pids: 8, 'egress-policy': 'block', memory: '1g' },
    });
  });

  test('comes behind a variable', () => {
    const file = { 'openai-api-target': ['file.example'] };
    const variables = { OPENAI_API_TARGET: 'variable.example' };
    expect(read(inputs(), file, variables).values['openai-api-target']).toMatchObject({ host: 'variable.example' });
    expect(read(inputs(), file).values['openai-api-target']).toMatchObject({ host: 'file.example' });
  });

  const rulesOf = (values: OptionValues) => egressOf(values, thisMachine([], {}, '/nonexistent'), 'action').rules;

  test('its deny wins over what the input allows, and the other way round', () => {
    const both = (given: Readonly<Record<string, string>>, texts: Readonly<Record<string, readonly string[]>>) =>
      isAllowed(rulesOf(read(inputs(given), texts).values), 'https', 'a.example');
    expect(both({ 'allow-domains': 'a.example' }, {})).toBe(true);
    expect(both({ 'allow-domains': 'a.example' }, { 'deny-domains': ['a.example'] })).toBe(false);
    expect(both({ 'deny-domains': 'a.example' }, { 'allow-domains': ['a.example'] })).toBe(false);
  });

  test('has its own place in the message about an entry', () => {
    const { problems } = read(inputs({ 'allow-domains': '10.0.0.2' }), { 'allow-domains': ['10.0.0.1'] });
    expect(problems.map(({ message }) => message)).toEqual([
      'p.yml, line 1, column 3: "10.0.0.1" is an IP address.',
      'allow-domains, line 1: "10.0.0.2" is an IP address.',
    ]);
  });
});

test('what a front end does not offer is not read', () => {
  const everything = { 'keep-containers': 'true', 'proxy-logs-dir': '/elsewhere', run: 'true' };
  const context = { environment: {}, workspace: temporaryDirectory() };
  expect(buildConfig(inputs(everything), context).config).toMatchObject({
    keepContainers: false,
    proxyLogsDir: undefined,
  });
});

test('a user’s mistake never hides a bug in AWF', () => {
  const broken: FrontEnd = {
    kind: 'action',
    given: () => {
      throw new TypeError('broken');
    },
  };
  expect(() => readOptions(broken, {}, '/workspace')).toThrow(TypeError);
});

test('the rows decide the types', () => {
  expectTypeOf<OptionValues['log-level']>().toEqualTypeOf<'error' | 'warn' | 'info' | 'debug'>();
  expectTypeOf<OptionValues['upload-logs']>().toEqualTypeOf<'always' | 'on-failure' | 'never'>();
  expectTypeOf<OptionValues['pids']>().toEqualTypeOf<number>();
  expectTypeOf<OptionValues['max-tokens']>().toEqualTypeOf<number | undefined>();
  expectTypeOf<OptionValues['env-all']>().toEqualTypeOf<boolean>();
  expectTypeOf<OptionValues['run']>().toEqualTypeOf<string>();
  expectTypeOf<OptionValues['memory']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<OptionValues['agent-image']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<OptionValues['openai-api-target']>().toEqualTypeOf<Target | undefined>();
  expectTypeOf<OptionValues['add-hosts']>().toEqualTypeOf<
    readonly { readonly name: string; readonly address: string }[]
  >();
  expectTypeOf<'allow-domain'>().not.toExtend<OptionName>();
});
