import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, type Dirent, type Stats } from 'node:fs';
import type { MountSpec } from '../docker/spec.ts';
import { packagedSettings, type PackageFiles } from '../host/packages.ts';
import { isBelow } from '../host/paths.ts';
import type { Slices } from '../host/slices.ts';
import { looksLikeCredential } from './credential-text.ts';
import { isCredentialFile, isLeftOut } from './etc-policy.ts';
import type { Below } from './hidden.ts';
import { present } from './host-toolchain.ts';
import { ETC_ROWS } from './toolchain-rows.ts';

/**
 * The sandbox's `/etc`: what the host's has, except what the command must not read. It is one directory of the run's own
 * with copies of the files, because a mount for each of them would take a millisecond to make. All paths are absolute, as
 * the command sees them.
 */
export interface EtcTree {
  readonly directories: readonly string[];
  readonly files: readonly EtcFile[];
  /** Symbolic links with their targets, as the host has them. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  /** Large directories of which nothing is left out, mounted over those of the tree, and large files. */
  readonly mounts: readonly MountSpec[];
}

/** A copy of a file. */
export interface EtcFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
}

/** A host to read: another one in tests. */
export interface EtcSource {
  /** Stands for `/` in all paths. */
  readonly root: string;
  readonly packages: PackageFiles | undefined;
  /** The owner of the system's files. */
  readonly owner: number;
}

const HOST: EtcSource = { root: '', packages: undefined, owner: 0 };

/** A directory with more entries is mounted, if nothing of it is left out: a copy of each takes longer than a mount. */
const FEW_ENTRIES = 5;
/** Bytes. Settings are smaller. A larger file of a package is left out, because nobody looks through it for credentials. */
const LARGEST_SETTING = 256 * 1024;

/** `known` is a row of {@link ETC_ROWS}; `judged` belongs to a package; `closed` may only contain known ones. */
type Standing = 'known' | 'judged' | 'closed';

/** What became of an entry: left out, or a part of the tree. */
interface Part extends Omit<EtcTree, 'links'> {
  /** With where they are on the host. Most of them are in directories that are mounted, and need not be read. */
  readonly links: readonly { readonly path: string; readonly place: string }[];
  /** True if nothing in it is left out. */
  readonly isWhole: boolean;
}

const NOTHING: Part = { directories: [], files: [], links: [], mounts: [], isWhole: true };
const LEFT_OUT: Part = { ...NOTHING, isWhole: false };

/**
 * Reads the parts of `/etc` that the sandbox has: the rows of {@link ETC_ROWS}, and the settings of packages. Of these, a
 * file must belong to root, be readable for everybody in directories that everybody may enter, and look like no credential,
 * by its name and its content.
 *
 * @param below what must not be seen
 */
export function* readEtc(
  below: Pick<Below, 'hidden' | 'credentials' | 'views'>,
  source: EtcSource = HOST,
): Slices<EtcTree> {
  return yield* new EtcReader(below, source).read();
}

class EtcReader {
  readonly #source: EtcSource;
  readonly #unseen: readonly string[];
  /** What of it concerns `/etc`: most often, nothing. */
  readonly #unseenInEtc: readonly string[];
  readonly #known: ReadonlySet<string>;

  constructor({ hidden, credentials, views }: Pick<Below, 'hidden' | 'credentials' | 'views'>, source: EtcSource) {
    this.#source = source;
    this.#unseen = [...hidden, ...credentials, ...views].map(({ path }) => path);
    const etc = this.#host('/etc');
    this.#unseenInEtc = this.#unseen.filter((path) => path === etc || isBelow(path, etc) || isBelow(etc, path));
    const rows = ETC_ROWS.map((row) => ({ ...row, path: source.root + row.path }));
    this.#known = new Set(rows.flatMap(present).map((path) => path.slice(source.root.length)));
  }

