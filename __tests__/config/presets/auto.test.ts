import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { proposedPresets } from '../../../src/config/presets/auto.ts';
import { presetNamed } from '../../../src/config/presets/names.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';

function workspaceWith(...paths: readonly string[]): string {
  const workspace = temporaryDirectory();
  for (const path of paths) {
    mkdirSync(join(workspace, dirname(path)), { recursive: true });
    writeFileSync(join(workspace, path), '');
  }
  return workspace;
}

test('lockfiles in the workspace and its direct folders propose presets', () => {
  const workspace = workspaceWith('package-lock.json', 'server/go.sum', 'server/Cargo.lock', 'tools/uv.lock');
  expect(proposedPresets(workspace)).toEqual([
    { name: 'npm', file: 'package-lock.json' },
    { name: 'pypi', file: 'tools/uv.lock' },
    { name: 'crates', file: 'server/Cargo.lock' },
    { name: 'go', file: 'server/go.sum' },
  ]);
});

test('other people’s packages, hidden folders and deeper ones do not count', () => {
  const files = ['node_modules/package-lock.json', '.cache/uv.lock', 'a/b/go.sum', 'my-Cargo.lock', 'README.md'];
  expect(proposedPresets(workspaceWith(...files))).toEqual([]);
});

test('what is proposed exists', () => {
  const files = ['bun.lock', 'deno.lock', 'environment.yml', 'pom.xml', 'gradlew', 'build.sbt', 'packages.lock.json'];
  const others = [
    'Gemfile.lock',
    'composer.lock',
    'mix.lock',
    'pubspec.lock',
    '.terraform.lock.hcl',
    'MODULE.bazel.lock',
  ];
  const names = proposedPresets(workspaceWith(...files, ...others)).map(({ name }) => name);
  expect(names).toHaveLength(files.length + others.length);
  for (const name of names) expect(presetNamed(name)?.name).toBe(name);
});

test('a workspace that cannot be read proposes nothing', () => {
  expect(proposedPresets('/nonexistent')).toEqual([]);
});
