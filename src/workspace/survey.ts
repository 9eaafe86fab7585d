import { chmodSync, lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes, fromText } from '../host/file-names.ts';
import { isGitDirectory, isUnmistakable } from './git/directory.ts';

export interface LinkOut {
  readonly path: string;
  readonly target: string;
}

/** What a walk through some directories has met. Paths have one character for each byte. */
export interface Survey {
  /** Every `.git` that is a directory, and every directory that git would take for a repository. */
  readonly gitDirectories: readonly string[];
  /** Every `.git` that is a file. */
  readonly gitFiles: readonly string[];
  /** Every `.git` that is neither. */
  readonly gitLinks: readonly string[];
  /** Symbolic links that lead out of the roots, with where they lead. */
  readonly linksOut: readonly LinkOut[];
  /** Files that give their owner's or group's rights to whoever runs them. */
  readonly setIdFiles: readonly string[];
  /** Directories with an `action.yml` or `action.yaml`. */
  readonly actions: readonly string[];
  /** Files of which the walk has not met all names: the others are outside. */
  readonly sharedFiles: readonly string[];
  /** Directories that could not be read. */
  readonly unread: readonly string[];
  /** Number of directories that were skipped for lack of time. Each may contain more. */
  readonly left: number;
}

export interface SurveyOptions {
  /** Directories that are not searched, nor listed. */
  readonly except?: ReadonlySet<string>;
  /** Makes unreadable directories readable for the caller, except those listed. Undefined to leave all as they are. */
  readonly unlockExcept?: readonly string[];
  /** The survey ends with an error when it has found more. */
  readonly maxFindings?: number;
  /** Time limit, in milliseconds. */
  readonly limitMs?: number;
  /** Called with a directory before it is read. */
  readonly onDirectory?: (path: string) => void;
}

/** How long to work before the event loop gets a turn, in milliseconds: the containers are being removed meanwhile. */
const SLICE_MS = 8;

interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
}

/**
 * Walks through `roots`. It follows no link, opens no file, and does not enter the git directories that it finds.
 *
 * @param roots existing directories
 * @throws Flooded if there is too much to find
 */
export async function survey(roots: readonly string[], options: SurveyOptions = {}): Promise<Survey> {
  const found = new Findings(roots);
  const { unlockExcept, limitMs = Infinity, maxFindings = Infinity, except = new Set(), onDirectory } = options;
  const stack = roots.map(fromText).filter((root) => !except.has(root));
  const end = performance.now() + limitMs;
  let sliceEnd = performance.now() + SLICE_MS;
  for (let path = stack.pop(); path !== undefined; path = stack.pop()) {
    if (performance.now() > end) return found.survey(stack.length + 1);
    if (performance.now() > sliceEnd) {
      await turn();
      sliceEnd = performance.now() + SLICE_MS;
    }
    onDirectory?.(path);
    // What was unreadable before the command is left as it is.
    const mayUnlock = unlockExcept?.includes(path) === false;
    try {
      if (mayUnlock) unlock(path);
      if (!isHuge(path)) stack.push(...found.look(path, entriesOf(path)).filter((below) => !except.has(below)));
      else if (mayUnlock) throw new Flooded(path, 'a directory with more than a million entries');
      else found.unread.push(path);
    } catch (error) {
      if (error instanceof Flooded) throw error;
      found.unread.push(path);
    }
    if (found.count > maxFindings) throw new Flooded(path, 'more than AWF looks at');
  }
  return found.survey(0);
}

/** There is more to find than anybody needs. */
export class Flooded extends Error {
  /** The directory in which the limit was reached. */
  readonly path: string;

  constructor(path: string, what: string) {
    super(what);
    this.path = path;
  }
}

/** A directory of ext4 with a million short names, or one of tmpfs with as many names, has about this size. Bytes. */
const HUGE_DIRECTORY_BYTES = 20 << 20;

/** Listing such a directory takes gigabytes. */
function isHuge(path: string): boolean {
  return (lstatSync(bytes(path), { throwIfNoEntry: false })?.size ?? 0) > HUGE_DIRECTORY_BYTES;
}

type Lists = Pick<Survey, 'gitDirectories' | 'gitFiles' | 'gitLinks' | 'linksOut' | 'setIdFiles' | 'actions'>;

