import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Parser } from '../../src/config/option.ts';
import { boolean, choice, count, minutes, shell, target, workspaceFile } from '../../src/config/parsers.ts';
import type { Given } from '../../src/config/source.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';
import { valuesOf } from '../../testing/options.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

const CONTEXT = { workspace: '/workspace', nameOf: (name: string) => `the ${name}` };

const given = (text: string): Given => ({ text, source: { kind: 'input', name: 'the-option' } });

const parse = <T>(parser: Parser<T>, text: string): T => parser(given(text), CONTEXT);

function refusal(parser: Parser<unknown>, text: string): UserError {
  const error = thrown(() => parse(parser, text));
  if (!(error instanceof UserError)) throw error;
  expect(error.message).toContain(`the-option: "${text}"`);
  return error;
}

describe('choice', () => {
  const parser = (one: Given) => choice(one, ['always', 'never']);

  test.each(['always', 'never'])('%s', (text) => {
    expect(parse(parser, text)).toBe(text);
  });

  test.each(['sometimes', 'Always', ''])('rejects %j and lists the choices', (text) => {
    expect(refusal(parser, text)).toMatchObject({
      message: `the-option: "${text}" is not one of its values.`,
      hint: 'Write one of: always, never.',
    });
  });
});

describe('boolean', () => {
  test.each([
    ['true', true],
    ['True', true],
    ['FALSE', false],
  ])('%s', (text, value) => {
    expect(parse(boolean, text)).toBe(value);
  });

  test.each(['yes', '1', 'on'])('refuses %s', (text) => {
    expect(refusal(boolean, text).hint).toBe('Write one of: true, false.');
  });
});

describe('count', () => {
  const parser = (one: Given): number => count(one);

  test.each([
    ['1', 1],
    ['1000000000', 1_000_000_000],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%s', (text, number) => {
    expect(parse(parser, text)).toBe(number);
  });

  test.each(['0', '-1', '1.5', '1e3', 'many', '0x10', '01', '9007199254740992', '1'.repeat(400)])(
    'rejects %s and names the range',
    (text) => {
      expect(refusal(parser, text).message).toContain('is not a whole number from 1 to 9007199254740991.');
    },
  );

  test('has a maximum if the row has one', () => {
    const upToTen = (one: Given): number => count(one, 10);
    expect(parse(upToTen, '10')).toBe(10);
    expect(refusal(upToTen, '11').message).toContain('from 1 to 10.');
  });
});

describe('minutes', () => {
  test.each([
    ['1', 1],
    ['30', 30],
    ['0.5', 0.5],
    ['007', 7],
    ['30000', 30_000],
  ])('%s', (text, number) => {
    expect(parse(minutes, text)).toBe(number);
  });

  test.each(['0', '0.0', '-1', '1h', '1e3', '.5', '5.', '1,5', 'none', 'Infinity', '30001'])('refuses %s', (text) => {
    const error = refusal(minutes, text);
    expect(error.message).toBe(`the-option: "${text}" is not a number of minutes.`);
    expect(error.hint).toContain('"0.5"');
  });
});

describe('shell', () => {
  test.each([
    ['bash', ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}']],
    ['sh', ['sh', '-e', '{0}']],
    ['python3 {0}', ['python3', '{0}']],
    ['  node   --test={0}  x ', ['node', '--test={0}', 'x']],
    ['bash -c "set -x; source {0}" a"b c"d ""', ['bash', '-c', 'set -x; source {0}', 'ab cd', '']],
  ])('%s', (text, argv) => {
    expect(parse(shell, text)).toEqual(argv);
  });

  test.each(['pwsh', 'bash -e'])('rejects %j and lists the choices', (text) => {
    expect(refusal(shell, text).hint).toMatch(/bash, sh.*\{0\}/);
  });

  test('rejects half a pair of quotes', () => {
    expect(refusal(shell, 'bash -c "source {0}').message).toContain('a double quote without its other one');
  });
});

describe('target', () => {
  test.each([
    ['api.example.com', { host: 'api.example.com', port: 443, basePath: '' }],
    ['API.Example.com.', { host: 'api.example.com', port: 443, basePath: '' }],
    ['api.example.com:8443', { host: 'api.example.com', port: 8443, basePath: '' }],
    ['api.example.com/', { host: 'api.example.com', port: 443, basePath: '' }],
    ['api.example.com/openai/v1', { host: 'api.example.com', port: 443, basePath: '/openai/v1' }],
    ['api.example.com:1/a//', { host: 'api.example.com', port: 1, basePath: '/a' }],
    ['gateway:65535/~team/a.b', { host: 'gateway', port: 65535, basePath: '/~team/a.b' }],
  ])('%s', (text, expected) => {
    expect(parse(target, text)).toEqual(expected);
  });

  test.each([
    ['nothing', ''],
    ['another scheme', 'http://api.example.com'],
    ['an address', '10.0.0.1'],
    ['an address in hexadecimal', '0x7f.1'],
    ['an IPv6 address', '[::1]'],
    ['a user', 'user@api.example.com'],
    ['port 0', 'api.example.com:0'],
    ['a port above 65535', 'api.example.com:65536'],
    ['a port that is no number', 'api.example.com:https'],
    ['an empty port', 'api.example.com:'],
    ['a query', 'api.example.com/a?key=1'],
    ['a fragment', 'api.example.com/a#b'],
    ['a dot segment', 'api.example.com/a/../b'],
    ['a single dot', 'api.example.com/./b'],
    ['an empty segment', 'api.example.com/a//b'],
    ['an encoded slash', 'api.example.com/a%2fb'],
    ['an encoded dot segment', 'api.example.com/%2e%2e'],
    ['a backslash', 'api.example.com\\evil.example'],
    ['a backslash in the path', 'api.example.com/a\\b'],
    ['a space', 'api.example.com /a'],
    ['a line break', 'api.example.com\nacl all src all'],
  ])('rejects %s', (_, text) => {
    const { message, hint } = refusal(target, text);
    expect(message).toContain(`"${text}" is not an upstream.`);
    expect(hint).toContain('host[:port][/base/path]');
    expect(hint).toContain('see the add-hosts');
  });

  test('says what to write instead of an address with https', () => {
    const { message, hint } = refusal(target, 'https://api.example.com:8443/v1');
    expect(message).toContain('"https://api.example.com:8443/v1" has a scheme.');
    expect(hint).toBe('Write "api.example.com:8443/v1": https is implied.');
  });

  test.each(['localhost:4000', 'LLM.localhost'])('refuses %s, which is the api-proxy itself there', (text) => {
    const { message, hint } = refusal(target, text);
    expect(message).toContain(`"${text}" leads to loopback, where the api-proxy finds only itself.`);
    expect(hint).toContain('add-hosts');
  });
});

