import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { kernelPlaces, mounted, otherPlaces } from '../host/mounted.ts';
import { isBelow, withReal } from '../host/paths.ts';
import type { Slices } from '../host/slices.ts';
import { listeningSockets } from '../host/sockets.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import { runLogsDirectory } from '../host/run-logs.ts';
import { nonEmpty } from '../host/variables.ts';
import { words } from '../shared/words.ts';
import { blankFor } from './blanks.ts';
import { present } from './host-toolchain.ts';
import { CREDENTIAL_ROWS, toolPlaces } from './tool-places.ts';
import { isOfRunner, searchTools } from './tool-search.ts';
import { SYSTEM_ROWS } from './toolchain-rows.ts';
import { ENGINE_DATA, RUNNER_FILES, type HostPlaces } from './user-mounts.ts';

/** A path of the host without links. */
export interface HostPath {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** What lies below mounted directories and must not be seen, or must not be written. */
export interface Below {
  /** The runner's files, directories for temporary files, the run's own files, the engine's places, sockets. */
  readonly hidden: readonly HostPath[];
  /** Files with credentials among those of the toolchain. */
  readonly credentials: readonly HostPath[];
  /** Where else the host shows its processes and devices, the home, or what is hidden: trees for `chroot` have these. */
  readonly views: readonly HostPath[];
  /** Where the host has further file systems that can be written to. */
  readonly fileSystems: readonly string[];
}

/** What {@link readBelow} needs to know. */
export interface Surroundings {
  readonly home: string;
  readonly temporary: string;
  readonly workDirectory: string;
  readonly logs: LogDirectories;
  /** The action's own directory. */
  readonly root: string;
  readonly workspace: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly engine: HostPlaces['engine'];
}

/** Variables that name a file or a directory with credentials, wherever that is. Programs take some of them in any case. */
const CREDENTIAL_VARIABLES = words(`
  GOOGLE_GHA_CREDS_PATH CLOUDSDK_CONFIG AWS_CONFIG_FILE AZURE_CONFIG_DIR KUBECONFIG DOCKER_CONFIG NETRC
  NPM_CONFIG_USERCONFIG NPM_CONFIG_GLOBALCONFIG PIP_CONFIG_FILE GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GNUPGHOME
  TF_CLI_CONFIG_FILE VAULT_CONFIG_PATH HELM_REGISTRY_CONFIG GH_CONFIG_DIR CONDARC BOTO_CONFIG TWINE_CONFIG_FILE
  OCI_CLI_CONFIG_FILE CLOUDFLARE_CONFIG SNOWFLAKE_HOME
`);

/** What else a program calls such a variable: `GOOGLE_APPLICATION_CREDENTIALS`, `PGPASSFILE`, `SSH_KEY_FILE`. */
const CREDENTIAL_VARIABLE =
  /CREDENTIAL|SECRET|TOKEN|PASS(WORD|WD|FILE|PHRASE)|PRIVATE|_AUTH|XAUTHORITY|(^|_)KEY($|_?(FILE|PATH))/;

/**
 * Reads what {@link Below} lists.
 *
 * @param mounts the host's toolchain and the user's mounts, which are looked through
 */
export function* readBelow(surroundings: Surroundings, mounts: readonly MountSpec[]): Slices<Below> {
  const { home, environment } = surroundings;
  const places = hiddenPlaces(surroundings);
  yield;
  const fileSystems = mounted();
  // To look into a directory of an automounter mounts what is in it.
  const automounted = fileSystems.filter(({ type }) => type === 'autofs').map(({ place }) => place);
  const apart = withReal([...places, home, surroundings.workspace]);
  const strays = yield* searchTools(toolPlaces(mounts, environment), [...apart, ...automounted]);
  yield;
  const hidden = hostPaths([...places, ...strays.hidden]);
  const guarded = [...hidden, ...hostPaths([home])].map(({ path }) => path);
  return {
    hidden,
    credentials: hostPaths([
      ...strays.credentials,
      ...CREDENTIAL_ROWS.flatMap((row) => present({ ...row, path: row.path.replace(/^~/, home) })),
      ...named(environment, (name) => CREDENTIAL_VARIABLES.includes(name.toUpperCase())),
      ...named(environment, (name) => CREDENTIAL_VARIABLE.test(name.toUpperCase())).filter(isDataFile),
    ]),
    views: hostPaths([...kernelPlaces(fileSystems), ...otherPlaces(guarded, fileSystems)]),
    fileSystems: fileSystems.filter(({ isWritable }) => isWritable).map(({ place }) => place),
  };
}

/** True if the places of an engine are hidden in what was read before it told them. Those of most engines are. */
export function hidesPlaces({ hidden }: Below, { dataRoot, socket }: HostPlaces['engine']): boolean {
  return hostPaths([dataRoot, socket].flatMap((path) => path ?? [])).every(({ path }) =>
    hidden.some((other) => other.path === path || (other.isDirectory && isBelow(path, other.path))),
  );
}

function hiddenPlaces(surroundings: Surroundings): string[] {
  const { home, temporary, workDirectory, logs, root, workspace, environment, engine } = surroundings;
  const runnerTemporary = nonEmpty(environment, 'RUNNER_TEMP') ?? temporary;
  return [
    ...[temporary, workDirectory, logs.squid, logs.apiProxy, logs.agent, runnerTemporary],
    runLogsDirectory(environment, home),
    ...besideTemporary(runnerTemporary),
    ...[runnerTemporary, root, workspace, process.execPath].flatMap(runnersAbove),
    ...named(environment, (name) => [...RUNNER_FILES, 'GITHUB_EVENT_PATH'].includes(name)),
    ...[...ENGINE_DATA, '/var/run/docker.sock', '/run/containerd'],
    ...[engine.dataRoot, engine.socket].flatMap((path) => path ?? []),
    ...listeningSockets(),
  ];
}

/** The runner keeps actions, checkouts and temporary files side by side, unless it has a place such as `/opt/temp`. */
function besideTemporary(temporary: string): string[] {
  const directory = dirname(temporary);
  const isSystem = SYSTEM_ROWS.some(({ path }) => path === directory || isBelow(path, directory));
  return /\/_?temp$/.test(temporary) && !isSystem ? [directory] : [];
}

/** The runner's own directory and that of its jobs, if they are above `path`: keys, tokens and other checkouts are in them. */
function runnersAbove(path: string): string[] {
  const directory = dirname(path);
  if (directory === '/') return [];
  return [...(isOfRunner(directory) ? [directory] : []), ...runnersAbove(directory)];
}

/** True for a file that is no program. */
function isDataFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && (stats.mode & 0o111) === 0;
}

