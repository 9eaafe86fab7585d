import { lstatSync, readdirSync, readlinkSync, realpathSync, type Dirent } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes, fromText } from '../host/file-names.ts';
import { isGitDirectory, isUnmistakable } from './git/directory.ts';
import { unlock } from './git/files.ts';

/**
 * Something in the workspace that other programs follow:
 *
 * - `git-directory`: a `.git`, or another directory that git would take for a repository
 * - `git-file` and `git-link`: a `.git` that is a file, and one that is neither
 * - `link-out`: a symbolic link that leads out of the roots
 * - `set-id`: a file that gives its owner's or group's rights to whoever runs it
 * - `action`: a directory with an `action.yml` or `action.yaml`
 * - `pipe`: whoever opens it waits, until somebody opens the other end
 */
export type FindingKind = 'git-directory' | 'git-file' | 'git-link' | 'link-out' | 'set-id' | 'action' | 'pipe';

/** Paths have one character for each byte. */
export interface Finding {
  readonly kind: FindingKind;
  readonly path: string;
  /** Where a link leads. */
  readonly target?: string;
}

/** What a walk through some directories has met. Paths have one character for each byte. */
export interface Survey {
  readonly findings: readonly Finding[];
  /** Files of which the walk has not met all names: the others are outside. */
  readonly sharedFiles: readonly string[];
  /** Directories that could not be read. */
  readonly unread: readonly string[];
  /** Directories with more in them than anybody needs, which were not searched. */
  readonly flooded: readonly string[];
  /** Number of directories that were skipped for lack of time. Each may contain more. */
  readonly left: number;
}

/** For a survey after the command. */
export interface AfterOptions {
  /** Directories that are not searched, nor listed. */
  readonly except: ReadonlySet<string>;
  /** The keys of findings that were there before. */
  readonly known: ReadonlySet<string>;
  /** Directories that could not be read before. All others are made readable. */
  readonly unread: ReadonlySet<string>;
  /** Called with a directory before it is read. */
  readonly onDirectory?: ((path: string) => void) | undefined;
}

/** Tells a finding from every other one. */
export function keyOf({ kind, path, target = '' }: Finding): string {
  return [kind, path, target].join('\0');
}

/** The paths of one kind. */
export function pathsOf(findings: readonly Finding[], kind: FindingKind): string[] {
  return findings.filter((finding) => finding.kind === kind).map(({ path }) => path);
}

/** How long to work before the event loop gets a turn, in milliseconds: the containers are being removed meanwhile. */
const SLICE_MS = 8;

/** More than a command sensibly leaves. It may be meant to exhaust us. */
const MAX_NEW_FINDINGS = 10_000;

/** A directory of ext4 with a million short names, or one of tmpfs with as many names, has about this size. Bytes. */
const HUGE_DIRECTORY_BYTES = 20 << 20;

interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'pipe' | 'other';
}

/**
 * Walks through `roots`. It follows no link, opens no file, and does not enter the git directories that it finds.
 *
 * @param roots existing directories
 * @param limitMs time limit
 * @param after undefined for a survey before the command: it changes nothing, and looks for shared files
 * @param covered directories that the command does not see
 */
