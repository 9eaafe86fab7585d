import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fromText } from '../host/file-names.ts';
import { isBelow } from '../host/paths.ts';
import { yamlPackage } from '../host/yaml.ts';
import { contentOf } from './git/files.ts';

/** The entries of an action that the runner starts by themselves: `runs` in the metadata of actions. */
const ENTRIES = ['main', 'pre', 'post', 'image', 'pre-entrypoint', 'entrypoint', 'post-entrypoint'] as const;

/**
 * The parts of the workspace that the runner executes when a step of the job uses a local action: the directories of
 * actions, and what their entries name. Their post steps run after the command, with the job's environment.
 *
 * @param directories those with an `action.yml` or `action.yaml`, and those that workflows use
 * @returns absolute paths without links
 */
export function localActionPaths(directories: readonly string[], workspace: string): string[] {
  const paths = directories.flatMap((directory) => {
    const named = ['action.yml', 'action.yaml'].flatMap((name) => namedBy(join(directory, name), workspace));
    // An action at the top of the workspace is all of it: then its files are protected one by one.
    return directory === workspace ? named : [directory, ...named];
  });
  const real = [...new Set(paths.filter(existsSync).map((path) => realpathSync(path)))];
  return real.filter((path) => isBelow(path, workspace) && !real.some((other) => isBelow(path, other)));
}

/** What the workflows of a repository use of it. */
export interface UsedActions {
  /** Directories of actions, which need no metadata: a Dockerfile is enough. Without links. */
  readonly directories: readonly string[];
  /** Links on the way there. They cannot be mounted over, so the command can replace them. */
  readonly links: readonly string[];
}

/** Finds what `uses: ./...` means in the workflows of the workspace. The runner looks from the top of the workspace. */
export function usedActions(workspace: string): UsedActions {
  const workflows = join(workspace, '.github/workflows');
  const files = existsSync(workflows) ? readdirSync(workflows).filter((name) => /\.ya?ml$/.test(name)) : [];
  const paths = files.flatMap((name) => {
    const content = contentOf(fromText(join(workflows, name))) ?? '';
    return [...content.matchAll(/\buses["']?\s*:\s*["']?(\.\/[^\s"'#,}]+)/g)].map(([, path = '']) =>
      join(workspace, path),
    );
  });
  const used = [...new Set(paths)].filter((path) => isBelow(path, workspace) && existsSync(path));
  return {
    directories: used.filter((path) => statSync(path).isDirectory()).map((path) => realpathSync(path)),
    links: [...new Set(used.flatMap((path) => linksTo(path, workspace)))],
  };
}

/** The kernel gives up at as many. */
const MAX_LINKS = 40;

/** The links within the workspace that lead to `path`. */
function linksTo(path: string, workspace: string): string[] {
  const found: string[] = [];
  let rest = path.slice(1).split('/');
  let at = '/';
  for (let name = rest.shift(); name !== undefined && found.length < MAX_LINKS; name = rest.shift()) {
    const next = resolve(at, name);
    if (lstatSync(next, { throwIfNoEntry: false })?.isSymbolicLink() !== true) {
      at = next;
      continue;
    }
    found.push(next);
    const target = readlinkSync(next);
    if (target.startsWith('/')) at = '/';
    rest = [...target.split('/').filter((part) => part !== ''), ...rest];
  }
  return found.filter((link) => isBelow(link, workspace));
}

function namedBy(file: string, workspace: string): string[] {
  const content = existsSync(file) ? contentOf(fromText(realpathSync(file))) : undefined;
  if (content === undefined) return [];
  const beside = dirname(file);
  return [
    file,
    ...[...entriesOf(content).map((name) => resolve(beside, name)), ...namedFromTop(content, workspace)]
      .filter((path) => isBelow(path, workspace) && existsSync(path))
      // What a JavaScript action loads lies beside its entry.
      .map((path) => (/\.[cm]?js$/.test(path) && dirname(path) !== workspace ? dirname(path) : path))
      .filter((path) => path !== workspace && !isBelow(beside, path)),
  ];
}

/** The paths in an action's metadata; any word of a composite action's scripts may be one. */
function entriesOf(content: string): string[] {
  const runs = runsOf(content);
  const entries = ENTRIES.flatMap((name) => (typeof runs[name] === 'string' ? [runs[name]] : []));
  const words = stepsOf(runs).flatMap(({ run = '', uses = '' }) =>
    [run, uses].flatMap((script) =>
      script
        .replaceAll(/\$\{\{\s*github\.action_path\s*\}\}|\$\{?GITHUB_ACTION_PATH\}?/g, '.')
        .split(/[\s"'`!;|&()<>=$]+/)
        .filter((word) => /\w/.test(word) && word.length < 1_000),
    ),
  );
  return [...entries, ...words.filter((word) => isFile(word))];
}

/** What stands where a shell expects a program, or follows one that runs scripts. */
const PROGRAM =
  /(?:^|[;&|(])\s*(?:(?:bash|sh|node|python3?|ruby|perl|pwsh|source|\.)\s+(?:-\S+\s+)*)?["']?([^\s"';&|()<>$]+)/gm;

/**
 * What a composite action uses from the top of the workspace, where its scripts start and where it looks for other local
 * actions: these, and the files that it runs. What its scripts only read belongs to the command.
 */
function namedFromTop(content: string, workspace: string): string[] {
  return stepsOf(runsOf(content)).flatMap(({ run = '', uses = '' }) => {
    const programs = [...run.matchAll(PROGRAM)].map(([, word = '']) => word).filter((word) => isFile(word));
    return [
      ...(uses.startsWith('./') ? [resolve(workspace, uses)] : []),
      ...programs.map((word) => resolve(workspace, word)).filter((path) => isRegularFile(path)),
    ];
  });
}

function isRegularFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** The part `runs` of an action's metadata. */
function runsOf(content: string): Readonly<Record<string, unknown>> {
  const { parse } = yamlPackage();
  try {
    const runs = (parse(content) as { runs?: unknown } | null)?.runs;
    return typeof runs === 'object' && runs !== null ? (runs as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {}; // The runner will not read it either.
  }
}

function stepsOf(runs: Readonly<Record<string, unknown>>): { run?: string; uses?: string }[] {
  const steps = Array.isArray(runs['steps']) ? (runs['steps'] as readonly unknown[]) : [];
  return steps.map((step) => {
    const { run, uses } = (step ?? {}) as { run?: unknown; uses?: unknown };
    return { ...(typeof run === 'string' && { run }), ...(typeof uses === 'string' && { uses }) };
  });
}

/** A word may be anything; only one with a dot or a slash in it is taken for a path. */
function isFile(word: string): boolean {
  return /[./]/.test(word) && !word.includes('://') && !word.startsWith('-');
}