/** The paths in variables: one, a list, or the address of a file. */
function named(environment: NodeJS.ProcessEnv, isMeant: (name: string) => boolean): string[] {
  return Object.entries(environment)
    .filter(([name]) => isMeant(name))
    .flatMap(([, value = '']) => value.replaceAll(/(?<![^:])file:(\/\/)?(?=\/)/gi, '').split(':'))
    .filter((path) => path.startsWith('/') && path !== '/');
}

/** Those that are there. Sockets and temporary files of other programs come and go while this looks. */
function hostPaths(paths: readonly string[]): HostPath[] {
  const found = new Map<string, HostPath>();
  for (const wanted of paths) {
    try {
      const path = realpathSync(wanted);
      if (!found.has(path)) found.set(path, { path, isDirectory: statSync(path).isDirectory() });
    } catch {
      // It is not there, or no longer.
    }
  }
  return [...found.values()];
}

/** Mounts with what covers parts of them, and directories to be covered with an empty file system. */
export interface Covered {
  readonly mounts: readonly MountSpec[];
  readonly empty: readonly string[];
}

/**
 * Covers what must not be seen below mounted directories, and mounts the file systems below read-only ones once more:
 * before version 25, the engine's `readonly` does not hold for them.
 *
 * @param own mounts that the user asked for: what is in them was asked for, apart from the runner's and the engine's places
 * @param workDirectory where the files are that replace others
 */
export function coverMounts(
  mounts: readonly MountSpec[],
  own: readonly MountSpec[],
  below: Below,
  workDirectory: string,
): Covered {
  const targets = new Set(mounts.map(({ target }) => target));
  const asked = new Set(own.map(({ target }) => target));
  const kept: MountSpec[] = [];
  /** By target: two mounts may show the same place, one below the other. */
  const added = new Map<string, MountSpec | 'empty'>();
  for (const mount of mounts) {
    const isAsked = asked.has(mount.target);
    const places = [...below.hidden, ...(isAsked ? [] : below.credentials)];
    if (mount.kind === 'bind' && !isAsked && places.some(({ path }) => path === mount.source)) continue;
    kept.push(mount);
    if (mount.kind !== 'bind') continue;
    const add = (path: string, what: (target: string) => MountSpec | 'empty'): void => {
      const target = mount.target + path.slice(mount.source.length);
      if (!targets.has(target)) added.set(target, what(target));
    };
    const covers = outermost([...places, ...below.views].filter(({ path }) => isBelow(path, mount.source)));
    for (const path of mount.writable ? [] : below.fileSystems.filter((one) => isBelow(one, mount.source))) {
      const isCovered = covers.some((cover) => path === cover.path || isBelow(path, cover.path));
      if (!isCovered) add(path, (target) => ({ kind: 'bind', source: path, target, writable: false }));
    }
    for (const { path, isDirectory } of covers) {
      const source = blankFor(path, workDirectory);
      add(path, (target) => (isDirectory ? 'empty' : { kind: 'bind', source, target, writable: false }));
    }
  }
  return {
    mounts: [...kept, ...[...added.values()].filter((one) => one !== 'empty')],
    empty: [...added].filter(([, what]) => what === 'empty').map(([target]) => target),
  };
}

function outermost(places: readonly HostPath[]): readonly HostPath[] {
  return places.filter(({ path }) => !places.some((other) => other.isDirectory && isBelow(path, other.path)));
}
