import { describe, expect, test } from 'vitest';
import { placeOf } from '../../src/config/source.ts';
import { describeError } from '../../src/errors.ts';
import { readPolicy } from '../../src/policy/check.ts';
import { policyKeys } from '../../src/policy/keys.ts';

const read = (text: string, keys = policyKeys()) => readPolicy('p.yml', Buffer.from(text), keys);
const problemsOf = (text: string): string[] => read(text).problems.map(describeError);
/** A policy whose second line is `line`. */
const withLine = (line: string): string => `version: 1\n${line}\n`;

/** A text for each key that a policy can have. */
const EVERYTHING = `version: 1
egress:
  mode: audit
  allow: [a.example, "=b.example"]
  deny:
    - c.example # why
hosts:
  d.example:
    rules:
      - GET /x/**
      - POST /y?a=*
limits: { timeout-minutes: 0.5, memory: 6g, pids: 10, max-requests: 1, max-tokens: 2, max-cost-usd: 0.25 }
protect-paths:
  - report:package.json
`;

describe('the entries of a policy', () => {
  test('have the texts and the names of their options, with their places', () => {
    const { entries, problems } = read(EVERYTHING);
    expect(problems).toEqual([]);
    const shown = [...entries].flatMap(([option, given]) =>
      given.map(({ text, source }) => `${option}: ${text} @ ${placeOf(source)}`),
    );
    expect(shown).toEqual([
      'egress-policy: audit @ p.yml, line 3, column 9',
      'allow-domains: a.example @ p.yml, line 4, column 11',
      'allow-domains: =b.example @ p.yml, line 4, column 22',
      'deny-domains: c.example @ p.yml, line 6, column 7',
      'host-rules: d.example GET /x/** @ p.yml, line 10, column 9',
      'host-rules: d.example POST /y?a=* @ p.yml, line 11, column 9',
      'timeout-minutes: 0.5 @ p.yml, line 12, column 28',
      'memory: 6g @ p.yml, line 12, column 41',
      'pids: 10 @ p.yml, line 12, column 51',
      'max-requests: 1 @ p.yml, line 12, column 69',
      'max-tokens: 2 @ p.yml, line 12, column 84',
      'max-cost-usd: 0.25 @ p.yml, line 12, column 101',
      'protect-paths: report:package.json @ p.yml, line 14, column 5',
    ]);
  });

  test('are none in a policy that only states its version', () => {
    for (const text of ['version: 1', '\ufeffversion: 1\r\n', '# why\n---\nversion: 1\n...\n']) {
      expect(read(text)).toEqual({ entries: new Map(), problems: [] });
    }
  });

  test('are read beside mistakes in other keys', () => {
    const { entries, problems } = read(
      'version: 1\negress: {allow: [a.example], deny: x}\nlimits: {pids: 3, foo: 1}\n',
    );
    expect(problems).toHaveLength(2);
    expect([...entries.keys()]).toEqual(['allow-domains', 'pids']);
  });
});

test('an item that is a mistake costs only itself', () => {
  const { entries, problems } = read(
    'version: 1\negress: {allow: [a.example, 1, no, [x], b.example]}\nhosts: {c.example: {rules: [GET, GET /x]}}\n',
  );
  expect(problems).toHaveLength(4);
  const textsOf = (name: string) => entries.get(name)?.map(({ text }) => text);
  expect(textsOf('allow-domains')).toEqual(['a.example', 'b.example']);
  expect(textsOf('host-rules')).toEqual(['c.example GET /x']);
});

test.each([
  ['max-tokens: 1e21', 'limits.max-tokens is 1e+21, which is too large'],
  ['timeout-minutes: .inf', 'limits.timeout-minutes is no finite number'],
])('%s is one mistake', (limit, problem) => {
  const { problems } = read(`version: 1\nlimits: {${limit}}\n`);
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining(problem)]);
});

