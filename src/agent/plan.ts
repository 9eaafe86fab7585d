import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { credentialIn, type Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { UserError } from '../errors.ts';
import { isBelow } from '../host/paths.ts';
import type { Addresses } from '../shared/network.ts';
import { CLAUDE_JSON } from '../shared/contract.ts';
import { claudeJson } from './claude-json.ts';
import { CLEARED } from './environment-policy.ts';
import { agentEnvironment, baseDirectories, preflightChecks, RUNTIME_DIRECTORY } from './environment.ts';
import { homeSettings, placeSystemFiles, systemFiles } from './files.ts';
import { linkIntoHome } from '../mounts/home.ts';
import { hostToolchain } from '../mounts/host-toolchain.ts';
import { startDocument } from './start-document.ts';
import type { User } from '../host/user.ts';

/** What the agent's container is started with. */
export interface AgentPlan {
  readonly mounts: readonly MountSpec[];
  /** For the entrypoint's standard input. */
  readonly document: string;
  readonly warnings: readonly string[];
}

/**
 * Decides all that the agent sees, and writes its generated files below `workDirectory`.
 *
 * @param userMounts what the user asks for, checked
 * @throws UserError when something that the user gave would put a credential into the sandbox, or cannot be read
 */
export function planAgent(
  config: Config,
  secrets: Secrets,
  addresses: Addresses,
  user: User,
  host: NodeJS.ProcessEnv,
  workDirectory: string,
  userMounts: readonly MountSpec[],
): AgentPlan {
  refuseCredentialsInCommand(config, secrets);
  const environment = agentEnvironment(config, secrets, addresses, host, user);
  const toolchain = config.agentImage === undefined ? hostToolchain(user.home, host['RUNNER_TOOL_CACHE']) : [];
  // What lies in a mount of the user's is the user's: a link or a file of ours would appear on the host.
  const theirs = userMounts.map(({ target }) => target).filter((target) => isBelow(target, user.home));
  const tools = toolchain.filter(({ target }) => !theirs.some((other) => isBelow(target, other)));
  const settings = Object.entries(homeSettings(config, addresses)).filter(([path]) => {
    const target = join(user.home, path);
    return !theirs.some((other) => target === other || isBelow(target, other));
  });
  const files = placeSystemFiles(join(workDirectory, 'agent'), systemFiles(config, addresses, user));
  const claude = claudeFiles(config, secrets, user);
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
      ...(user.uid === 0 ? ['The command runs as root without capabilities, for the workspace belongs to root.'] : []),
    ],
  };
}

/** A key written into the script would be in the sandbox, whatever the environment holds. */
function refuseCredentialsInCommand({ command }: Config, secrets: Secrets): void {
  const text = command.kind === 'script' ? command.script : command.argv.join('\n');
  const found = credentialIn(text, secrets);
  if (found !== undefined) {
    throw new UserError(`The command contains the value of ${found}.`, {
      hint: 'Leave it out: the api-proxy puts the credential into the requests to the provider.',
    });
  }
}

/** The host's own file is read, never written. */
function claudeFiles(
  config: Config,
  secrets: Secrets,
  user: User,
): { readonly files: Record<string, string>; readonly warnings: readonly string[] } {
  if (!config.providers.some(({ provider }) => provider.id === 'anthropic')) {
    return { files: {}, warnings: [] };
  }
  const path = join(user.home, CLAUDE_JSON);
  const { content, withheld } = claudeJson(path, readIfPresent(path));
  const found = credentialIn(content, secrets);
  if (found !== undefined) {
    throw new UserError(`${path} contains the value of ${found}.`, { hint: 'Remove it from the file.' });
  }
  const warning = `Left out of the command's copy of ${path}, for they may be credentials: ${withheld.join(', ')}.`;
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
