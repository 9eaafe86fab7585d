import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A preset that the workspace's files suggest. */
export interface ProposedPreset {
  readonly name: string;
  /** Below the workspace. */
  readonly file: string;
}

/** Files that package managers write or read, by the preset that they need. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  npm: ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock'],
  bun: ['bun.lock', 'bun.lockb'],
  deno: ['deno.lock'],
  pypi: ['uv.lock', 'poetry.lock', 'pdm.lock', 'Pipfile.lock', 'pylock.toml', 'requirements.txt'],
  conda: ['conda-lock.yml', 'pixi.lock', 'environment.yml'],
  crates: ['Cargo.lock'],
  go: ['go.sum'],
  maven: ['pom.xml'],
  gradle: ['gradle.lockfile', 'gradlew', 'build.gradle', 'build.gradle.kts'],
  sbt: ['build.sbt'],
  nuget: ['packages.lock.json', 'packages.config'],
  rubygems: ['Gemfile.lock'],
  packagist: ['composer.lock'],
  hex: ['mix.lock'],
  dart: ['pubspec.lock'],
  terraform: ['.terraform.lock.hcl'],
  bazel: ['MODULE.bazel.lock'],
};

/** Folders of other people's packages. */
const NOT_SEARCHED = new Set(['node_modules', 'vendor', 'target', 'dist', 'build']);
/** A large workspace must not cost the start more than a few milliseconds. */
const MAX_FOLDERS = 100;

/**
 * The presets for the lockfiles in the workspace and its direct folders. Only names are looked at. A pull request can add
 * a lockfile, so this is for people to read: nothing is allowed because of it.
 */
export function proposedPresets(workspace: string): ProposedPreset[] {
  const top = entriesIn(workspace);
  const folders = top.filter(
    (entry) => entry.isDirectory() && !/^\./.test(entry.name) && !NOT_SEARCHED.has(entry.name),
  );
  const names = [
    ...top.map(({ name }) => name),
    ...folders
      .slice(0, MAX_FOLDERS)
      .flatMap(({ name }) => entriesIn(join(workspace, name)).map((entry) => join(name, entry.name))),
  ];
  return Object.entries(FILES).flatMap(([name, files]) => {
    const file = names.find((path) => files.some((one) => path === one || path.endsWith(`/${one}`)));
    return file === undefined ? [] : [{ name, file }];
  });
}

function entriesIn(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // It is not for this user.
  }
}
