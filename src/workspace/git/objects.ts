import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path/posix';
import { inflateSync } from 'node:zlib';
import { bytes, toText } from '../../host/file-names.ts';
import {
  clearSetId,
  filesBelow,
  hashOf,
  lendsRights,
  isHuge,
  isPlainPath,
  kindOf,
  moveUnlocked,
  namesIn,
  unlock,
} from './files.ts';
import { STORES } from './layout.ts';
import { judgePack, type Verdict } from './packs.ts';

/*
 * Git believes that an object is what its name says: it does not compute the name when it reads one. The command writes to
 * the stores of the host, so what it wrote there is compared with its name, as git does with what it fetches.
 */

/** A larger loose object is not read. Bytes, of what it contains and of its file. */
const MAX_OBJECT_BYTES = 512 << 20;

/** What git computes from packs, and makes again if it is not there. It says where an object is, and may lie. */
const DERIVED = /^objects\/pack\/(multi-pack-index.*|.*\.(bitmap|rev|mtimes))$/s;
/** Git reads every pack that has an index beside it, whatever their name. */
const A_PACK = /^(objects\/pack\/[^/]*)\.(pack|idx)$/s;
/** Whoever held it is dead. `git maintenance` would wait for its end for ever, and say nothing. */
const LOCK = /^objects\/[^/]*\.lock$/;

/** The kernel's clock for files stands still for up to 10 ms. */
const CLOCK_TICK_MS = 50;

/**
 * Whether a file may have changed from a moment on. Its own time lags behind the clock by less than a tick, or, on some file
 * systems, by less than a second: those keep whole seconds only.
 *
 * @param ctimeMs when it changed last; the kernel sets this time, and nobody else can
 */
export const mayHaveChanged = (ctimeMs: number, since: number): boolean =>
  ctimeMs >= since - (ctimeMs % 1_000 === 0 ? 1_000 : CLOCK_TICK_MS);

/** Names of files, relative to the repository. */
export interface Checked {
  /** Moved aside: their content is not what their name says. */
  readonly forged: string[];
  /** Still there. The reason completes "because ...": it is not in their content. */
  readonly unchecked: { readonly name: string; readonly why: string }[];
  /** Those that no longer lend their owner's or group's rights to whoever runs them. */
  readonly cleared: string[];
}

const TRUE: Verdict = { is: 'true' };
const FORGED: Verdict = { is: 'forged' };
const NO_TIME: Verdict = { is: 'unknown', why: 'there was no time' };
const TOO_LARGE: Verdict = { is: 'unknown', why: 'it is too large' };

/**
 * Moves aside the objects in a repository's stores whose content is not what their name says.
 *
 * @param since only those that changed from then on, in milliseconds since the epoch
 * @param end when to give up, by the same clock as `performance.now`
 */
export function checkObjects(repository: string, since: number, hashBytes: 20 | 32, end: number): Checked {
  const all = STORES.flatMap((store) => filesBelow(repository, store, undefined, unlock));
  const isChanged = (name: string): boolean => mayHaveChanged(lstatSync(bytes(join(repository, name))).ctimeMs, since);
  const changed = all.filter(isChanged);
  const packs = new Set(changed.flatMap((name) => A_PACK.exec(name)?.[1] ?? []));
  // An old one may speak of a pack that has been replaced since.
  const isDoubtful = (name: string): boolean =>
    name.startsWith('objects/pack/multi-pack-index') ? packs.size > 0 : packs.has(name.replace(/\.\w+$/, ''));
  for (const name of all.filter((one) => DERIVED.test(one) && (isDoubtful(one) || isChanged(one)))) {
    rmSync(bytes(join(repository, name)), { force: true });
  }
  for (const name of changed.filter((one) => LOCK.test(one))) rmSync(bytes(join(repository, name)), { force: true });
  const found: Checked = { forged: [], unchecked: [], cleared: [] };
  const check = (names: readonly string[], judge: () => Verdict): void => {
    const [name = ''] = names;
    try {
      const verdict = performance.now() > end ? NO_TIME : judge();
      if (verdict.is === 'unknown') found.unchecked.push({ name, why: verdict.why });
      if (verdict.is !== 'forged') return;
      for (const one of names) moveUnlocked(join(repository, one));
      found.forged.push(name);
    } catch (error) {
      // It costs its own check, and not that of the others.
      const { code = String(error) } = error as NodeJS.ErrnoException;
      found.unchecked.push({ name, why: `it could not be read or moved (${code})` });
    }
  };
  for (const name of changed) {
    const file = join(repository, name);
    if (lendsRights(file)) {
      clearSetId(file);
      found.cleared.push(name);
    }
    const object = /^objects\/([0-9a-f]{2})\/([0-9a-f]{38}|[0-9a-f]{62})$/.exec(name);
    const large = /^lfs\/objects\/..\/..\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (object) check([name], () => judgeLoose(file, hashBytes, `${object[1]}${object[2]}`));
    else if (large !== undefined) check([name], () => (hashOf(file) === large ? TRUE : FORGED));
  }
  for (const pack of packs) {
    const names = [`${pack}.pack`, `${pack}.idx`].filter((name) =>
      lstatSync(bytes(join(repository, name)), { throwIfNoEntry: false }),
    );
    // No git makes such a name, and none could be asked about it.
    const isOdd = toText(pack) === undefined;
    const judge = (): Verdict => judgePack(join(repository, pack), hashBytes, end - performance.now());
    if (names.length === 2) check(names, () => (isOdd ? FORGED : judge()));
  }
  return found;
}

