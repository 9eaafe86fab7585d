import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseProtectPaths } from '../../src/config/protect-paths.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

describe('protect-paths', () => {
  test('entries, comments and both modes', () => {
    expect(parseProtectPaths('.github/workflows/\n# a comment\n\nreport: package.json\n./a//b\n', '/w')).toEqual([
      { path: '.github/workflows', mode: 'read-only', line: 1 },
      { path: 'package.json', mode: 'report', line: 4 },
      { path: 'a/b', mode: 'read-only', line: 5 },
    ]);
  });

  test('none protects nothing', () => {
    expect(parseProtectPaths('none', '/w')).toEqual([]);
  });

  test.each([
    ['../elsewhere', '".."'],
    ['a/../../b', '".."'],
    ['/etc/passwd', 'absolute'],
    ['report:', 'no path'],
    ['.', 'the workspace itself'],
    ['./', 'the workspace itself'],
    ['.git', 'of the repository'],
    ['.git/config', 'of the repository'],
    ['*.yml', 'a pattern'],
    ['none', 'beside other entries'],
    ['first', 'in line 1 already'],
  ])('%s is refused with its line', (entry, reason) => {
    const error = thrown(() => parseProtectPaths(`report:first\n${entry}`, '/w'));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('protect-paths, line 2');
    expect(error.message).toContain(reason);
    expect(error.hint).toBeTruthy();
  });

  test('links may lead to the workspace, not out of it, nor to all of it', () => {
    const workspace = join(temporaryDirectory(), 'w');
    mkdirSync(join(workspace, 'real'), { recursive: true });
    symlinkSync('real', join(workspace, 'inside'));
    symlinkSync('..', join(workspace, 'outside'));
    symlinkSync('.', join(workspace, 'all'));
    expect(parseProtectPaths('inside', workspace)).toHaveLength(1);
    expect(() => parseProtectPaths('outside', workspace)).toThrow('leads out of the workspace');
    expect(() => parseProtectPaths('outside/x', workspace)).toThrow('leads out of the workspace');
    expect(() => parseProtectPaths('all', workspace)).toThrow('is the workspace itself');
  });
});
