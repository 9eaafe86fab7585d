import { lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path/posix';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes, fromText } from '../host/file-names.ts';
import { isAtOrBelow } from '../host/paths.ts';
import { isGitDirectory } from './git/directory.ts';
import { isHuge, unlock } from './git/files.ts';
import { entriesOf, streamedEntriesOf, type Entry } from './listing.ts';
import { isOtherRepository } from './other-repositories.ts';
import { wayTo } from './way.ts';

/**
 * Something in the workspace that other programs follow:
 *
 * - `git-directory`: a `.git`, or another directory that git would take for a repository
 * - `git-file` and `git-link`: a `.git` that is a file, and one that is neither
 * - `other-repository`: the same of another program
 * - `link-out`: a symbolic link that leads out of the workspace
 * - `set-id`: a file that gives its owner's or group's rights to whoever runs it
 * - `action`: a directory with an `action.yml` or `action.yaml`
 * - `pipe`: whoever opens it waits, until somebody opens the other end
 *
 * Or something in which they get stuck:
 *
 * - `shut`: a directory in which its owner cannot search
 * - `read-only`: a directory of which its owner can remove nothing, in one where that is possible
 * - `huge`: a directory with so many entries that it is searched without having them in memory
 * - `flooded`: a new directory with more in it than anybody needs, which was not searched
 * - `unread`: a directory that could not be read
 */
export type FindingKind =
  | 'git-directory'
  | 'git-file'
  | 'git-link'
  | 'other-repository'
  | 'link-out'
  | 'set-id'
  | 'action'
  | 'pipe'
  | 'shut'
  | 'read-only'
  | 'huge'
  | 'flooded'
  | 'unread';

/** Paths have one character for each byte. */
export interface Finding {
  readonly kind: FindingKind;
  readonly path: string;
  /** Where a link leads. */
  readonly target?: string;
}

/** A file with several names. */
export interface SharedFile {
  /** Those in the workspace. */
  readonly paths: readonly string[];
  /** True if it has more, outside. */
  readonly isOutside: boolean;
}

/** What a walk through a workspace has met. Paths have one character for each byte. */
export interface Survey {
  readonly findings: readonly Finding[];
  /** All symbolic links. Empty after the command. */
  readonly links: readonly string[];
  /** The names of each file with several that the walk has met. Empty after the command. */
  readonly sharedFiles: readonly SharedFile[];
  /** Number of directories that were not searched, or not to the end. Each may contain more. */
  readonly left: number;
}

/** For a survey after the command. */
export interface AfterOptions {
  /** The keys of findings that were there before. */
  readonly known: ReadonlySet<string>;
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
 * Walks through a workspace. It follows no link, opens no file, and does not enter the `.git` that it finds.
 *
 * @param workspace without links
 * @param limitMs time limit
 * @param after undefined for a survey before the command: it changes nothing, and lists links and shared files
 * @param covered directories that are not searched, nor listed
 */
export async function survey(
  workspace: string,
  limitMs = Infinity,
  after?: AfterOptions,
  covered: readonly string[] = [],
): Promise<Survey> {
  const end = performance.now() + limitMs;
  const walk = new Walk(workspace, after, covered, end);
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
  readonly #workspace: string;
  readonly #after: AfterOptions | undefined;
  readonly #pending: string[];
  readonly #findings: Finding[] = [];
  readonly #covered: ReadonlySet<string>;
  /** When to give up in the middle of a huge directory. */
  readonly #end: number;
  /** Directories that were not searched to the end. */
  #unfinished = 0;
  readonly #links: string[] = [];
  /** Files with several names: those met, and how many are missing. */
  readonly #shared = new Map<string, { readonly paths: string[]; missing: number }>();

  constructor(workspace: string, after: AfterOptions | undefined, covered: readonly string[], end: number) {
    this.#end = end;
    this.#covered = new Set(covered);
    this.#workspace = fromText(workspace);
    this.#after = after;
    this.#pending = [this.#workspace];
  }

  get left(): number {
    return this.#pending.length;
  }

  survey(): Survey {
    return {
      findings: this.#findings,
      links: this.#links,
      sharedFiles: Array.from(this.#shared.values(), ({ paths, missing }) => ({ paths, isOutside: missing > 0 })),
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
      if (isLarge && this.#isNew({ kind: 'huge', path }) && path !== this.#workspace) {
        this.#add({ kind: 'flooded', path });
        return;
      }
      if (isLarge) this.#add({ kind: 'huge', path });
      const below = this.#look(path, isLarge);
      const isFlooded = this.#after !== undefined && this.#findings.length > MAX_NEW_FINDINGS;
      if (isFlooded && this.#findings.length > known) {
        const dropped = this.#findings.splice(known);
        this.#add({ kind: 'flooded', path });
        if (path !== this.#workspace) return;
        // The workspace cannot be moved aside, so its repository and what is below it have to be looked at.
        this.#findings.push(...dropped.filter(isOfGit));
      }
      // One by one: as arguments of a single call, they would be more than the stack takes.
      for (const directory of below) if (!this.#covered.has(directory)) this.#pending.push(directory);
    } catch {
      this.#add({ kind: 'unread', path });
    }
  }

  /** Lets its owner search a directory and remove what is in it, unless the owner could not before the command. */
  #checkAccess(path: string): void {
    const { mode } = lstatSync(bytes(path));
    if ((mode & 0o500) !== 0o500) {
      const shut: Finding = { kind: 'shut', path };
      if (this.#isNew(shut) && this.#isNew({ kind: 'unread', path })) unlock(path, 0o700);
      this.#add(shut);
    } else if ((mode & 0o200) === 0 && path !== this.#workspace) {
      const isOutermost = (lstatSync(bytes(dirname(path))).mode & 0o200) !== 0;
      if (isOutermost) this.#add({ kind: 'read-only', path });
    }
  }

  /** True for what was not there before the command. */
  #isNew(finding: Finding): boolean {
    return this.#after !== undefined && !this.#after.known.has(keyOf(finding));
  }

  /**
   * There is a bound on what is kept of a large directory: the workspace, or a directory of the user's, which cannot be moved
   * aside.
   *
   * @returns the directories to search next
   */
  #look(path: string, isLarge: boolean): string[] {
    const entries = isLarge ? streamedEntriesOf(path) : entriesOf(path);
    if (basename(path) === '.git') {
      this.#add({ kind: 'git-directory', path });
      return [];
    }
    if (isOtherRepository(basename(path))) {
      this.#add({ kind: 'other-repository', path });
      if (this.#isNew({ kind: 'other-repository', path })) return [];
    }
    const names = new Set<string>();
    const below: string[] = [];
    let isWhole = true;
    for (const entry of entries) {
      const known = this.#findings.length;
      this.#entry(path, entry, below);
      if (GIT_NAMES.has(entry.name)) names.add(entry.name);
      if (!isLarge) continue;
      const isTooMuch = below.length > MAX_SUBDIRECTORIES || (this.#after !== undefined && known > MAX_NEW_FINDINGS);
      if (isTooMuch) {
        below.length = Math.min(below.length, MAX_SUBDIRECTORIES);
        this.#findings.push(...this.#findings.splice(known).filter(isOfGit));
      }
      const isLate = performance.now() > this.#end;
      isWhole &&= !isTooMuch && !isLate;
      if (isLate) break;
    }
    if (!isWhole) this.#unfinished++;
    if (isGitDirectory(names)) this.#add({ kind: 'git-directory', path });
    return below;
  }

  #entry(path: string, { name, kind }: Entry, below: string[]): void {
    const file = join(path, name);
    if (kind === 'directory') below.push(file);
    else if (name === '.git') this.#add({ kind: kind === 'file' ? 'git-file' : 'git-link', path: file });
    else if (isOtherRepository(name)) this.#add({ kind: 'other-repository', path: file });
    else if (kind === 'pipe') this.#add({ kind, path: file });
    else if (kind === 'link') this.#link(file);
    else if (kind === 'file') this.#file(file);
    const isAction = /^action\.ya?ml$/.test(name) && (kind === 'file' || kind === 'link');
    if (isAction) this.#add({ kind: 'action', path });
  }

  #link(path: string): void {
    if (this.#after === undefined) this.#links.push(path);
    const target = wayTo(path, this.#workspace).end;
    if (!isAtOrBelow(target, this.#workspace)) this.#add({ kind: 'link-out', path, target });
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
  return kind.startsWith('git-') || kind === 'other-repository';
}
