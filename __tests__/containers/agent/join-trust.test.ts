import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { ROOT } from '../../../testing/root.ts';

/** Runs the script as the entrypoint does, with the system's shell and programs for busybox. */
function joined(words: string, environment: Readonly<Record<string, string>> = {}, blocked = false) {
  const top = temporaryDirectory();
  const at = (path: string): string => join(top, path);
  const inPlace = (text: string): string => text.replaceAll('@', `${top}/`);
  mkdirSync(at('trust'));
  copyFileSync(join(ROOT, 'containers/agent/join-trust.sh'), at('join-trust.sh'));
  const files = {
    busybox: '#!/bin/sh\nexec "$@"\n',
    'trust/root.pem': 'root\n',
    'trust/bundle.pem': 'public\nroot\n',
    'list.crt': 'list without an end of its line',
    'second.crt': 'second',
    'user file.pem': 'user\n',
    'empty.pem': '',
    ...(blocked ? { joined: 'a file in the way' } : {}),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content, { mode: 0o755 });
  const argv = ['sh', at('join-trust.sh'), at('trust'), at('joined'), ...inPlace(words).split(' ')];
  const variables = Object.entries(environment).map(([name, value]) => [name, inPlace(value)] as const);
  const { status, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...Object.fromEntries(variables) },
    cwd: top,
  });
  const shown = stdout
    .replaceAll(`${top}/`, '@')
    .split('\n')
    .filter((line) => line !== '');
  return { status, stderr, shown, file: (name: string) => readFileSync(at(`joined/${name}`), 'utf8') };
}

describe('the image’s list', () => {
  test.each([
    [
      'the first that is there',
      '@absent.crt @empty.pem @list.crt @second.crt',
      'root\nlist without an end of its line',
    ],
    ['none', '@absent.crt', 'public\nroot\n'],
  ])('%s', (_, words, content) => {
    const { status, stderr, file } = joined(words);
    expect([status, stderr, file('bundle.pem')]).toEqual([0, '', content]);
  });
});

describe('a variable', () => {
  test.each<[string, string, Record<string, string>, readonly string[]]>([
    ['gets the joined list', 'A=bundle', {}, ['A=@joined/bundle.pem']],
    ['gets the root', 'A=root', {}, ['A=@trust/root.pem']],
    ['gets nothing', 'A=', {}, []],
    ['that is set gets its own file, joined', 'A=bundle', { A: '@user file.pem' }, ['A=@joined/A.pem']],
    ['that is set gets its own file, without a default', 'A=', { A: '@user file.pem' }, ['A=@joined/A.pem']],
    ['that is set relatively', 'A=root', { A: 'user file.pem' }, ['A=@joined/A.pem']],
    ['whose file is not there counts as unset', 'A=bundle', { A: '@absent.pem' }, ['A=@joined/bundle.pem']],
    ['stays unset beside another', 'A=bundle/B B=', { B: '@user file.pem' }, ['B=@joined/B.pem']],
    ['gets its word without the other', 'A=bundle/B B=', {}, ['A=@joined/bundle.pem']],
    ['is never a command', 'A=', { A: '$(touch owned)' }, []],
  ])('%s: %s', (_, words, environment, shown) => {
    const found = joined(`@list.crt ${words}`, environment);
    expect(found.stderr).toBe('');
    expect(found.shown).toEqual(shown);
    if (shown.some((line) => line.includes('joined/A'))) expect(found.file('A.pem')).toBe('root\nuser\n');
  });
});

test('a failure says what failed', () => {
  const { status, stderr } = joined('@list.crt A=bundle', {}, true);
  expect(status).toBe(1);
  expect(stderr).toContain('the CA certificates of the image cannot be joined with those of this run: ');
});
