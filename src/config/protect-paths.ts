import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { UserError } from '../errors.ts';
import { isInside } from '../host/paths.ts';
import type { ProtectedPath } from './config.ts';
import { DEFAULT_PROTECTED } from './default-protected.ts';
import type { ParseContext } from './option.ts';
import { placeOf, type Given, type Source } from './source.ts';

/** The entry of a list that protects nothing. It must be the only one. */
const NONE = 'none';
/** The entry that stands for the paths that are protected by default. Others may stand beside it, and go before it. */
export const DEFAULT_PATHS = 'default';
const REPORT = 'report:';
const FORM = 'Write a path that starts at the workspace, for example ".github/workflows" or "report:package.json".';

/** Paths in one line, or in the form of a list in YAML. A file may be named so, but then it is there. */
const LIST = /,|^- |^\[.*\]$|^["']/;
const LIST_HINT = 'Write one path per line, without commas, "- ", brackets and quotes.';

/** An entry of `protect-paths`, with its place for {@link checkProtectedPaths}. */
export type ProtectEntry = Pick<Given, 'source'> &
  (ProtectedPath | { readonly mode: typeof NONE | typeof DEFAULT_PATHS });

/** A path in the workspace, with `report:` in front if it stays writable, `default`, or `none` for no path. */
export function protectEntry({ text, source }: Given, { workspace }: ParseContext): ProtectEntry {
  if (text === NONE) return { mode: NONE, source };
  if (text === DEFAULT_PATHS) {
    for (const path of DEFAULT_PROTECTED) {
      if (isThere(join(workspace, path.split('/')[0] ?? ''))) checkPath(path, path, path, workspace, source);
    }
    return { mode: DEFAULT_PATHS, source };
  }
  const isReport = text.startsWith(REPORT);
  const given = text.slice(isReport ? REPORT.length : 0).trim();
  const path = normalize(given).replace(/\/$/, '');
  checkPath(text, given, path, workspace, source);
  return { path, mode: isReport ? 'report' : 'read-only', source };
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // What cannot be looked at leads nowhere.
  }
}

/**
 * @param text the entry as it was given
 * @param path the normal form of what it names
 * @throws UserError
 */
function checkPath(text: string, given: string, path: string, workspace: string, source: Source): void {
  const fault = faultOf(given, path, workspace);
  if (fault === undefined) return;
  throw new UserError(`${placeOf(source)}: "${text}" ${fault.problem}.`, { hint: fault.hint });
}

/** @returns what is wrong with `given`, whose normal form is `path` */
function faultOf(given: string, path: string, workspace: string): { problem: string; hint: string } | undefined {
  if (given === '') return { problem: 'has no path', hint: FORM };
  if (isAbsolute(given)) return { problem: 'is an absolute path', hint: FORM };
  if (/[\x00-\x1f*?]/.test(given)) return { problem: 'has a pattern or a control character in it', hint: FORM };
  if (LIST.test(given) && !isThere(join(workspace, path))) {
    return { problem: 'is not in the workspace, and looks like several paths', hint: LIST_HINT };
  }
  if (given.split('/').includes('..')) return { problem: 'has ".." in it', hint: FORM };
  if (path === '.git' || path.startsWith('.git/')) {
    return {
      problem: 'belongs to the repository',
      hint: 'The command has a git directory of its own; only what is data returns to this one.',
    };
  }
  if (!isInside(join(workspace, path), workspace)) {
    return {
      problem: 'is a link that leads out of the workspace',
      hint: `Name a path in the workspace; instead of ${DEFAULT_PATHS}, list the paths that you need.`,
    };
  }
  if (path === '.' || isSame(join(workspace, path), workspace)) {
    return { problem: 'is the workspace itself', hint: 'Name what is in it.' };
  }
  return undefined;
}

function isSame(path: string, workspace: string): boolean {
  try {
    return realpathSync(path) === workspace;
  } catch {
    return false;
  }
}

/**
 * The paths to protect. An entry of its own for a path goes before `default`.
 *
 * @param policy where runs look for the policy file. A command that could write it would decide what the next run may reach,
 *   so only an entry of its own leaves it writable.
 */
export function protectedPaths(entries: readonly ProtectEntry[], policy?: string): ProtectedPath[] {
  const own = entries.flatMap((entry): ProtectedPath[] =>
    isPath(entry) ? [{ path: entry.path, mode: entry.mode }] : [],
  );
  const isDefault = entries.some(({ mode }) => mode === DEFAULT_PATHS);
  const others = DEFAULT_PROTECTED.filter((path) => isDefault && !own.some((entry) => entry.path === path));
  const paths = [...others.map((path) => ({ path, mode: 'read-only' as const })), ...own];
  if (policy === undefined || paths.some(({ path, mode }) => path === policy && mode === 'report')) return paths;
  return [...paths.filter(({ path }) => path !== policy), { path: policy, mode: 'read-only', isPolicy: true }];
}

function isPath(entry: ProtectEntry): entry is ProtectEntry & ProtectedPath {
  return entry.mode !== NONE && entry.mode !== DEFAULT_PATHS;
}

/** Checks that `none` stands alone, and that each path is named once. */
export function checkProtectedPaths(entries: readonly ProtectEntry[]): UserError[] {
  return entries.flatMap((entry, index) => {
    const place = placeOf(entry.source);
    if (entry.mode === NONE) {
      if (entries.every(({ mode }) => mode === NONE)) return [];
      return [new UserError(`${place}: "${NONE}" stands beside other entries.`, { hint: 'Remove it, or the others.' })];
    }
    if (!isPath(entry)) return [];
    const other = entries.find((one, at) =>
      isPath(one) ? at < index && isContrary(one, entry) : isLifted(one, entry),
    );
    if (other === undefined) return [];
    const mode = isPath(other) ? other.mode : 'read-only';
    const text = `${place}: "${entry.path}" is already in ${placeOf(other.source)}, as ${mode}.`;
    return [new UserError(text, { hint: 'Name each path once.' })];
  });
}

const isContrary = (one: ProtectedPath, other: ProtectedPath): boolean =>
  one.path === other.path && one.mode !== other.mode;

/** True if an entry outside a policy file makes writable what `default` in the file protects. */
function isLifted({ mode, source }: ProtectEntry, entry: ProtectEntry & ProtectedPath): boolean {
  const isBoth = mode === DEFAULT_PATHS && entry.mode === 'report' && DEFAULT_PROTECTED.includes(entry.path);
  return isBoth && source.kind === 'policy' && entry.source.kind !== 'policy';
}
