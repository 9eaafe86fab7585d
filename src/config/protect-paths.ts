import { realpathSync } from 'node:fs';
import { isAbsolute, join, normalize } from 'node:path';
import { UserError } from '../errors.ts';
import { isInside } from '../host/paths.ts';
import { listEntries } from './allow-list.ts';
import type { ProtectedPath } from './config.ts';

/** The one entry of a list that protects nothing. */
const NONE = 'none';
const REPORT = 'report:';

/**
 * Reads `protect-paths`: a path of the workspace a line, `report:` before one that stays writable.
 *
 * @param workspace absolute, without links
 * @throws UserError naming the line, what is wrong with it and the form
 */
export function parseProtectPaths(text: string, workspace: string): ProtectedPath[] {
  const entries = listEntries(text);
  if (entries.length === 1 && entries[0]?.text === NONE) return [];
  const paths = entries.map(({ text: entry, line }) => parseEntry(entry, line, workspace));
  return paths.map((entry, index) => {
    const other = paths.find(({ path, mode }, at) => at < index && path === entry.path && mode !== entry.mode);
    if (other === undefined) return entry;
    throw new UserError(
      `protect-paths, line ${String(entry.line)}: "${entry.path}" is in line ${String(other.line)} already, as ${other.mode}.`,
      { hint: 'Name each path once.' },
    );
  });
}

function parseEntry(entry: string, line: number, workspace: string): ProtectedPath {
  const fail = (problem: string, hint: string): never => {
    throw new UserError(`protect-paths, line ${String(line)}: "${entry}" ${problem}.`, { hint });
  };
  if (entry === NONE) return fail('stands beside other entries', 'Leave it out, or the others.');
  const isReport = entry.startsWith(REPORT);
  const given = entry.slice(isReport ? REPORT.length : 0).trim();
  const form = 'Write a path that starts at the workspace, for example ".github/workflows" or "report:package.json".';
  if (given === '') return fail('has no path', form);
  if (isAbsolute(given)) return fail('is an absolute path', form);
  if (/[\x00-\x1f*?]/.test(given)) return fail('has a pattern or a control character in it', form);
  if (given.split('/').includes('..')) return fail('has ".." in it', form);
  const path = normalize(given).replace(/\/$/, '');
  if (path === '.') return fail('is the workspace itself', 'Name what is in it.');
  if (path === '.git' || path.startsWith('.git/')) {
    return fail('is of the repository', 'Its hooks and its configuration are always read-only; git needs the rest.');
  }
  if (!isInside(join(workspace, path), workspace)) {
    return fail('is a link that leads out of the workspace', 'Name a path that is in the workspace.');
  }
  if (isSame(join(workspace, path), workspace)) return fail('is the workspace itself', 'Name what is in it.');
  return { path, mode: isReport ? 'report' : 'read-only', line };
}

function isSame(path: string, workspace: string): boolean {
  try {
    return realpathSync(path) === workspace;
  } catch {
    return false;
  }
}