/** More links in one directory may be meant to keep us busy. */
const MAX_LINKS = 100;
/** Git looks for objects in directories with these names only. Below them, only Git LFS has directories. */
const TOP_NAMES = ['pack', ...Array.from({ length: 256 }, (_, number) => number.toString(16).padStart(2, '0'))];

/** Something among the objects that has no business there. */
interface Stranger {
  readonly path: string;
  readonly what: string;
}

/**
 * What is neither a file nor a directory in a repository's stores: through a link, git reads objects that nobody has checked,
 * and writes new ones. Where there are too many, or too much else, it is the directory as a whole.
 *
 * @param since as for {@link checkObjects}: a link that was there before is the user's
 */
export function strangersIn(repository: string, since: number): Stranger[] {
  return STORES.filter((store) => isPlainPath(repository, `${store}/x`) && isOpen(join(repository, store), since))
    .flatMap((store) => TOP_NAMES.map((name) => join(repository, store, name)))
    .flatMap((path) => {
      const found = strangersAt(path, since);
      return found.length > MAX_LINKS
        ? [{ path, what: `more than ${MAX_LINKS} links among the objects of git` }]
        : found;
    });
}

/** Unlocks a store that the command has locked. @returns false if it belongs to somebody else */
function isOpen(store: string, since: number): boolean {
  try {
    if (mayHaveChanged(lstatSync(bytes(store)).ctimeMs, since)) unlock(store, 0o700);
    namesIn(store);
    return true;
  } catch {
    return false;
  }
}

function strangersAt(path: string, since: number, depth = 0): Stranger[] {
  const kind = kindOf(path);
  if (kind === 'link' || kind === 'other') {
    const isNew = mayHaveChanged(lstatSync(bytes(path)).ctimeMs, since);
    return isNew ? [{ path, what: 'a link among the objects of git' }] : [];
  }
  if (kind !== 'directory' || depth > 1) return [];
  if (isHuge(path)) return [{ path, what: 'a directory with more in it than AWF looks at' }];
  try {
    unlock(path);
  } catch {
    return []; // It belongs to somebody else, so the command could not change it either.
  }
  return namesIn(path).flatMap((name) => strangersAt(join(path, name), since, depth + 1));
}

/** What zlib says of content that is not its own, or not whole. */
const NOT_ZLIB: ReadonlySet<string | undefined> = new Set(['Z_DATA_ERROR', 'Z_BUF_ERROR', 'Z_NEED_DICT']);

/** @throws Error if the file cannot be read, or there is no memory for it */
function judgeLoose(file: string, hashBytes: 20 | 32, name: string): Verdict {
  if (lstatSync(bytes(file)).size > MAX_OBJECT_BYTES) return TOO_LARGE;
  try {
    const content = inflateSync(readFileSync(bytes(file)), { maxOutputLength: MAX_OBJECT_BYTES });
    const sum = createHash(hashBytes === 20 ? 'sha1' : 'sha256').update(content);
    return sum.digest('hex') === name ? TRUE : FORGED;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') return TOO_LARGE;
    if (NOT_ZLIB.has(code)) return FORGED;
    throw error;
  }
}
