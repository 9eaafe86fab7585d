import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow, realPath } from '../host/paths.ts';
import { SYSTEM_ROWS, type Row } from './toolchain-rows.ts';
import { isCode, type ToolPlace } from './tool-search.ts';

/** Credentials where nobody searches, because there is too much, or that have ordinary names. `~` is the home. */
export const CREDENTIAL_ROWS: readonly Row[] = [
  { path: '~/.dotnet/corefx', why: "the user's private keys" },
  { path: '/usr/share/*/.condarc', why: "a channel's URL may hold a token; hosted runners have Miniconda here" },
  { path: '/usr/share/*/pip.conf', why: "an index's URL may hold a password" },
  { path: '/usr/share/*/conf/settings.xml', why: "Maven's passwords; hosted runners have it here" },
  { path: '/usr/lib/credstore', why: "systemd's credentials for services" },
  { path: '/usr/lib/credstore.encrypted', why: 'the same' },
  { path: '/etc/maven/settings-security.xml', why: "Maven's master password" },
  { path: '/etc/gradle/init.d', why: "Gradle's scripts may hold passwords of repositories" },
  { path: '/etc/gradle/gradle.properties', why: 'the same' },
];

/** The places of the system that are looked through. Deep in them are the parts of single programs. */
const SYSTEM_PLACES: readonly ToolPlace[] = [
  { path: '/opt', depth: 4, kind: 'shared' },
  { path: '/usr', depth: 0, kind: 'packaged' },
  { path: '/usr/local', depth: 4, kind: 'shared' },
  { path: '/usr/local/share', depth: 4, kind: 'shared' },
  { path: '/home/linuxbrew/.linuxbrew', depth: 4, kind: 'shared' },
];

/** Levels below the directories of version managers: `~/.local/share/mise/installs/maven/3.9.9/apache-maven-3.9.9`. */
const OWN_DEPTH = 4;
/** The same for a directory that a variable names, such as `CONDA`: it belongs to one program. */
const NAMED_DEPTH = 3;

/**
 * The directories of programs that {@link searchTools} looks through, without links.
 *
 * @param mounts the toolchain, and what the user mounts
 * @param environment the caller's
 */
export function toolPlaces(mounts: readonly MountSpec[], environment: NodeJS.ProcessEnv): ToolPlace[] {
  const system = new Set(SYSTEM_ROWS.map(({ path }) => path));
  const own = mounts.flatMap((mount): ToolPlace[] =>
    mount.kind !== 'bind' || system.has(mount.target) ? [] : [{ path: mount.source, depth: OWN_DEPTH, kind: 'own' }],
  );
  const named = namedDirectories(environment).map((path): ToolPlace => ({ path, depth: NAMED_DEPTH, kind: 'shared' }));
  // What is looked through first is looked through most deeply.
  return [...named, ...own, ...SYSTEM_PLACES].flatMap((place) => {
    const path = realPath(place.path);
    return path === undefined ? [] : [{ ...place, path }];
  });
}

/** Directories below those of the system that variables name. Lists such as `PATH` are none. */
function namedDirectories(environment: NodeJS.ProcessEnv): string[] {
  const tops = SYSTEM_PLACES.map(({ path }) => path);
  return Object.values(environment).flatMap((value = '') => {
    const isMeant = tops.some((top) => isBelow(value, top)) && !tops.includes(value) && !isCode(basename(value));
    return isMeant && isDirectory(value) ? [value] : [];
  });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
