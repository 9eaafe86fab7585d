import { createHash } from 'node:crypto';
import { join } from 'node:path/posix';
import { describeEntry } from './config-policy.ts';
import { readConfig } from './directory.ts';
import { contentOf, kindOf, namesIn, stampOf, TooMany } from './files.ts';
import { hashBytesOf, readIndex } from './index-file.ts';
import { isIndex, isStored, MAX_LOG_BYTES, returnsAs } from './layout.ts';
import { isRefName, isRefValue } from './refs.ts';

/** Something in a git directory that is not known to be data. The path has one character for each byte. */
export interface Offence {
  /** Derived from place and content, to tell it from what was there before. */
  readonly id: string;
  readonly path: string;
  /** A description for messages. */
  readonly what: string;
}

/** One offence is enough to rebuild a directory; more only help people to understand. */
const MAX_OFFENCES = 100;
/** More entries than a repository that a command makes has. */
const MAX_ENTRIES = 500_000;

/**
 * Judges a git directory by a list of what is data. Everything else is an offence, whether or not anybody knows why it
 * would be dangerous.
 *
 * @param workspace where worktrees may be
 * @param end when to give up, by the clock of `performance.now`
 * @throws Error if it cannot be looked at, TooMany if it has more than half a million entries or takes too long
 */
export function offencesIn(directory: string, workspace: string, end = Infinity): Offence[] {
  return new Judge(directory, workspace, end).offences();
}

class Judge {
  readonly #top: string;
  readonly #workspace: string;
  readonly #end: number;
  readonly #found: Offence[] = [];
  #left = MAX_ENTRIES;

  constructor(top: string, workspace: string, end: number) {
    this.#top = top;
    this.#workspace = workspace;
    this.#end = end;
  }

  offences(): Offence[] {
    this.#repository('');
    return this.#found;
  }

  /** @param at of a git directory, relative to the outermost one */
  #repository(at: string): void {
    this.#each(at, (name, path) => {
      if (name === 'modules') this.#modules(path);
      else if (name === 'worktrees') this.#each(path, (_, worktree) => this.#worktree(worktree));
      else this.#entry(at, name);
    });
  }

  #modules(at: string): void {
    this.#each(at, (_, path) => {
      const isRepository = kindOf(join(this.#top, path, 'HEAD')) !== undefined;
      if (isRepository) this.#repository(path);
      else this.#modules(path);
    });
  }

  #worktree(at: string): void {
    this.#each(at, (name, path) => {
      const content = (): string => contentOf(join(this.#top, path)) ?? '';
      if (name === 'commondir') this.#require(content().trimEnd() === '../..', path, 'a redirection of settings');
      else if (name === 'gitdir') return;
      else this.#entry(at, name);
    });
  }

  /** Judges an entry of a git directory, and all that is below it. */
  #entry(at: string, name: string): void {
    const path = join(at, name);
    const kind = kindOf(join(this.#top, path));
    if (kind === 'directory') {
      this.#each(path, (below) => this.#entry(at, join(name, below)));
      return;
    }
    if (kind !== 'file') this.#offend(path, kind === 'link' ? 'a symbolic link' : 'neither a file nor a directory');
    else if (name === 'config' || name === 'config.worktree') this.#config(at, path);
    else if (isIndex(name)) this.#index(at, path);
    else if (name.startsWith('hooks/')) this.#require(name.endsWith('.sample'), path, 'a hook');
    else this.#require(isData(name, join(this.#top, path)), path, 'not known to be data of git');
  }

  #config(at: string, path: string): void {
    const composed = readConfig(join(this.#top, path), join(this.#top, at), this.#workspace);
    if (typeof composed === 'string') this.#offend(path, `a configuration that AWF cannot read (${composed})`);
    else for (const entry of composed.dropped) this.#offend(path, `the setting ${describeEntry(entry)}`);
  }

  #index(at: string, path: string): void {
    const repository = join(this.#top, at.replace(/(^|\/)worktrees\/[^/]*$/, ''));
    try {
      const { hasOffsets } = readIndex(join(this.#top, path), hashBytesOf(repository));
      this.#require(!hasOffsets, path, 'an index with offsets for threads');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#offend(path, error.message);
    }
  }

  #require(passes: boolean, path: string, what: string): void {
    if (!passes) this.#offend(path, what);
  }

  #offend(path: string, what: string): void {
    if (this.#found.length < MAX_OFFENCES) {
      this.#found.push(offenceAt(join(this.#top, path), what));
    }
  }

  /** Calls `visit` for each entry of a directory. Anything but a directory is an offence. */
  #each(at: string, visit: (name: string, path: string) => void): void {
    const directory = join(this.#top, at);
    if (kindOf(directory) !== 'directory') {
      this.#offend(at, 'no directory');
      return;
    }
    for (const name of namesIn(directory)) {
      if (this.#left-- === 0) throw new TooMany(`more than ${MAX_ENTRIES} entries in ${this.#top}`);
      if (performance.now() > this.#end) throw new TooMany(`no time for ${this.#top}`);
      visit(name, join(at, name));
    }
  }
}

/** @param name relative to the git directory */
function isData(name: string, file: string): boolean {
  if (isStored(name)) return true;
  if (name === 'packed-refs' || /^objects\/info\/(packs|commit-graph|commit-graphs\/[\w.-]+)$/.test(name)) return true;
  if (/^(gc\.pid|gc\.log|info\/refs|lfs\/(cache|tmp|logs)\/.*|rr-cache\/.*|.*\.lock)$/.test(name)) return true;
  if (name.startsWith('refs/')) return isRefName(name) && isRefValue((contentOf(file) ?? '\0').trimEnd());
  return returnsAs(name)?.(contentOf(file, MAX_LOG_BYTES) ?? '\0') ?? false;
}

/** Its id is a hash, because ids are stored for the post step and must not reveal contents. */
function offenceAt(path: string, what: string): Offence {
  const text = [path, what, contentOf(path) ?? stampOf(path) ?? ''].join('\0');
  return { id: createHash('sha256').update(text, 'latin1').digest('base64'), path, what };
}