export async function survey(
  roots: readonly string[],
  limitMs = Infinity,
  after?: AfterOptions,
  covered: readonly string[] = [],
): Promise<Survey> {
  const walk = new Walk(roots, after, covered);
  const end = performance.now() + limitMs;
  let sliceEnd = performance.now() + SLICE_MS;
  while (walk.left > 0 && performance.now() <= end) {
    walk.step();
    if (performance.now() > sliceEnd) {
      await turn();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  return walk.survey();
}

class Walk {
  readonly #roots: readonly string[];
  readonly #after: AfterOptions | undefined;
  readonly #pending: string[];
  readonly #findings: Finding[] = [];
  readonly #unread: string[] = [];
  readonly #flooded: string[] = [];
  readonly #covered: ReadonlySet<string>;
  /** Files with several names: those met, and how many are missing. */
  readonly #shared = new Map<string, { readonly paths: string[]; missing: number }>();

  constructor(roots: readonly string[], after: AfterOptions | undefined, covered: readonly string[]) {
    this.#covered = new Set(covered.map(fromText));
    this.#roots = roots.map(fromText);
    this.#after = after;
    this.#pending = this.#roots.filter((root) => after?.except.has(root) !== true);
  }

  get left(): number {
    return this.#pending.length;
  }

  survey(): Survey {
    const shared = [...this.#shared.values()].filter(({ missing }) => missing > 0);
    return {
      findings: this.#findings,
      sharedFiles: shared.flatMap(({ paths }) => paths),
      unread: this.#unread,
      flooded: this.#flooded,
      left: this.left,
    };
  }

  /** Reads one directory. */
  step(): void {
    const path = this.#pending.pop() ?? '/';
    this.#after?.onDirectory?.(path);
    // What could not be read before the command is left as it is.
    const wasUnread = this.#after?.unread.has(path) !== false;
    const known = this.#findings.length;
    try {
      if (!wasUnread) unlock(path);
      if (isHuge(path)) {
        (wasUnread ? this.#unread : this.#flooded).push(path);
        return;
      }
      const below = this.#look(path, entriesOf(path));
      const isFlooded = this.#after !== undefined && this.#findings.length > MAX_NEW_FINDINGS;
      if (isFlooded && this.#findings.length > known) {
        const dropped = this.#findings.splice(known);
        this.#flooded.push(path);
        if (!this.#roots.includes(path)) return;
        // A root cannot be moved aside, so its repository and what is below it have to be looked at.
        this.#findings.push(...dropped.filter(({ kind }) => kind.startsWith('git-')));
      }
      const isSearched = (one: string): boolean => this.#after?.except.has(one) !== true && !this.#covered.has(one);
      // One by one: as arguments of a single call, they would be more than the stack takes.
      for (const directory of below) if (isSearched(directory)) this.#pending.push(directory);
    } catch {
      this.#unread.push(path);
    }
  }

  /** @returns the directories to search next */
  #look(path: string, entries: readonly Entry[]): string[] {
    if (isGitDirectory(path, new Set(entries.map(({ name }) => name)))) {
      this.#add({ kind: 'git-directory', path });
      if (isUnmistakable(path)) return [];
    }
    const below: string[] = [];
    for (const { name, kind } of entries) {
      const file = join(path, name);
      if (kind === 'directory') below.push(file);
      else if (name === '.git') this.#add({ kind: kind === 'file' ? 'git-file' : 'git-link', path: file });
      else if (kind === 'pipe') this.#add({ kind, path: file });
      else if (kind === 'link') this.#link(file);
      else if (kind === 'file') this.#file(file);
      const isAction = /^action\.ya?ml$/.test(name) && (kind === 'file' || kind === 'link');
      if (isAction) this.#add({ kind: 'action', path });
    }
    return below;
  }

  #link(path: string): void {
    const target = leadsTo(path);
    const isInside = this.#roots.some((root) => target === root || target.startsWith(`${root}/`));
    if (!isInside) this.#add({ kind: 'link-out', path, target });
  }

  #file(path: string): void {
    const stats = lstatSync(bytes(path), { throwIfNoEntry: false });
    if (stats === undefined) return;
    if ((stats.mode & 0o6000) !== 0) this.#add({ kind: 'set-id', path });
    if (stats.nlink < 2 || this.#after !== undefined) return;
    const id = `${stats.dev} ${stats.ino}`;
    const known = this.#shared.get(id);
    if (known === undefined) {
      this.#shared.set(id, { paths: [path], missing: stats.nlink - 1 });
    } else {
      known.paths.push(path);
      known.missing -= 1;
    }
  }

  #add(finding: Finding): void {
    if (this.#after?.known.has(keyOf(finding)) !== true) this.#findings.push(finding);
  }
}

/** Listing such a directory takes gigabytes. @throws Error if there is none */
export function isHuge(path: string): boolean {
  return lstatSync(bytes(path)).size > HUGE_DIRECTORY_BYTES;
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
    kind: kindOfEntry(entry),
  }));
}

function kindOfEntry(entry: Dirent<Buffer>): Entry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'link';
  return entry.isFIFO() ? 'pipe' : 'other';
}
