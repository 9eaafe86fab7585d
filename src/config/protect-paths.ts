import { realpathSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { UserError } from '../errors.ts';
import { isInside } from '../host/paths.ts';
import type { ProtectedPath } from './config.ts';
import type { ParseContext } from './option.ts';
import { placeOf, type Given } from './source.ts';

/** The entry of a list that protects nothing. It must be the only one. */
const NONE = 'none';
const REPORT = 'report:';
const FORM = 'Write a path that starts at the workspace, for example ".github/workflows" or "report:package.json".';

/** An entry of `protect-paths`, with its place for {@link checkProtectedPaths}. */
export type ProtectEntry = Pick<Given, 'source'> & (ProtectedPath | { readonly mode: typeof NONE });

/** A path in the workspace, with `report:` in front if it stays writable, or `none` for no path. */
export function protectEntry({ text, source }: Given, { workspace }: ParseContext): ProtectEntry {
  if (text === NONE) return { mode: NONE, source };
  const isReport = text.startsWith(REPORT);
  const given = text.slice(isReport ? REPORT.length : 0).trim();
  const path = normalize(given).replace(/\/$/, '');
  const fault = faultOf(given, path, workspace);
  if (fault === undefined) return { path, mode: isReport ? 'report' : 'read-only', source };
  throw new UserError(`${placeOf(source)}: "${text}" ${fault.problem}.`, { hint: fault.hint });
}

/** @returns what is wrong with `given`, whose normal form is `path` */
function faultOf(given: string, path: string, workspace: string): { problem: string; hint: string } | undefined {
  if (given === '') return { problem: 'has no path', hint: FORM };
  if (isAbsolute(given)) return { problem: 'is an absolute path', hint: FORM };
  if (/[\x00-\x1f*?]/.test(given)) return { problem: 'has a pattern or a control character in it', hint: FORM };
  if (given.split('/').includes('..')) return { problem: 'has ".." in it', hint: FORM };
  if (path === '.git' || path.startsWith('.git/')) {
    return {
      problem: 'belongs to the repository',
      hint: 'The command has a git directory of its own; only what is data returns to this one.',
    };
  }
  if (!isInside(join(workspace, path), workspace)) {
    return { problem: 'is a link that leads out of the workspace', hint: 'Name a path in the workspace.' };
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
 * The paths to protect, without the entry `none`.
 *
 * @param policy where runs look for the policy file. A command that could write it would decide what the next run may reach,
 *   so only an entry of its own leaves it writable.
 */
export function protectedPaths(entries: readonly ProtectEntry[], policy?: string): ProtectedPath[] {
  const paths = entries.flatMap((entry): ProtectedPath[] =>
    entry.mode === NONE ? [] : [{ path: entry.path, mode: entry.mode }],
  );
  if (policy === undefined || paths.some(({ path, mode }) => path === policy && mode === 'report')) return paths;
  return [...paths.filter(({ path }) => path !== policy), { path: policy, mode: 'read-only', isPolicy: true }];
}

/** Checks that `none` stands alone, and that each path is named once. */
export function checkProtectedPaths(entries: readonly ProtectEntry[]): UserError[] {
  return entries.flatMap((entry, index) => {
    const place = placeOf(entry.source);
    if (entry.mode === NONE) {
      if (entries.every(({ mode }) => mode === NONE)) return [];
      return [new UserError(`${place}: "${NONE}" stands beside other entries.`, { hint: 'Remove it, or the others.' })];
    }
    const other = entries
      .slice(0, index)
      .find((earlier) => earlier.mode !== NONE && earlier.path === entry.path && earlier.mode !== entry.mode);
    if (other === undefined) return [];
    const text = `${place}: "${entry.path}" is already in ${placeOf(other.source)}, as ${other.mode}.`;
    return [new UserError(text, { hint: 'Name each path once.' })];
  });
}
