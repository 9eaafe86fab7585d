import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from '../../src/host/programs.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function world() {
  const top = temporaryDirectory();
  const program = (directory: string, mode = 0o755): string => {
    mkdirSync(join(top, directory), { recursive: true });
    writeFileSync(join(top, directory, 'docker'), '#!/bin/sh\n');
    chmodSync(join(top, directory, 'docker'), mode);
    return join(top, directory);
  };
  const find = (...path: readonly string[]): string | undefined =>
    findProgram('docker', { PATH: path.join(':'), GITHUB_WORKSPACE: join(top, 'work') })?.slice(top.length + 1);
  return { top, program, find };
}

test('the first program in PATH', () => {
  const { program, find } = world();
  expect(find('/nonexistent', program('none', 0o644), program('a'), program('b'))).toBe('a/docker');
  expect(find('/nonexistent')).toBeUndefined();
});

test('never one in the workspace, where the command may have put it', () => {
  const { top, program, find } = world();
  const inside = program('work/node_modules/.bin');
  symlinkSync(inside, join(top, 'link'));
  mkdirSync(join(top, 'bin'));
  symlinkSync(join(inside, 'docker'), join(top, 'bin/docker'));
  symlinkSync(program('real'), join(top, 'work/out'));
  const bad = [inside, join(top, 'link'), join(top, 'bin'), join(top, 'work/out'), 'node_modules/.bin', '.', ''];
  expect(find(...bad)).toBeUndefined();
  expect(find(...bad, program('good'))).toBe('good/docker');
});