describe('working-directory', () => {
  test('is relative to the workspace, with links resolved', () => {
    const workspace = temporaryDirectory();
    mkdirSync(join(workspace, 'a/b'), { recursive: true });
    symlinkSync('a/b', join(workspace, 'link'));
    expect(valuesOf({ 'working-directory': 'a' }, workspace)['working-directory']).toBe(join(workspace, 'a'));
    expect(valuesOf({ 'working-directory': 'link' }, workspace)['working-directory']).toBe(join(workspace, 'a/b'));
    expect(valuesOf({ 'working-directory': join(workspace, 'a') }, workspace)['working-directory']).toBe(
      join(workspace, 'a'),
    );
  });

  test.each(['..', '/', 'link', '../sibling-of-workspace'])('outside the workspace is rejected: %s', (path) => {
    const parent = temporaryDirectory();
    const workspace = join(parent, 'sibling');
    mkdirSync(workspace);
    mkdirSync(join(parent, 'sibling-of-workspace'));
    symlinkSync('/', join(workspace, 'link'));
    const error = thrown(() => valuesOf({ 'working-directory': path }, workspace));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('working-directory');
    expect(error.message).toContain('outside the workspace');
  });

  test('that is missing or a file is rejected', () => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'file'), '');
    expect(() => valuesOf({ 'working-directory': 'missing' }, workspace)).toThrow(
      /working-directory: missing does not exist\./,
    );
    expect(() => valuesOf({ 'working-directory': 'file' }, workspace)).toThrow(/working-directory.*not a directory/);
  });
});

describe('upstream-ca', () => {
  test('is read; a relative path starts at the workspace', () => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'ca.pem'), PEM);
    expect(valuesOf({ 'upstream-ca': 'ca.pem' }, workspace)['upstream-ca']).toBe(PEM);
    expect(valuesOf({ 'upstream-ca': join(workspace, 'ca.pem') })['upstream-ca']).toBe(PEM);
  });

  test('that is missing or not a PEM file is rejected', () => {
    const workspace = temporaryDirectory();
    writeFileSync(join(workspace, 'key.pem'), '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n');
    expect(() => valuesOf({ 'upstream-ca': 'missing.pem' }, workspace)).toThrow(
      /^upstream-ca: missing.pem cannot be read\./,
    );
    const error = thrown(() => valuesOf({ 'upstream-ca': 'key.pem' }, workspace));
    expect(error.message).toMatch(/^upstream-ca: .*no PEM certificate/);
    expect(error.message).not.toContain('c2VjcmV0');
  });
});

describe('result-file', () => {
  const workspace = '/nonexistent/workspace';
  const read = (text: string) =>
    workspaceFile({ text, source: { kind: 'input', name: 'result-file' } }, { workspace, nameOf: String });

  test.each([
    ['review.md', 'review.md'],
    ['./out//a/../review.md', 'out/review.md'],
    [`${workspace}/review.md`, 'review.md'],
    ['...', '...'],
    ['.github/review.md', '.github/review.md'],
  ])('%s is %s', (text, path) => {
    expect(read(text)).toBe(path);
  });

  test.each(['.', '..', '/', '../review.md', 'a/../../review.md', '/etc/passwd', 'out/', `${workspace}2/a`])(
    '%s is no file in the workspace',
    (text) => {
      const error = thrown(() => read(text));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toBe(`result-file: ${text} is not a file in the workspace ${workspace}.`);
      expect(error.hint).toContain('review.md');
    },
  );

  test.each(['.git/config', 'sub/.GIT/config', '.git'])('%s would be another file than in the sandbox', (text) => {
    expect(thrown(() => read(text)).message).toBe(`result-file: ${text} is one of git's own files.`);
  });
});

describe('numbers', () => {
  test.each([
    ['1k', 'Write 1000.'],
    ['1.5M', 'Write 1500000.'],
    ['10_000', 'Write 10000.'],
    ['0', 'Write digits only'],
    ['many', 'Write digits only'],
  ])('max-requests: %s is answered with what to write', (text, hint) => {
    expect(thrown(() => valuesOf({ 'max-requests': text }, temporaryDirectory())).hint).toContain(hint);
  });
});