/** How much a survey has found. */
export function countOf({ gitDirectories, gitFiles, gitLinks, linksOut, setIdFiles, actions }: Lists): number {
  return [gitDirectories, gitFiles, gitLinks, linksOut, setIdFiles, actions].reduce(
    (sum, { length }) => sum + length,
    0,
  );
}

class Findings {
  readonly gitDirectories: string[] = [];
  readonly gitFiles: string[] = [];
  readonly gitLinks: string[] = [];
  readonly linksOut: LinkOut[] = [];
  readonly setIdFiles: string[] = [];
  readonly actions: string[] = [];
  readonly unread: string[] = [];
  readonly #roots: readonly string[];
  /** Files with several names: those met, and how many are missing. */
  readonly #shared = new Map<string, { readonly paths: string[]; missing: number }>();

  constructor(roots: readonly string[]) {
    this.#roots = roots.map(fromText);
  }

  get count(): number {
    return countOf(this);
  }

  survey(left: number): Survey {
    const shared = [...this.#shared.values()].filter(({ missing }) => missing > 0);
    const { gitDirectories, gitFiles, gitLinks, linksOut, setIdFiles, actions, unread } = this;
    const lists = { gitDirectories, gitFiles, gitLinks, linksOut, setIdFiles, actions, unread };
    return { ...lists, sharedFiles: shared.flatMap(({ paths }) => paths), left };
  }

  /** @returns the directories to search next */
  look(path: string, entries: readonly Entry[]): string[] {
    const isGit = isGitDirectory(path, new Set(entries.map(({ name }) => name)));
    if (isGit) {
      this.gitDirectories.push(path);
      if (isUnmistakable(path)) return [];
    }
    const below: string[] = [];
    for (const { name, kind } of entries) {
      const file = join(path, name);
      if (kind === 'directory') below.push(file);
      else if (name === '.git') (kind === 'file' ? this.gitFiles : this.gitLinks).push(file);
      else if (kind === 'link') this.#link(file);
      else if (kind === 'file') this.#file(file, name);
    }
    return below;
  }

  #link(file: string): void {
    const target = leadsTo(file);
    if (!this.#roots.some((root) => target === root || target.startsWith(`${root}/`))) {
      this.linksOut.push({ path: file, target });
    }
  }

  #file(file: string, name: string): void {
    if (/^action\.ya?ml$/.test(name)) this.actions.push(dirname(file));
    const stats = lstatSync(bytes(file), { throwIfNoEntry: false });
    if (stats === undefined) return;
    if ((stats.mode & 0o6000) !== 0) this.setIdFiles.push(file);
    if (stats.nlink < 2) return;
    const id = `${stats.dev} ${stats.ino}`;
    const known = this.#shared.get(id);
    if (known === undefined) {
      this.#shared.set(id, { paths: [file], missing: stats.nlink - 1 });
    } else {
      known.paths.push(file);
      known.missing -= 1;
    }
  }
}

/** Where a link leads, found as the kernel does: `..` after a link goes up from where that leads. It need not exist. */
function leadsTo(link: string): string {
  const target = readlinkSync(bytes(link), 'latin1');
  let at = target.startsWith('/') ? '/' : real(dirname(link));
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    at = part === '..' ? dirname(at) : real(join(at, part));
  }
  return at;
}

function real(path: string): string {
  try {
    return realpathSync(bytes(path), 'latin1');
  } catch {
    return path;
  }
}

/** @throws Error if the directory cannot be listed */
function entriesOf(path: string): Entry[] {
  // Names as bytes: only then does Node.js find out what a file system does not say about an entry.
  return readdirSync(bytes(path), { withFileTypes: true, encoding: 'buffer' }).map((entry) => ({
    name: entry.name.toString('latin1'),
    kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'other',
  }));
}

/**
 * Lets the owner list a directory and look at what is in it: each takes a permission of its own. Git can run a hook from a
 * directory that nobody can list.
 */
export function unlock(path: string, needed = 0o500): void {
  const { mode } = lstatSync(bytes(path));
  if ((mode & needed) !== needed) chmodSync(bytes(path), (mode & 0o777) | needed);
}
