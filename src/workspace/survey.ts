import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes, fromText } from '../host/file-names.ts';
import { isGitDirectory, isUnmistakable } from './git/directory.ts';
import { isHuge, unlock } from './git/files.ts';
import { leadsTo } from './link-target.ts';
import { entriesOf, streamedEntriesOf, type Entry } from './listing.ts';

/**
 * Something in the workspace that other programs follow:
 *
 * - `git-directory`: a `.git`, or another directory that git would take for a repository
 * - `git-file` and `git-link`: a `.git` that is a file, and one that is neither
 * - `link-out`: a symbolic link that leads out of the roots
 * - `set-id`: a file that gives its owner's or group's rights to whoever runs it
 * - `action`: a directory with an `action.yml` or `action.yaml`
 * - `pipe`: whoever opens it waits, until somebody opens the other end
 *
 * Or something in which they get stuck:
 *
 * - `shut`: a directory in which its owner cannot search
 * - `read-only`: a directory of which its owner can remove nothing, in one where that is possible
 * - `huge`: a directory with so many entries that it is searched without having them in memory
 */
export type FindingKind =
  'git-directory' | 'git-file' | 'git-link' | 'link-out' | 'set-id' | 'action' | 'pipe' | 'shut' | 'read-only' | 'huge';

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
  /** New directories with more in them than anybody needs, which were not searched. */
  readonly flooded: readonly string[];
  /** Number of directories that were not searched, or not to the end. Each may contain more. */
  readonly left: number;
}

/** For a survey after the command. */
export interface AfterOptions {
  /** Directories that are not searched, nor listed. */
  readonly except: ReadonlySet<string>;
  /** The keys of findings that were there before. */
  readonly known: ReadonlySet<string>;
  /** Directories that could not be read before. */
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

/** Subdirectories of a single huge directory that are searched. */
const MAX_SUBDIRECTORIES = 100_000;

/** Names by which `isGitDirectory` knows a git directory. */
const GIT_NAMES: ReadonlySet<string> = new Set(['objects', 'refs', 'HEAD', 'commondir']);

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
  const end = performance.now() + limitMs;
  const walk = new Walk(roots, after, covered, end);
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
  /** When to give up in the middle of a huge directory. */
  readonly #end: number;
  /** Directories that were not searched to the end. */
  #unfinished = 0;
  /** Files with several names: those met, and how many are missing. */
  readonly #shared = new Map<string, { readonly paths: string[]; missing: number }>();

  constructor(roots: readonly string[], after: AfterOptions | undefined, covered: readonly string[], end: number) {
    this.#end = end;
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
      left: this.left + this.#unfinished,
    };
  }

  /** Reads one directory. */
  step(): void {
    const path = this.#pending.pop() ?? '/';
    this.#after?.onDirectory?.(path);
    const known = this.#findings.length;
    try {
      this.#checkAccess(path);
      const isLarge = isHuge(path);
      if (isLarge && this.#isNew({ kind: 'huge', path }) && !this.#roots.includes(path)) {
        this.#flooded.push(path);
        return;
      }
      const below = isLarge ? this.#lookAtHuge(path) : this.#look(path, entriesOf(path));
      const isFlooded = this.#after !== undefined && this.#findings.length > MAX_NEW_FINDINGS;
      if (isFlooded && this.#findings.length > known) {
        const dropped = this.#findings.splice(known);
        this.#flooded.push(path);
        if (!this.#roots.includes(path)) return;
        // A root cannot be moved aside, so its repository and what is below it have to be looked at.
        this.#findings.push(...dropped.filter(isOfGit));
      }
      const isSearched = (one: string): boolean => this.#after?.except.has(one) !== true && !this.#covered.has(one);
      // One by one: as arguments of a single call, they would be more than the stack takes.
      for (const directory of below) if (isSearched(directory)) this.#pending.push(directory);
    } catch {
      this.#unread.push(path);
    }
  }

  /** Lets its owner search a directory and remove what is in it, unless the owner could not before the command. */
  #checkAccess(path: string): void {
    const { mode } = lstatSync(bytes(path));
    if ((mode & 0o500) !== 0o500) {
      const shut: Finding = { kind: 'shut', path };
      if (this.#isNew(shut) && this.#after?.unread.has(path) === false) unlock(path, 0o700);
      this.#add(shut);
    } else if ((mode & 0o200) === 0 && !this.#roots.includes(path)) {
      const isOutermost = (lstatSync(bytes(dirname(path))).mode & 0o200) !== 0;
      if (isOutermost) this.#add({ kind: 'read-only', path });
    }
  }

  /** True for what was not there before the command. */
  #isNew(finding: Finding): boolean {
    return this.#after !== undefined && !this.#after.known.has(keyOf(finding));
  }

  /** @returns the directories to search next */
  #look(path: string, entries: readonly Entry[]): string[] {
    if (isGitDirectory(path, new Set(entries.map(({ name }) => name)))) {
      this.#add({ kind: 'git-directory', path });
      if (isUnmistakable(path)) return [];
    }
    const below: string[] = [];
    for (const entry of entries) this.#entry(path, entry, below);
    return below;
  }

  /** Like `#look`, with a bound on what is kept: a directory of a user's, or a root, which cannot be moved aside. */
  #lookAtHuge(path: string): string[] {
    this.#add({ kind: 'huge', path });
    const names = new Set<string>();
    const below: string[] = [];
    let isWhole = true;
    for (const entry of streamedEntriesOf(path)) {
      const known = this.#findings.length;
      this.#entry(path, entry, below);
      if (GIT_NAMES.has(entry.name)) names.add(entry.name);
      const isTooMuch = below.length > MAX_SUBDIRECTORIES || (this.#after !== undefined && known > MAX_NEW_FINDINGS);
      if (isTooMuch) {
        isWhole = false;
        below.length = Math.min(below.length, MAX_SUBDIRECTORIES);
        this.#findings.push(...this.#findings.splice(known).filter(isOfGit));
      }
      if (performance.now() > this.#end) {
        isWhole = false;
        break;
      }
    }
    if (!isWhole) this.#unfinished++;
    const isRepository = isGitDirectory(path, names);
    if (isRepository) this.#add({ kind: 'git-directory', path });
    return isRepository && isUnmistakable(path) ? [] : below;
  }

  #entry(path: string, { name, kind }: Entry, below: string[]): void {
    const file = join(path, name);
    if (kind === 'directory') below.push(file);
    else if (name === '.git') this.#add({ kind: kind === 'file' ? 'git-file' : 'git-link', path: file });
    else if (kind === 'pipe') this.#add({ kind, path: file });
    else if (kind === 'link') this.#link(file);
    else if (kind === 'file') this.#file(file);
    const isAction = /^action\.ya?ml$/.test(name) && (kind === 'file' || kind === 'link');
    if (isAction) this.#add({ kind: 'action', path });
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

function isOfGit({ kind }: Finding): boolean {
  return kind.startsWith('git-');
}