describe('mistakes', () => {
  test.each<[name: string, text: string, problem: string, hint: string]>([
    ['an empty file', '', 'line 1, column 1: the file is not a policy', 'Begin it with "version: 1"'],
    ['a text', 'hello', 'line 1, column 1: the file is not a policy', 'Begin it'],
    ['no version', 'egress: {}', 'line 1, column 1: version is missing', 'Write "version: 1"'],
    ['another version', 'version: 2', 'line 1, column 10: "2" is not one of the values of version', 'Write one of: 1.'],
    ['a version in quotes', 'version: "1"', '"1" is not one of the values of version', 'Write it without quotes.'],
    [
      'a key that is misspelled',
      withLine('egres: {}'),
      'line 2, column 1: "egres" is not a key of a policy',
      'Did you mean "egress"?',
    ],
    [
      'a key below',
      withLine('egress: {alow: []}'),
      'column 10: "alow" is not a key of egress',
      'Did you mean "allow"?',
    ],
    ['a key of another place', withLine('allow: []'), '"allow" is not a key of a policy', 'Write it as egress.allow.'],
    ['an input of another name', withLine('allow-domains: []'), '"allow-domains"', 'Write it as egress.allow.'],
    ['an input', withLine('run: x'), '"run" is not a key', 'It is an input, and no key of a policy.'],
    ['a secret', withLine('api-token: x'), '"api-token" is not a key', 'A policy has no secrets'],
    ['a text for a list', withLine('egress: {allow: a.example}'), 'egress.allow is not a list', 'one entry per line'],
    ['nothing for a list', withLine('protect-paths:'), 'protect-paths has no value', 'Or remove the key.'],
    ['a list for a map', withLine('egress: []'), 'egress is not a map', 'keys with colons'],
    ['a number for a text', withLine('egress: {allow: [1.5]}'), 'egress.allow.0 is not a text', 'in quotes'],
    [
      'an unknown value',
      withLine('egress: {mode: open}'),
      'column 16: "open" is not one of the values of egress.mode',
      'Write one of: block, audit.',
    ],
    ['a text for a number', withLine('limits: {pids: "5"}'), 'limits.pids is not a number', 'without quotes'],
    ['a fraction', withLine('limits: {pids: 1.5}'), 'limits.pids is not a whole number', 'whole number'],
    ['a small number', withLine('limits: {pids: 0}'), 'limits.pids is 0, which is too small', 'Write 1 or more.'],
    ['a large number', withLine('limits: {pids: 5000000}'), 'which is too large', 'Write 4194304 or less.'],
    ['a truth value', withLine('limits: {memory: true}'), 'limits.memory is not a text or a number', ''],
    [
      'two entries in one',
      withLine('egress: {allow: ["a.example,b.example"]}'),
      '"a.example,b.example" is not one entry',
      '',
    ],
    ['an empty entry', withLine('egress: {allow: [""]}'), '"" is not one entry', ''],
    ['two lines in one', withLine('protect-paths: ["a\\nb"]'), '"a b" is not one line', ''],
    ['a host with a space', withLine('hosts: {a b: {rules: [GET /]}}'), '"a b" is not a host', ''],
    [
      'a host without rules',
      withLine('hosts: {a.example: {rules: []}}'),
      'hosts.a.example.rules has no rule',
      'remove the host',
    ],
    ['a host with nothing', withLine('hosts: {a.example: {}}'), 'hosts.a.example.rules is missing', 'Add "rules:".'],
    ['half a rule', withLine('hosts: {a.example: {rules: [GET]}}'), '"GET" is not a rule', ''],
    ['a key that is there twice', 'version: 1\nversion: 1', 'line 2, column 1: the key is there twice', 'one of them'],
    ['a second document', 'version: 1\n---\nversion: 1', 'line 2, column 1: a second document begins here', '"---"'],
    ['a tab', withLine('egress:\n\tallow: []'), 'line 3, column 1: the line is indented with a tab', 'spaces'],
    ['text without an end', withLine('egress: "x'), 'this is not YAML (Missing closing', ''],
    ['an alias', withLine('egress: *a'), 'line 2, column 9: ', ''],
    ['an anchor', withLine('egress: &a {}'), '"&a" is an anchor', 'Remove it.'],
    ['a tag of its own', withLine('egress: !foo {}'), 'Unresolved tag', ''],
    ['a tag', withLine('protect-paths: !!binary aGk='), 'tag', ''],
    ['a merge key', withLine('<<: {}'), '"<<" cannot be a key', ''],
    ['a key of the prototype', withLine('__proto__: {}'), '"__proto__" cannot be a key', ''],
    ['a host of the prototype', withLine('hosts: {__proto__: {rules: [GET /]}}'), '"__proto__" cannot be a key', ''],
    ['a number as a key', withLine('1: 2'), 'the key is not a text', ''],
    ['a list as a key', withLine('? [a]\n: b'), 'the key is not a text', ''],
    [
      'a truth value of YAML 1.1',
      withLine('egress: {allow: [no]}'),
      'no is a truth value to some programs',
      'Write "no" in quotes',
    ],
    ['YAML 1.1 itself', '%YAML 1.1\n---\nversion: 1', 'the file has a %YAML directive', 'Remove it'],
    ['more levels than a policy has', withLine(`egress: ${'['.repeat(12)}${']'.repeat(12)}`), 'nested too deeply', ''],
  ])('%s', (_, text, problem, hint) => {
    const [first = '', ...others] = problemsOf(text);
    expect(first).toMatch(/^p\.yml, line \d+, column \d+: /);
    expect(first).toContain(problem);
    expect(first).toContain(hint);
    expect(others).toEqual([]);
  });

  test.each(['['.repeat(30_000), '- '.repeat(30_000), '{a: '.repeat(15_000), '? '.repeat(30_000)])(
    'a file that exhausts the parser, %#',
    (text) => {
      expect(problemsOf(text)).toEqual([expect.stringMatching(/^p\.yml, line 1, column \d+: /)]);
    },
  );

  test('bytes that are not UTF-8', () => {
    const { problems } = readPolicy('p.yml', Buffer.from([0x61, 0xff]));
    expect(problems.map(({ message }) => message)).toEqual(['p.yml, line 1, column 1: the file is not UTF-8.']);
  });

  test('are told in the order of the file, all at once', () => {
    const found = problemsOf('limits: {pids: 0}\negres: {}\nversion: 3\nprotect-paths: 1\n');
    expect(found.map((text) => /line \d+/.exec(text)?.[0])).toEqual(['line 1', 'line 2', 'line 3', 'line 4']);
  });
});

describe('the keys', () => {
  const form = (path: readonly string[]): string =>
    path[0] === 'hosts'
      ? 'hosts: {a.example: {rules: [GET /]}}'
      : path.length === 2
        ? `${String(path[0])}: {${String(path[1])}: X}`
        : `${path.join('')}: X`;

  test.each(policyKeys().map((key) => ({ name: key.path.join('.'), ...key })))(
    '$name leads to its option, and is refused without it',
    ({ path, option }) => {
      const value = { choice: 'audit', count: '3', text: '3' }[option.kind as string] ?? '[a]';
      const text = withLine(form(path).replace('X', value));
      const { entries, problems } = read(text);
      expect(problems).toEqual([]);
      expect([...entries.keys()]).toEqual([option.name]);
      const others = policyKeys().filter((key) => key.option !== option);
      expect(read(text, others).problems.map(({ message }) => message)).toEqual([
        expect.stringMatching(`"${path.at(-1) ?? ''}" is not a key of`),
      ]);
    },
  );
});
