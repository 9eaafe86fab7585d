import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fromText } from '../host/file-names.ts';
import { isBelow } from '../host/paths.ts';
import { yamlPackage } from '../host/yaml.ts';
import { isObject } from '../shared/json.ts';
import { contentOf } from './git/files.ts';
import type { Guarded } from './guarded.ts';

/** The entries of an action that the runner starts by themselves: `runs` in the metadata of actions. */
const ENTRIES = ['main', 'pre', 'post', 'image', 'pre-entrypoint', 'entrypoint', 'post-entrypoint'] as const;

/**
 * The parts of the workspace that the runner executes when a step of the job uses a local action: the directories of
 * actions, and what their entries name. Their post steps run after the command, with the job's environment.
 *
 * @param found the directories with an `action.yml` or `action.yaml`, without links
 */
export function localActions(found: readonly string[], workspace: string): Guarded[] {
  const used = usedIn(workspace);
  const directories = new Set([...found, ...used.map((path) => realpathSync(path))]);
  const named = [...directories].flatMap((directory) =>
    ['action.yml', 'action.yaml'].flatMap((name) => namedBy(join(directory, name), workspace)),
  );
  // An action at the top of the workspace is all of it: then only the files that it names are protected.
  return [...used, ...directories, ...named].map((path) => {
    return { path: fromText(path), isDirectory: true, what: undefined, yields: 'all' };
  });
}

/**
 * The directories that `uses: ./...` means in the workflows of the workspace. They need no metadata: a Dockerfile is enough.
 * The runner looks from the top of the workspace.
 */
function usedIn(workspace: string): string[] {
  const workflows = join(workspace, '.github/workflows');
  const files = existsSync(workflows) ? readdirSync(workflows).filter((name) => /\.ya?ml$/.test(name)) : [];
  return files
    .flatMap((name) => {
      const content = contentOf(fromText(join(workflows, name))) ?? '';
      return [...content.matchAll(/\buses["']?\s*:\s*["']?(\.\/[^\s"'#,}]+)/g)];
    })
    .map(([, path = '']) => join(workspace, path))
    .filter((path) => isBelow(path, workspace) && existsSync(path) && statSync(path).isDirectory());
}

/** What stands where a shell expects a program, or follows one that runs scripts. */
const PROGRAM =
  /(?:^|[;&|(])\s*(?:(?:bash|sh|node|python3?|ruby|perl|pwsh|source|\.)\s+(?:-\S+\s+)*)?["']?([^\s"';&|()<>$]+)/gm;

/**
 * What an action's metadata names: its entries, and any word of a composite action's scripts that may be a file beside it.
 * From the top of the workspace, where the scripts start and where the runner looks for other local actions, only those
 * actions and what the scripts run. What they only read there belongs to the command.
 */
function namedBy(file: string, workspace: string): string[] {
  const content = existsSync(file) ? contentOf(fromText(realpathSync(file))) : undefined;
  if (content === undefined) return [];
  const beside = dirname(file);
  const runs = runsOf(content);
  const [scripts, uses] = [stepsOf(runs, 'run'), stepsOf(runs, 'uses')];
  const words = [...scripts, ...uses].flatMap(wordsOf).filter(isPath);
  const programs = scripts.flatMap((script) => [...script.matchAll(PROGRAM)].map(([, word = '']) => word));
  const paths = [
    ...[...ENTRIES.flatMap((name) => textIn(runs, name)), ...words].map((name) => resolve(beside, name)),
    ...uses.filter((name) => name.startsWith('./')).map((name) => resolve(workspace, name)),
    ...programs.filter(isPath).flatMap((name) => regularFile(resolve(workspace, name))),
  ];
  return [
    file,
    ...paths
      .filter((path) => isBelow(path, workspace) && existsSync(path))
      // What a JavaScript action loads lies beside its entry.
      .map((path) => (/\.[cm]?js$/.test(path) && dirname(path) !== workspace ? dirname(path) : path))
      .filter((path) => path !== workspace && !isBelow(beside, path)),
  ];
}

/** The part `runs` of an action's metadata. */
function runsOf(content: string): unknown {
  const { parse } = yamlPackage();
  try {
    const metadata: unknown = parse(content);
    return isObject(metadata) ? metadata['runs'] : undefined;
  } catch {
    return undefined; // The runner will not read it either.
  }
}

function stepsOf(runs: unknown, field: 'run' | 'uses'): string[] {
  const steps = isObject(runs) ? runs['steps'] : undefined;
  return Array.isArray(steps) ? steps.flatMap((step) => textIn(step, field)) : [];
}

/** The value of a field, if there is one and it is a text. */
function textIn(fields: unknown, name: string): string[] {
  const value = isObject(fields) ? fields[name] : undefined;
  return typeof value === 'string' ? [value] : [];
}

function wordsOf(script: string): string[] {
  return script
    .replaceAll(/\$\{\{\s*github\.action_path\s*\}\}|\$\{?GITHUB_ACTION_PATH\}?/g, '.')
    .split(/[\s"'`!;|&()<>=$]+/)
    .filter((word) => /\w/.test(word) && word.length < 1_000);
}

/** A word may be anything; only one with a dot or a slash in it is taken for a path. */
function isPath(word: string): boolean {
  return /[./]/.test(word) && !word.includes('://') && !word.startsWith('-');
}

function regularFile(path: string): string[] {
  return existsSync(path) && statSync(path).isFile() ? [path] : [];
}
