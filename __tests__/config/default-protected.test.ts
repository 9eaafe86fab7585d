import { expect, test } from 'vitest';
import { DEFAULT_PROTECTED } from '../../src/config/default-protected.ts';

test('the paths are names in the workspace, each listed once', () => {
  expect(new Set(DEFAULT_PROTECTED).size).toBe(DEFAULT_PROTECTED.length);
  expect(DEFAULT_PROTECTED.filter((path) => !/^[\w.-]+(\/[\w.-]+)*$/.test(path))).toEqual([]);
});

test.each([
  ['Lefthook', ['lefthook.yml', '.lefthook.json', '.config/lefthook-local.toml', '.lefthook-local']],
  ['editors and hook runners', ['.devcontainer', '.cursor', '.gemini', '.codex', '.idea', '.pre-commit-config.yaml']],
  ['package managers', ['.npmrc', '.yarnrc.yml', '.pnpmfile.cjs', '.pnpmfile.mjs', '.yarn/plugins', 'bunfig.toml']],
  ['mise', ['mise/conf.d', 'mise/config.local.toml', '.config/mise.local.toml', '.miserc.toml', '.tool-versions']],
  [
    'what runs whenever its program is called',
    ['.cargo/config', 'rust-toolchain', '.mvn', '.Rprofile', '.corepack.env'],
  ],
  [
    'what does so since it names another program, or plugins',
    ['.bazelversion', '.bazeliskrc', 'tools/bazel', '.conanrc', '.poetry/plugins', 'pdm.toml', 'global.json'],
  ],
  ['editors that start language servers', ['.helix', '.zed']],
  ['further agents', ['.aider.conf.yml', 'gptme.toml', '.pi', 'crush.json', '.clinerules', '.continue']],
  ['agents', ['.mcp.json', 'opencode.json', '.agents', '.github/hooks', '.claude']],
])('%s: every place at which the program looks', (_, paths) => {
  expect(DEFAULT_PROTECTED).toEqual(expect.arrayContaining(paths));
});

test.each(['Makefile', 'package.json', 'AGENTS.md'])('%s belongs to the command', (path) => {
  expect(DEFAULT_PROTECTED).not.toContain(path);
});
