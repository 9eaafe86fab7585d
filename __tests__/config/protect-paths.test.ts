import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_PROTECTED } from '../../src/config/default-protected.ts';
import { checkProtectedPaths, protectedPaths, type ProtectEntry } from '../../src/config/protect-paths.ts';
import { throwProblems, UserError } from '../../src/errors.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';
import { valuesOf } from '../../testing/options.ts';

function protectedBy(text: string, workspace: string) {
  const entries = valuesOf({ 'protect-paths': text }, workspace)['protect-paths'];
  throwProblems(checkProtectedPaths(entries));
  return protectedPaths(entries);
}

describe('protect-paths', () => {
  test('entries, comments and both modes', () => {
    expect(protectedBy('.github/workflows/\n# a comment\n\nreport: package.json\n./a//b\n', '/w')).toEqual([
      { path: '.github/workflows', mode: 'read-only' },
      { path: 'package.json', mode: 'report' },
      { path: 'a/b', mode: 'read-only' },
    ]);
  });

  test('default stands for the paths on which programs act, and an entry of its own goes before it', () => {
    const paths = protectedBy('default\nsrc\nreport:.npmrc', '/w');
    expect(paths).toHaveLength(DEFAULT_PROTECTED.length + 1);
    expect(paths).toContainEqual({ path: '.yarn/releases', mode: 'read-only' });
    expect(paths).toContainEqual({ path: 'src', mode: 'read-only' });
    expect(paths.filter(({ path }) => path === '.npmrc')).toEqual([{ path: '.npmrc', mode: 'report' }]);
    expect(protectedBy('./default', '/w')).toEqual([{ path: 'default', mode: 'read-only' }]);
  });

  test('an input cannot leave writable what default in the policy file protects', () => {
    const source = { kind: 'policy', name: '.github/awf.yml', line: 3 } as const;
    const entries = (kind: 'input' | 'policy'): ProtectEntry[] => [
      { path: '.npmrc', mode: 'report', source: { kind, name: 'protect-paths', line: 1 } },
      { mode: 'default', source },
    ];
    expect(checkProtectedPaths(entries('input')).map(({ message }) => message)).toEqual([
      'protect-paths, line 1: ".npmrc" is already in .github/awf.yml, line 3, as read-only.',
    ]);
    expect(checkProtectedPaths(entries('policy'))).toEqual([]);
  });

  test('none protects nothing', () => {
    expect(protectedBy('none', '/w')).toEqual([]);
  });

  test.each([
    ['../elsewhere', '".."'],
    ['a/../../b', '".."'],
    ['/etc/passwd', 'absolute'],
    ['report:', 'no path'],
    ['.', 'the workspace itself'],
    ['./', 'the workspace itself'],
    ['.git', 'belongs to the repository'],
    ['.git/config', 'belongs to the repository'],
    ['*.yml', 'a pattern'],
    ['src,docs', 'looks like several paths'],
    ['src, report:docs', 'looks like several paths'],
    ['- src', 'list of YAML'],
    ['[src, docs]', 'list of YAML'],
    ['"src"', 'list of YAML'],
    ['none', 'beside other entries'],
    ['first', 'already in protect-paths, line 1, as report'],
  ])('%s is rejected with its line', (entry, reason) => {
    const error = thrown(() => protectedBy(`report:first\n${entry}`, '/w'));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('protect-paths, line 2');
    expect(error.message).toContain(reason);
    expect(error.hint).toBeTruthy();
  });

  test('a file that is there may be named like a list', () => {
    const workspace = temporaryDirectory();
    for (const name of ['a,b', '[slug]', '- x']) mkdirSync(join(workspace, name));
    expect(protectedBy('a,b\n[slug]\n- x', workspace)).toHaveLength(3);
  });

  test('links may lead into the workspace, but not out of it or to the workspace itself', () => {
    const workspace = join(temporaryDirectory(), 'w');
    mkdirSync(join(workspace, 'real'), { recursive: true });
    symlinkSync('real', join(workspace, 'inside'));
    symlinkSync('..', join(workspace, 'outside'));
    symlinkSync('.', join(workspace, 'all'));
    expect(protectedBy('inside', workspace)).toHaveLength(1);
    expect(() => protectedBy('outside', workspace)).toThrow('leads out of the workspace');
    expect(() => protectedBy('outside/x', workspace)).toThrow('leads out of the workspace');
    expect(() => protectedBy('all', workspace)).toThrow('is the workspace itself');
  });
});
