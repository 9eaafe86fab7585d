import { words } from '../shared/words.ts';

/** All formats of one settings file. */
const formats = (...names: string[]): string[] =>
  names.flatMap((name) => ['yml', 'yaml', 'toml', 'json', 'jsonc'].map((format) => `${name}.${format}`));

/**
 * Settings that a program outside acts on when somebody opens the directory, commits, or installs packages there, or that
 * make it run others' code even if it is only asked for its version: each program with all the places at which it looks.
 * What runs only when somebody runs it by name (`Makefile`, scripts in `package.json`) is the command's work, and so is
 * what only a model reads (`AGENTS.md`).
 */
export const PROTECTED_BY_PROGRAM: Readonly<Record<string, readonly string[]>> = {
  'GitHub Actions, AWF': words('.github/workflows .github/actions .github/awf.yml'),
  'Claude Code, MCP': words('.claude .mcp.json'),
  Codex: words('.codex .agents'),
  Copilot: words('.github/hooks .github/agents .github/skills'),
  'Gemini CLI': words('.gemini'),
  OpenCode: words('.opencode opencode.json opencode.jsonc'),
  'aider, gptme, pi': words('.aider.conf.yml gptme.toml .pi'),
  Crush: words('.crush.json crush.json'),
  'Other agents': words(
    '.cursor .windsurf .kiro .roo .amazonq .qwen .factory .clinerules .continue .kilocode .openhands .junie .trae',
  ),
  'VS Code, JetBrains, Zed, Helix': words('.vscode .idea .zed .helix'),
  'Dev containers': words('.devcontainer .devcontainer.json'),
  direnv: words('.envrc'),
  // A miserc names further files; mise takes .tool-versions from asdf (2026.9).
  'mise, asdf': words(
    'mise.toml mise.local.toml .mise.toml .mise.local.toml mise/config.toml mise/config.local.toml mise/conf.d .mise ' +
      '.config/mise .config/mise.toml .config/mise.local.toml .miserc.toml .miserc.local.toml .config/miserc.toml ' +
      '.config/miserc.local.toml .tool-versions',
  ),
  Husky: words('.husky'),
  'pre-commit, prek': words('.pre-commit-config.yaml .pre-commit-config.yml prek.toml'),
  Lefthook: [
    ...formats(
      'lefthook',
      '.lefthook',
      '.config/lefthook',
      'lefthook-local',
      '.lefthook-local',
      '.config/lefthook-local',
    ),
    ...words('.lefthook .lefthook-local'),
  ],
  npm: words('.npmrc'),
  Yarn: words('.yarnrc .yarnrc.yml .yarn/releases .yarn/plugins'),
  pnpm: words('.pnpmfile.cjs .pnpmfile.mjs'),
  Corepack: words('.corepack.env'),
  Bun: words('bunfig.toml'),
  'Cargo, rustup': words('.cargo/config.toml .cargo/config rust-toolchain.toml rust-toolchain'),
  Maven: words('.mvn'),
  // `bazel` is Bazelisk on hosted runners. It runs what these name, and tools/bazel in place of Bazel.
  'Bazel, Bazelisk': words('.bazelversion .bazeliskrc .bazelrc tools/bazel'),
  Conan: words('.conanrc'),
  // Plugins, or where they are. PDM had them in .pdm-plugins first.
  'Poetry, PDM': words('.poetry/plugins pdm.toml .pdm-plugins'),
  '.NET': words('global.json'),
  R: words('.Rprofile .Renviron .RData'),
};

/** The paths that the entry `default` of `protect-paths` stands for. */
export const DEFAULT_PROTECTED: readonly string[] = Object.values(PROTECTED_BY_PROGRAM).flat();
