import { editDistance } from '../../shared/edit-distance.ts';
import { HOST_PRESETS, type HostPreset } from './data.ts';
import type { Tool } from './machine.ts';
import { apt } from './apt.ts';
import { crates } from './crates.ts';
import { go } from './go.ts';
import { maven } from './maven.ts';
import { npm } from './npm.ts';
import { pypi } from './pypi.ts';

/** A preset whose hosts the machine's own tool knows. */
export interface ToolPreset {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  readonly tool: Tool;
  /** What is read, for `docs/presets.md`. */
  readonly reads: string;
  /** How the user finds the host where the tool is. */
  readonly asks: string;
}

/**
 * The hosts of these stand nowhere in AWF: a company's mirror counts where one is set up, and a new default arrives with
 * the tool.
 */
export const TOOL_PRESETS: readonly ToolPreset[] = [
  {
    name: 'npm',
    aliases: ['node', 'javascript', 'pnpm', 'yarn'],
    about: 'packages for npm, pnpm, Yarn and Bun',
    tool: npm,
    reads:
      "`npm_config_registry` and the like, your and the machine's `npmrc`, the settings of pnpm, Yarn (`.yarnrc`, `.yarnrc.yml`) and Bun (`.bunfig.toml`), npm's and Yarn's default",
    asks: 'npm config get registry',
  },
  {
    name: 'pypi',
    aliases: ['python', 'pip', 'uv', 'poetry'],
    about: 'packages for pip, uv and Poetry',
    tool: pypi,
    reads:
      "`PIP_INDEX_URL`, `UV_DEFAULT_INDEX` and the like, your and the machine's `pip.conf` and `uv.toml`, pip's default",
    asks: 'pip config list',
  },
  {
    name: 'crates',
    aliases: ['cargo', 'rust'],
    about: "Rust's crates",
    tool: crates,
    reads: "your cargo `config.toml`, `CARGO_REGISTRIES_…`, cargo's default, the index's own settings in cargo's cache",
    asks: 'cargo config get',
  },
  {
    name: 'go',
    aliases: ['golang'],
    about: 'Go modules and their checksums',
    tool: go,
    reads: "`GOPROXY` and `GOSUMDB` of the environment, of `go env -w` and of Go's own `go.env`",
    asks: 'go env GOPROXY GOSUMDB',
  },
  {
    name: 'maven',
    aliases: ['java'],
    about: "Maven's repository",
    tool: maven,
    reads:
      "your and Maven's own `settings.xml` or those that `MAVEN_ARGS` names (mirrors, repositories), Maven's built-in project",
    asks: 'mvn help:effective-settings',
  },
  {
    name: 'debian',
    aliases: ['ubuntu', 'apt'],
    about: "the servers of apt's sources, over `http` too if they say so",
    tool: apt,
    reads: '`/etc/apt/sources.list` and `/etc/apt/sources.list.d`',
    asks: 'apt-get indextargets --format "$(SITE)"',
  },
];

export type Preset = HostPreset | ToolPreset;

const ALL: readonly Preset[] = [...TOOL_PRESETS, ...HOST_PRESETS];
const BY_WORD = new Map(
  ALL.flatMap((preset) => [preset.name, ...(preset.aliases ?? [])].map((word) => [word, preset])),
);

/** Every preset's own name. */
export const PRESET_NAMES: readonly string[] = ALL.map(({ name }) => name);

/** The preset that a word names, as its name or as an alias. */
export function presetNamed(word: string): Preset | undefined {
  return BY_WORD.get(word.toLowerCase());
}

/** At most this many names are suggested. */
const MAX_NEAREST = 3;

/** The names and aliases that a mistyped word most likely means, the nearest first. */
export function nearestPresets(word: string): string[] {
  const text = word.toLowerCase();
  const limit = Math.max(1, Math.floor(text.length / 3));
  return [...BY_WORD.keys()]
    .map((name) => ({ name, distance: name.startsWith(text) && text.length > 2 ? 1 : editDistance(text, name) }))
    .filter((one) => one.distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .map(({ name }) => name)
    .slice(0, MAX_NEAREST);
}
