import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { inflateSync } from 'node:zlib';
import { bytes, toText } from '../../host/file-names.ts';
import { filesBelow, isHuge, isPlainPath, kindOf, MAX_FILES, moveUnlocked, namesIn, unlock } from './files.ts';
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
  const all = STORES.flatMap((store) =>
    filesBelow(join(repository, store), MAX_FILES, unlock).map((name) => join(store, name)),
  );
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
  const found: Checked = { forged: [], unchecked: [] };
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
    const object = /^objects\/([0-9a-f]{2})\/([0-9a-f]{38}|[0-9a-f]{62})$/.exec(name);
    const large = /^lfs\/objects\/..\/..\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (object) check([name], () => judgeLoose(file, hashBytes, `${object[1]}${object[2]}`));
    else if (large !== undefined) check([name], () => (sha256(file) === large ? TRUE : FORGED));
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

/**
 * What is neither a file nor a directory in a repository's stores: through a link, git reads objects that nobody has checked,
 * and writes new ones. Where there are too many, or too much else, it is the directory as a whole.
 */
export function strangersIn(repository: string): { readonly path: string; readonly what: string }[] {
  return STORES.flatMap((store) => {
    const isPlain = isPlainPath(repository, `${store}/x`);
    if (isPlain) return TOP_NAMES.flatMap((name) => strangersAt(join(repository, store, name)));
    const above = join(repository, dirname(store));
    return [above, join(repository, store)].filter(isStranger).map((path) => ({ path, what: A_LINK }));
  });
}

const A_LINK = 'a link among the objects of git';

function isStranger(path: string): boolean {
  return ['link', 'other'].includes(kindOf(path) ?? '');
}

function strangersAt(path: string, depth = 0): { readonly path: string; readonly what: string }[] {
  if (isStranger(path)) return [{ path, what: A_LINK }];
  if (kindOf(path) !== 'directory' || depth > 1) return [];
  if (isHuge(path)) return [{ path, what: 'a directory with more in it than AWF looks at' }];
  try {
    unlock(path);
  } catch {
    return []; // It belongs to somebody else, so the command could not change it either.
  }
  const found = namesIn(path).flatMap((name) => strangersAt(join(path, name), depth + 1));
  return found.length > MAX_LINKS ? [{ path, what: `more than ${MAX_LINKS} links among the objects of git` }] : found;
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

/** In pieces, since such a file may be of any size. */
function sha256(file: string): string {
  const sum = createHash('sha256');
  const descriptor = openSync(bytes(file), 'r');
  try {
    const buffer = Buffer.alloc(1 << 20);
    for (let length = readSync(descriptor, buffer); length > 0; length = readSync(descriptor, buffer)) {
      sum.update(buffer.subarray(0, length));
    }
    return sum.digest('hex');
  } finally {
    closeSync(descriptor);
  }
}
