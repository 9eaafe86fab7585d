import { statSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { isBelow, realPath } from '../host/paths.ts';
import { nameMatcher } from '../shared/name-patterns.ts';
import { words } from '../shared/words.ts';
import { isPlace } from './environment-policy.ts';

/** What a path is on the host. A path that is not there has no entry. */
export type PathKinds = ReadonlyMap<string, 'file' | 'directory'>;

/** Where a path with links leads. Others have no entry. */
export type PathLinks = ReadonlyMap<string, string>;

/** What the sandbox has of the host's places. */
export interface SandboxView {
  /** Where the command can read what the host has, and whether it can write there. An innermost place decides. */
  readonly places: readonly { readonly path: string; readonly writable: boolean }[];
  /** Places in these that the command sees empty or not at all. */
  readonly closed: readonly string[];
  readonly home: string;
  /** The host's directories for temporary files. */
  readonly temporary: readonly string[];
  /** True for an image, whose own places are not known. */
  readonly isImage: boolean;
  readonly kinds: PathKinds;
  readonly links: PathLinks;
}

/** A variable whose value leads nowhere in the sandbox. */
export interface Misplaced {
  readonly name: string;
  /** The value for the sandbox; undefined if the variable is left out. */
  readonly value: string | undefined;
  /** True if only links were resolved: the command finds what the host has. */
  readonly isSame: boolean;
}

/** The sandbox's directory for temporary files. */
const TEMPORARY = '/tmp';

/** Variables with a place that has to be written. A cache may start empty, so it gets a place in the private home. */
const CACHES =
  /cache|^(GRADLE_USER_HOME|DENO_DIR|NUGET_PACKAGES|S?CCACHE_DIR|PRE_COMMIT_HOME|HF_HOME|TORCH_HOME|YARN_GLOBAL_FOLDER|TF_DATA_DIR|CONAN(_USER)?_HOME)$/i;

/** Variables with a place for installed programs. Without them, installers use the private home. */
const INSTALL_PLACES = nameMatcher(
  words('GOBIN PYTHONUSERBASE BUN_INSTALL NPM_CONFIG_PREFIX npm_config_prefix YARN_PREFIX DENO_INSTALL PREFIX'),
);

/**
 * The absolute paths in a variable's value: one, or a list with colons. Undefined for any other value.
 */
function pathsIn(value: string): string[] | undefined {
  const parts = value.split(':');
  return value.startsWith('/') && parts.every((part) => part === '' || part.startsWith('/')) ? parts : undefined;
}

/** What the paths in the caller's variables are, apart from `PATH`. */
export function readKinds(environment: NodeJS.ProcessEnv): PathKinds {
  const kinds = new Map<string, 'file' | 'directory'>();
  for (const path of allPaths(environment)) {
    try {
      kinds.set(path, statSync(path).isDirectory() ? 'directory' : 'file');
    } catch {
      // It does not exist, or the caller cannot look at it.
    }
  }
  return kinds;
}

/** Where the same paths lead, and those in `PATH`. */
export function readLinks(environment: NodeJS.ProcessEnv): PathLinks {
  const programs = (environment['PATH'] ?? '').split(':').filter((path) => path.startsWith('/'));
  return new Map(
    [...allPaths(environment), ...programs].flatMap((path): [string, string][] => {
      const real = realPath(path);
      return real === undefined || real === path ? [] : [[path, real]];
    }),
  );
}

function allPaths(environment: NodeJS.ProcessEnv): string[] {
  const values = Object.entries(environment).flatMap(([name, value = '']) => (name === 'PATH' ? [] : [value]));
  return [...new Set(values.flatMap((value) => pathsIn(value) ?? []))];
}

/**
 * Fits a variable of the host to the sandbox: paths in a directory for temporary files lead to the sandbox's, and caches
 * that cannot be written into the private home. Other paths that the host has and the sandbox does not are left out.
 *
 * @returns undefined if the value is fine as it is
 */
export function misplaced(name: string, value: string, view: SandboxView): Misplaced | undefined {
  if (name === 'PATH') return linkedPrograms(value, view);
  const paths = pathsIn(value);
  if (paths === undefined) return undefined;
  const placed = paths.map((path) => (path === '' ? path : placeFor(name, path, view)));
  if (placed.every((path, index) => path === paths[index])) return undefined;
  const isWhatWas = (path: string, before: string): boolean => path === before || path === view.links.get(before);
  const kept = placed.filter((path) => path !== undefined);
  const isSame = placed.every((path, index) => path !== undefined && isWhatWas(path, paths[index] ?? ''));
  return { name, value: kept.some((path) => path !== '') ? kept.join(':') : undefined, isSame };
}

/**
 * Fits `PATH`: a directory that the sandbox has elsewhere than the host's link is named as it is there. fnm gives each
 * shell a link of its own, in `/run` or the home. What the sandbox does not have stays, and has a warning of its own.
 */
function linkedPrograms(value: string, view: SandboxView): Misplaced | undefined {
  const placed = value.split(':').map((path) => {
    const real = view.links.get(path);
    return real !== undefined && accessTo(path, view) === undefined && accessTo(real, view) !== undefined ? real : path;
  });
  const fitting = placed.join(':');
  return fitting === value ? undefined : { name: 'PATH', value: fitting, isSame: true };
}

/** @returns the path in the sandbox; undefined if there is none */
function placeFor(name: string, value: string, view: SandboxView): string | undefined {
  const { home, temporary, isImage, kinds } = view;
  const path = normalize(value).replace(/(?<=.)\/$/, '');
  const kind = kinds.get(value);
  const isCache = CACHES.test(name) && !isPlace(name);
  const access = accessTo(path, view);
  const real = view.links.get(value);
  // The sandbox has the workspace and others at their own paths, not at a link of the host's.
  if (access === undefined && real !== undefined && accessTo(real, view) !== undefined)
    return placeFor(name, real, view);
  if (access === 'write') return value;
  if (access === 'read') {
    if (isCache) return join(home, '.cache', name.toLowerCase());
    return INSTALL_PLACES(name) ? undefined : value;
  }
  const top = temporary.find((directory) => isWithin(path, directory));
  if (top !== undefined) return kind === 'file' ? undefined : join(TEMPORARY, relative(top, path));
  // The engine makes the directories above a mount.
  if (view.places.some((place) => isBelow(place.path, path))) return value;
  const isPrivate = isWithin(path, home) || isWithin(path, TEMPORARY);
  // A directory there is a place to write to, but has no programs.
  if (isPrivate) return kind === 'file' || (kind === 'directory' && isPlace(name)) ? undefined : value;
  if (isImage) return value;
  if (isCache) return join(home, '.cache', name.toLowerCase());
  return kind === undefined && !INSTALL_PLACES(name) ? value : undefined;
}

function accessTo(path: string, { places, closed }: SandboxView): 'read' | 'write' | undefined {
  const around = places.filter((place) => isWithin(path, place.path));
  const [innermost] = around.toSorted((a, b) => b.path.length - a.path.length);
  const shut = Math.max(0, ...closed.filter((one) => isWithin(path, one)).map((one) => one.length));
  if (innermost === undefined || innermost.path.length < shut) return undefined;
  return innermost.writable ? 'write' : 'read';
}

/** Compares as text: what a link of the host leads to does not matter where there is no such link. */
const isWithin = (path: string, directory: string): boolean => path === directory || isBelow(path, directory);

/** One warning for all variables that lead elsewhere than on the host, or were left out. */
export function placeWarnings(found: readonly Misplaced[]): string[] {
  const all = found.filter(({ isSame }) => !isSame);
  if (all.length === 0) return [];
  const moved = all.flatMap(({ name, value }) => (value === undefined ? [] : [`${name} is now ${value}`]));
  const absent = all.filter(({ value }) => value === undefined).map(({ name }) => name);
  return [
    'Variables name places of the host that the sandbox does not have or cannot write to. ' +
      (moved.length === 0 ? '' : `Changed: ${moved.join(', ')}. `) +
      (absent.length === 0 ? '' : `Left out: ${absent.join(', ')}. `) +
      'If the command needs what is there, add the place to mounts.',
  ];
}
