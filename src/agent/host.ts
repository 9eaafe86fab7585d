import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import type { Slices } from '../host/slices.ts';
import type { User } from '../host/user.ts';
import { readEvent, type HostEvent } from './event-file.ts';
import { readGitIdentity, type GitSetting } from './git-identity.ts';
import { readHostTrust, type HostTrust } from './host-trust.ts';
import { readIdentities, type Identities } from './identities.ts';
import { readKinds, readLinks, type PathKinds, type PathLinks } from './host-places.ts';
import { readEtc } from '../mounts/etc.ts';
import { planEtc, type EtcPlan } from '../mounts/etc-files.ts';
import { CLAUDE_JSON, openDirectories } from '../mounts/home.ts';
import { readBelow, type Below, type Surroundings } from '../mounts/hidden.ts';
import { hostToolchain, programDirectories } from '../mounts/host-toolchain.ts';

/** What the agent's plan takes from the host, read beforehand: planning itself touches nothing. */
export interface AgentHost {
  readonly environment: NodeJS.ProcessEnv;
  /** Read-only mounts; none where an image has the tools. */
  readonly toolchain: readonly MountSpec[];
  /** What the sandbox has of `/etc`; undefined where an image has its own. */
  readonly etc: EtcPlan | undefined;
  /** What must not be seen or written below mounted directories. */
  readonly below: Below;
  /** The names in the toolchain's directories in the home, by the directory's path. */
  readonly toolDirectories: ReadonlyMap<string, readonly string[]>;
  /** The directories of the caller's `PATH` that have programs; none where an image has them. */
  readonly programDirectories: readonly string[];
  /** What the paths in the caller's variables are. */
  readonly kinds: PathKinds;
  /** Where they lead. */
  readonly links: PathLinks;
  /** The caller's corepack; undefined where there is none, or where an image has the tools. */
  readonly corepack: string | undefined;
  /** The caller's directories for temporary files. */
  readonly temporary: readonly string[];
  /** Content of the user's own `~/.claude.json`; undefined where there is none, or where Claude Code has no key. */
  readonly claudeJson: string | undefined;
  /** The caller's mask for the modes of new files, octal. */
  readonly umask: string;
  /** Who commits in the workspace. */
  readonly identity: readonly GitSetting[];
  /** The event of the job. */
  readonly event: HostEvent;
  /** What the workspace and the programs are. */
  readonly identities: Identities;
  /** What programs trust outside; undefined where they trust nothing more in the sandbox. */
  readonly trust: HostTrust | undefined;
}

/**
 * Reads what {@link AgentHost} lists.
 *
 * @param surroundings the caller's environment, and where things are on the host
 * @param userMounts the user's mounts, which may lie in `/etc`
 * @param hasAuthority whether the run has an authority
 * @throws UserError if `~/.claude.json` exists and cannot be read
 */
export function* readAgentHost(
  config: Config,
  user: User,
  surroundings: Surroundings,
  { userMounts, hasAuthority }: { readonly userMounts: readonly MountSpec[]; readonly hasAuthority: boolean },
): Slices<AgentHost> {
  const { environment } = surroundings;
  const isImage = config.agentImage !== undefined;
  const tools = hostToolchain(user.home, environment, config.workspace);
  yield;
  const below = yield* readBelow(surroundings, [...tools, ...userMounts]);
  yield;
  const etc = isImage ? undefined : planEtc(yield* readEtc(below), userMounts);
  yield;
  const toolchain = isImage ? [] : tools;
  const usesClaude = config.providers.some(({ provider }) => provider.id === 'anthropic');
  return {
    ...{ environment, toolchain, etc, below },
    toolDirectories: openDirectories(toolchain, user.home),
    ...programsOf(isImage ? [] : programDirectories(environment)),
    ...{ kinds: readKinds(environment), links: readLinks(environment) },
    temporary: [environment['RUNNER_TEMP'] ?? '', surroundings.temporary].filter((path) => path !== ''),
    claudeJson: usesClaude ? readIfPresent(join(user.home, CLAUDE_JSON)) : undefined,
    umask: readUmask(),
    identity: readGitIdentity(config.workspace, { ...environment, HOME: user.home }),
    event: readEvent(environment),
    identities: readIdentities(config, toolchain),
    trust: hasAuthority ? readHostTrust(config, environment, userMounts) : undefined,
  };
}

function programsOf(directories: readonly string[]): Pick<AgentHost, 'programDirectories' | 'corepack'> {
  const corepack = directories.map((directory) => join(directory, 'corepack')).find((path) => existsSync(path));
  return { programDirectories: directories, corepack };
}

/** Of proc_pid_status(5). To ask the kernel itself would change it for a moment. */
function readUmask(): string {
  return /^Umask:\t(0[0-7]{1,3})$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '022';
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError(`${path} cannot be read.`, { cause });
  }
}
