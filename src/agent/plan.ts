import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configuredProviders, credentialIn, type Config } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import type { Addresses } from '../shared/network.ts';
import { CLAUDE_JSON } from '../shared/contract.ts';
import { claudeJson } from './claude-json.ts';
import { CLEARED } from './environment-policy.ts';
import { agentEnvironment, baseDirectories, preflightChecks, RUNTIME_DIRECTORY } from './environment.ts';
import { homeSettings, placeSystemFiles, systemFiles } from './files.ts';
import { isBelowOneOf, linkIntoHome } from '../mounts/home.ts';
import { hostToolchain } from '../mounts/host-toolchain.ts';
import { startDocument } from './start-document.ts';
import type { User } from '../host/user.ts';

/** Everything that the agent's container needs to start. */
export interface AgentPlan {
  readonly mounts: readonly MountSpec[];
  /** The standard input of the entrypoint. */
  readonly document: string;
  readonly warnings: readonly string[];
}

/**
 * Decides everything that the agent sees, and writes its generated files below `workDirectory`.
 *
 * @param userMounts the mounts that the user asks for, already checked
 * @throws UserError if something from the user would bring a credential into the sandbox, or cannot be read
 */
export function planAgent(
  config: Config,
  addresses: Addresses,
  user: User,
  host: NodeJS.ProcessEnv,
  workDirectory: string,
  userMounts: readonly MountSpec[],
): AgentPlan {
  refuseCredentialsInCommand(config);
  const environment = agentEnvironment(config, addresses, host, user);
  const toolchain = config.agentImage === undefined ? hostToolchain(user.home, host['RUNNER_TOOL_CACHE']) : [];
  // Nothing of ours goes into a mount of the user's: a link or a file would appear on the host.
  const mountsInHome = userMounts.map(({ target }) => target).filter((target) => target.startsWith(`${user.home}/`));
  const tools = toolchain.filter(({ target }) => !isBelowOneOf(target, mountsInHome));
  const settings = Object.entries(homeSettings(config, addresses)).filter(([path]) => {
    const target = join(user.home, path);
    return !mountsInHome.includes(target) && !isBelowOneOf(target, mountsInHome);
  });
  const files = placeSystemFiles(join(workDirectory, 'agent'), systemFiles(config, addresses, user));
  const claude = claudeFiles(config, user);
  const all = [...tools, ...files, ...userMounts];
  const { mounts, links } = linkIntoHome(all, user.home, (mount) => tools.includes(mount));
  return {
    mounts,
    document: startDocument({
      environment: environment.variables,
      command: config.command,
      checks: preflightChecks(config, addresses, environment),
      homeFiles: { ...Object.fromEntries(settings), ...claude.files },
      homeLinks: links,
      directories: [...Object.values(baseDirectories(user.home)), RUNTIME_DIRECTORY],
      cleared: CLEARED,
      modes: config.agentImage === undefined ? {} : { '/tmp': '1777', '/var/tmp': '1777', [user.home]: '700' },
    }),
    warnings: [
      ...claude.warnings,
      ...environment.withheld.map(({ name, reason }) => `${name} is withheld from the command: ${reason}.`),
      ...environment.warnings,
      ...(user.uid === 0 ? ['The command runs as root (without capabilities) because root owns the workspace.'] : []),
    ],
  };
}

/** Refuses a key in the script, which would bring it into the sandbox whatever the environment holds. */
function refuseCredentialsInCommand({ command, credentials }: Config): void {
  const text = command.kind === 'script' ? command.script : command.argv.join('\n');
  const found = credentialIn(text, credentials);
  if (found !== undefined) {
    throw new UserError(`The command contains the value of ${found}.`, {
      hint: 'Remove it: the api-proxy adds the credential to the requests to the provider.',
    });
  }
}

/** The sandbox's copy of `~/.claude.json`. The host's own file is never written. */
function claudeFiles(
  config: Config,
  user: User,
): { readonly files: Record<string, string>; readonly warnings: readonly string[] } {
  if (!configuredProviders(config).some(({ provider }) => provider.id === 'anthropic')) {
    return { files: {}, warnings: [] };
  }
  const path = join(user.home, CLAUDE_JSON);
  const { content, withheld } = claudeJson(path, readIfPresent(path));
  const found = credentialIn(content, config.credentials);
  if (found !== undefined) {
    throw new UserError(`${path} contains the value of ${found}.`, { hint: 'Remove it from the file.' });
  }
  const warning = `Left out of the command's copy of ${path} because they may be credentials: ${withheld.join(', ')}.`;
  return { files: { [CLAUDE_JSON]: content }, warnings: withheld.length === 0 ? [] : [warning] };
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UserError(`${path} cannot be read.`, { cause });
  }
}
