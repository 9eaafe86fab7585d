import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { bytes, fromText } from '../host/file-names.ts';
import { isBelow } from '../host/paths.ts';
import { yamlPackage } from '../host/yaml.ts';
import { isObject } from '../shared/json.ts';
import { programsIn, type ActionScript } from './action-scripts.ts';
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
      const content = textOf(join(workflows, name)) ?? '';
      return [...content.matchAll(/\buses["']?\s*:\s*["']?(\.\/[^\s"'#,}]+)/g)];
    })
    .map(([, path = '']) => join(workspace, path))
    .filter((path) => isBelow(path, workspace) && existsSync(path) && statSync(path).isDirectory());
}

/**
 * What an action's metadata names: its entries, and any word of a composite action's scripts that may be a file beside it.
 * From the top of the workspace, where the scripts start and where the runner looks for other local actions, only those
 * actions and what the scripts run. What they only read there belongs to the command.
 */
function namedBy(file: string, workspace: string): string[] {
  const content = existsSync(file) ? textOf(realpathSync(file)) : undefined;
  if (content === undefined) return [];
  const beside = dirname(file);
  const runs = runsOf(content);
  const steps = stepsOf(runs);
  const uses = steps.flatMap((step) => textIn(step, 'uses'));
  const [own, top] = [inOneWord(beside), inOneWord(workspace)];
  const scripts = steps.flatMap((step) => scriptsOf(step, own, top));
  const words = [...scripts.map(({ text }) => text), ...uses].flatMap(wordsOf).filter(isPath);
  const paths = [
    ...ENTRIES.flatMap((name) => textIn(runs, name)).map((name) => resolve(beside, name)),
    // What is in the workspace by its full name is only read, unless it is run.
    ...words.filter((word) => !isBelow(word, top) || isBelow(word, own)).map((word) => asPath(resolve(own, word))),
    ...uses.filter((name) => name.startsWith('./')).map((name) => resolve(workspace, name)),
    ...scripts.flatMap(programsIn).map(asPath).filter(isFile),
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

/** Characters that end a word of a script, and the private ones that stand for them in the path of a directory. */
const ENDS_WORD = /[\s"'`!;|&()<>=$]/g;
const PRIVATE = 0xe000;
const inOneWord = (path: string): string =>
  path.replaceAll(ENDS_WORD, (end) => String.fromCharCode(PRIVATE + end.charCodeAt(0)));
const asPath = (word: string): string =>
  word.replaceAll(/[\ue000-\ue0ff]/g, (end) => String.fromCharCode(end.charCodeAt(0) - PRIVATE));

/** What a step runs, with the directories of the action and of the workspace in place of their variables. */
function scriptsOf(step: unknown, beside: string, workspace: string): ActionScript[] {
  const plain = (text: string): string =>
    text
      .replaceAll(/\$\{\{\s*github\.action_path\s*\}\}|\$\{?GITHUB_ACTION_PATH\b\}?/g, beside)
      .replaceAll(/\$\{\{\s*github\.workspace\s*\}\}|\$\{?GITHUB_WORKSPACE\b\}?/g, workspace);
  const [start = '.'] = textIn(step, 'working-directory').map(plain);
  const directory = resolve(workspace, start);
  // A step may name a shell of its own, too.
  return ['run', 'shell'].flatMap((name) => textIn(step, name)).map((text) => ({ text: plain(text), directory }));
}

/** A file of YAML, whose paths may have letters beyond ASCII. */
function textOf(file: string): string | undefined {
  const content = contentOf(fromText(file));
  return content === undefined ? undefined : bytes(content).toString('utf8');
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

function stepsOf(runs: unknown): unknown[] {
  const steps = isObject(runs) ? runs['steps'] : undefined;
  return Array.isArray(steps) ? steps : [];
}

/** The value of a field, if there is one and it is a text. */
function textIn(fields: unknown, name: string): string[] {
  const value = isObject(fields) ? fields[name] : undefined;
  return typeof value === 'string' ? [value] : [];
}

function wordsOf(script: string): string[] {
  return script.split(/[\s"'`!;|&()<>=$]+/).filter((word) => /\w/.test(word) && word.length < 1_000);
}

/** A word may be anything; only one with a dot or a slash in it is taken for a path. */
function isPath(word: string): boolean {
  return /[./]/.test(word) && !word.includes('://') && !word.startsWith('-');
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