  *read(): Slices<EtcTree> {
    yield;
    const packaged = packagedSettings(this.#source.packages);
    const parts: Part[] = [];
    for (const { name } of entriesIn(this.#host('/etc'))) {
      yield;
      parts.push(this.#part(`/etc/${name}`, packaged.has(name) && !isLeftOut(name) ? 'judged' : 'closed'));
    }
    const { links, directories, files, mounts } = joined(parts);
    return { directories, files, mounts, links: links.flatMap(readLink) };
  }

  #host(path: string): string {
    return this.#source.root + path;
  }

  /**
   * @param place where it is on the host, if a link of the host leads elsewhere
   * @param entry what its directory says of it, if that was read
   */
  #part(path: string, above: Standing, place = this.#host(path), entry?: Dirent): Part {
    const standing = this.#known.has(path) ? 'known' : above;
    if (this.#isUnseen(place)) return LEFT_OUT;
    if (standing === 'judged' && isCredentialFile(path.slice(path.lastIndexOf('/') + 1))) return LEFT_OUT;
    // Some file systems do not tell what an entry is.
    if (standing !== 'closed' && entry?.isSymbolicLink() === true) return this.#link(path, standing, place);
    const stats = lstatSync(place, { throwIfNoEntry: false });
    if (stats === undefined) return LEFT_OUT;
    if (standing === 'closed' && !(stats.isDirectory() && this.#leadsToKnown(path))) return LEFT_OUT;
    if (stats.isSymbolicLink()) return this.#link(path, standing, place);
    if (stats.isDirectory()) return this.#directory(path, standing, place, stats);
    return stats.isFile() ? this.#file(path, standing, place, stats) : LEFT_OUT;
  }

  #isUnseen(place: string): boolean {
    const unseen = isBelow(place, this.#host('/etc')) ? this.#unseenInEtc : this.#unseen;
    return unseen.some((path) => path === place || isBelow(place, path));
  }

  #leadsToKnown(path: string): boolean {
    return [...this.#known].some((known) => isBelow(known, path));
  }

  /** A link stays a link. A row that leads out of the sandbox becomes what it leads to. */
  #link(path: string, standing: Standing, place: string): Part {
    const real = this.#known.has(path) ? realpathSync(place) : undefined;
    if (real !== undefined && !SEEN.some((top) => isBelow(real, this.#host(top))))
      return this.#part(path, standing, real);
    return { ...NOTHING, links: [{ path, place }] };
  }

  #directory(path: string, standing: Standing, place: string, stats: Stats): Part {
    if ((stats.mode & 0o5) !== 0o5) return LEFT_OUT;
    const entries = entriesIn(place);
    const parts = entries.map((entry) =>
      this.#part(`${path}/${entry.name}`, standing, `${place}/${entry.name}`, entry),
    );
    const { isWhole, ...all } = joined(parts);
    if (standing === 'closed' && all.files.length + all.links.length + all.mounts.length === 0) return LEFT_OUT;
    if (isWhole && entries.length > FEW_ENTRIES)
      return {
        ...NOTHING,
        directories: [path],
        mounts: [{ kind: 'bind', source: place, target: path, writable: false }],
      };
    return { ...all, directories: [path, ...all.directories], isWhole: isWhole && standing !== 'closed' };
  }

  #file(path: string, standing: Standing, place: string, { mode, uid, size }: Stats): Part {
    const isOpen = (mode & 0o4) !== 0 && (standing === 'known' || uid === this.#source.owner);
    if (!isOpen) return LEFT_OUT;
    if (size > LARGEST_SETTING) {
      if (standing !== 'known') return LEFT_OUT;
      return { ...NOTHING, mounts: [{ kind: 'bind', source: place, target: path, writable: false }] };
    }
    try {
      const content = readFileSync(place);
      if (standing !== 'known' && looksLikeCredential(content.toString('latin1'))) return LEFT_OUT;
      return { ...NOTHING, files: [{ path, content, mode: mode & 0o755 }] };
    } catch {
      return LEFT_OUT; // it is gone, or something else than its mode forbids to read it
    }
  }
}

/** Where links may lead to: places that every sandbox with the host's toolchain has. */
const SEEN: readonly string[] = ['/usr', '/etc', '/lib', '/opt', '/nix/store'];

function joined(parts: readonly Part[]): Part {
  return {
    directories: parts.flatMap(({ directories }) => directories),
    files: parts.flatMap(({ files }) => files),
    links: parts.flatMap(({ links }) => links),
    mounts: parts.flatMap(({ mounts }) => mounts),
    isWhole: parts.every(({ isWhole }) => isWhole),
  };
}

/** Nothing if it has gone meanwhile. */
function readLink({ path, place }: Part['links'][number]): EtcTree['links'] {
  try {
    return [{ path, target: readlinkSync(place) }];
  } catch {
    return [];
  }
}

/** In the order of their names. */
function entriesIn(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}
