import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { optionName } from '../config/options.ts';
import { credentialIn, type Secrets } from '../config/secrets.ts';
import type { FrontEndKind } from '../config/source.ts';
import type { MountSpec } from '../docker/spec.ts';
import { OptionError, UserError } from '../errors.ts';
import { isAtOrBelow, isBelow } from '../host/paths.ts';
import type { User } from '../host/user.ts';
import { etcMounts, type EtcPlan } from '../mounts/etc-files.ts';
import { CLAUDE_JSON, linkIntoHome, workspaceLink } from '../mounts/home.ts';
import { AGENT_PLACES } from '../shared/contract.ts';
import { MODEL_CHOICE_PATH } from '../shared/model-choice.ts';
import { apiProxyUrl, type Addresses } from '../shared/network.ts';
import { PROVIDERS, type ProviderId } from '../shared/providers.ts';
import { claudeJson } from './claude-json.ts';
import { CLEARED } from './environment-policy.ts';
import {
  agentEnvironment,
  baseDirectories,
  preflightChecks,
  RUNTIME_DIRECTORY,
  type AgentEnvironment,
} from './environment.ts';
import { eventCopy } from './event-file.ts';
import { homeSettings, RESOLVER_FILE, systemFileMounts, systemFiles } from './files.ts';
import type { AgentHost } from './host.ts';
import { misplaced, type Misplaced, type SandboxView } from './host-places.ts';
import { installFiles, installLinks } from './installs.ts';
import { modelQuestions, type ModelQuestion } from './provider-variables.ts';
import { startDocument } from './start-document.ts';
import { TRANSCRIPT_WORDS } from './transcripts.ts';
import { planTrust } from './trust.ts';

/** What the plan needs to know beside the configuration. */
export interface AgentPlace {
  readonly addresses: Addresses;
  readonly user: User;
  readonly host: AgentHost;
  /** Where the generated system files will be on the host. */
  readonly directory: string;
  /** What the user asks for, checked. */
  readonly userMounts: readonly MountSpec[];
  /** How the command gets a standard input, as words; empty for none. */
  readonly input: string;
  /** PEM: the root of this run's authority, which every program in the sandbox is to trust; undefined without one. */
  readonly authority: string | undefined;
}

/** Everything that the agent's container needs to start. */
export interface AgentPlan {
  readonly mounts: readonly MountSpec[];
  /** Generated system files, container path to content, to be written below the place's directory. No secret is in them. */
  readonly systemFiles: Readonly<Record<string, string | Buffer>>;
  /** What is written beside the system files; undefined where an image has its own. */
  readonly etc: EtcPlan | undefined;
  /** The command's copy of the job's event; undefined if there is none. */
  readonly event: string | undefined;
  /** The standard input of the entrypoint. */
  readonly document: string;
  /** Which providers the api-proxy asks for a model, with the user's own choice. */
  readonly modelQuestions: ReadonlyMap<ProviderId, ModelQuestion>;
  /** The names of the variables that the command gets from outside. */
  readonly passed: AgentEnvironment['passed'];
  readonly warnings: readonly string[];
}

/**
 * Decides everything that the agent sees. Reads and writes nothing.
 *
 * @throws UserError if something from the user would bring a credential into the sandbox
 */
export function planAgent(config: Config, secrets: Secrets, place: AgentPlace): AgentPlan {
  const { addresses, user, host, userMounts } = place;
  refuseCredentialsInCommand(config, secrets);
  // Nothing of ours goes into a mount of the user's: a link or a file would appear on the host.
  const mountsInHome = userMounts.map(({ target }) => target).filter((target) => isBelow(target, user.home));
  const tools = host.toolchain.filter(({ target }) => !mountsInHome.some((other) => isBelow(target, other)));
  const isImage = config.agentImage !== undefined;
  const trust = planTrust(place.authority, host.trust, { ...host, ...place });
  const ofPrograms = homeSettings(config, addresses, identityWithout(host.identity, secrets));
  const written = { ...ofPrograms, ...(isImage ? {} : installFiles()), ...trust.homeFiles };
  const settings = Object.entries(written).filter(([path]) => {
    const target = join(user.home, path);
    return !mountsInHome.some((other) => target === other || isBelow(target, other));
  });
  const files = { ...systemFiles(config, addresses, user), ...trust.files };
  const etc = withoutMounts(host.etc, trust.replaced);
  const claude = claudeFiles(config, secrets, place);
  const all = [...tools, ...settingsMounts(place.directory, files, etc), ...trust.mounts, ...userMounts];
  const view = sandboxView(config, place, [...tools, ...userMounts, ...(etc?.mounts ?? [])], etc);
  const fit = (name: string, value: string): Misplaced | undefined =>
    trust.isJoined(name, value) ? undefined : misplaced(name, value, view);
  const environment = agentEnvironment(config, secrets, addresses, host.environment, user, { fit, trust });
  const event = eventCopy(host, secrets);
  const questions = modelQuestions(config, environment);
  const asked = PROVIDERS.filter(({ id }) => questions.has(id));
  const { mounts, links } = linkIntoHome(all, user.home, config.workspace, host.toolDirectories);
  return {
    mounts,
    systemFiles: files,
    etc,
    event: event.text,
    document: startDocument({
      environment: { ...environment.variables, ...event.variables },
      command: config.command,
      modelUrls: asked.map(({ port }) => apiProxyUrl(addresses, port) + MODEL_CHOICE_PATH),
      checks: preflightChecks(config, addresses, environment, host.identities),
      homeFiles: { ...Object.fromEntries(settings), ...claude.files },
      homeLinks: { ...links, ...ownLinks(config, place, mounts) },
      umask: host.umask,
      directories: [...Object.values(baseDirectories(user.home)), RUNTIME_DIRECTORY],
      cleared: CLEARED,
      transcripts: config.agentLogs ? TRANSCRIPT_WORDS : '',
      trust: trust.words,
      services: serviceWords(config),
      input: place.input,
      modes: !isImage ? {} : { '/tmp': '1777', '/var/tmp': '1777', [user.home]: '700' },
    }),
    modelQuestions: questions,
    passed: environment.passed,
    warnings: [
      ...claude.warnings,
      ...environment.withheld.map(({ name, reason }) => `${name} is withheld from the command: ${reason}.`),
      ...environment.warnings,
      ...event.warnings,
      ...hopelessCalls(config),
      ...missingPrograms(config, host, [...tools, ...userMounts]),
      ...(user.uid === 0 ? [rootWarning(config.frontEnd)] : []),
    ],
  };
}

/** Links in the home to the host's corepack, and to a workspace that scripts know by a link: `${{ github.workspace }}`. */
function ownLinks(
  { workspace, agentImage }: Config,
  { user, host }: AgentPlace,
  mounts: readonly MountSpec[],
): Record<string, string> {
  const named = host.environment['GITHUB_WORKSPACE'] ?? '';
  return {
    ...(host.links.get(named) === workspace ? workspaceLink(named, user.home, workspace, mounts) : {}),
    ...(agentImage === undefined ? installLinks(host.corepack) : {}),
  };
}

/** A directory with the sockets, and the ports. */
function serviceWords({ services }: Config): string {
  if (services.length === 0) return '';
  return [AGENT_PLACES.services, ...services.map(({ port }) => port)].join(' ');
}

/** @param mounts what the sandbox shows of the host beside the workspace */
function sandboxView(
  { workspace, agentImage }: Config,
  { user, host }: AgentPlace,
  mounts: readonly MountSpec[],
  etc: EtcPlan | undefined,
): SandboxView {
  const settings = [...(etc?.files ?? []), ...(etc?.links ?? [])].map(({ path }) => ({ path, writable: false }));
  return {
    places: [
      ...mounts.map((mount) => ({ path: mount.target, writable: mount.kind === 'bind' && mount.writable })),
      ...settings,
      { path: workspace, writable: true },
    ],
    closed: [...host.below.hidden, ...host.below.credentials].map(({ path }) => path),
    home: user.home,
    temporary: host.temporary,
    isImage: agentImage !== undefined,
    ...{ kinds: host.kinds, links: host.links },
  };
}

/** Mounts for `/etc`, or for the generated files alone where an image has the rest. */
function settingsMounts(directory: string, files: AgentPlan['systemFiles'], etc: EtcPlan | undefined): MountSpec[] {
  if (etc === undefined) return systemFileMounts(directory, files);
  // The engine mounts a file of its own over any other resolv.conf.
  const own: readonly string[] = [RESOLVER_FILE, AGENT_PLACES.trust];
  const others = systemFileMounts(directory, files).filter(({ target }) => own.includes(target));
  return [...etcMounts(directory, etc), ...others];
}

/** `/etc` without the mounts at `paths`, for which the run has files of its own. */
function withoutMounts(etc: EtcPlan | undefined, paths: readonly string[]): EtcPlan | undefined {
  return etc && { ...etc, mounts: etc.mounts.filter(({ target }) => !paths.includes(target)) };
}

/** Refuses a key in the script, which would bring it into the sandbox whatever the environment holds. */
function refuseCredentialsInCommand({ command }: Config, secrets: Secrets): void {
  const found = credentialIn(textOf(command, '\n'), secrets);
  if (found !== undefined) {
    throw new OptionError(`The command contains the value of ${found}.`, {
      hint: 'Remove it: the api-proxy adds the credential to the requests to the provider.',
    });
  }
}

/** @param how the command is run: "runs", or "will run" before a run */
export const rootWarning = (frontEnd: FrontEndKind, how = 'runs'): string =>
  `The command ${how} as root (without capabilities) because root owns the workspace. ` +
  `To avoid it, run ${frontEnd === 'action' ? 'the job' : 'awf'} as an ordinary user.`;

const textOf = (command: Config['command'], separator: string): string =>
  command.kind === 'script' ? command.script : command.argv.join(separator);

/** Where `npx` has put AWF itself, and then in front of `PATH`. */
const NPX = /\/_npx\/[^/]+\/node_modules\/\.bin$/;

/** Programs that a setup action has put where nobody looks are not found, and `PATH` alone does not say why. */
function missingPrograms({ workspace, frontEnd }: Config, host: AgentHost, mounts: readonly MountSpec[]): string[] {
  const seen = [workspace, ...mounts.map(({ target }) => target)];
  const isSeen = (path: string): boolean => seen.some((top) => isAtOrBelow(path, top));
  const missing = host.programDirectories.filter(
    (path) => !isSeen(path) && !isSeen(host.links.get(path) ?? path) && !NPX.test(path),
  );
  if (missing.length === 0) return [];
  return [
    `PATH names ${missing.join(', ')}, which the sandbox does not have. If the command needs a program from there, mount ` +
      `the directory (${optionName(frontEnd, 'mounts')}).`,
  ];
}

/** Said before the program starts: what it prints itself is often buried in its log. */
function hopelessCalls({ command, providers }: Config): string[] {
  const text = textOf(command, ' ');
  return providers.flatMap(({ provider }) =>
    provider.hopeless.filter((one) => one.command.test(text)).map(({ reason }) => reason),
  );
}

/** Who commits, without what happens to be a credential. */
const identityWithout = (identity: AgentHost['identity'], secrets: Secrets): AgentHost['identity'] =>
  identity.filter(([, value]) => credentialIn(value, secrets) === undefined);

/** The sandbox's copy of `~/.claude.json`. The host's own file is never written. */
function claudeFiles(
  config: Config,
  secrets: Secrets,
  { user, host }: AgentPlace,
): { readonly files: Record<string, string>; readonly warnings: readonly string[] } {
  if (!config.providers.some(({ provider }) => provider.id === 'anthropic')) {
    return { files: {}, warnings: [] };
  }
  const path = join(user.home, CLAUDE_JSON);
  const { content, withheld } = claudeJson(path, host.claudeJson, config.workspace);
  const found = credentialIn(content, secrets);
  if (found !== undefined) {
    throw new UserError(`${path} contains the value of ${found}.`, { hint: 'Remove it from the file.' });
  }
  const warning =
    `The command's copy of ${path} has no MCP servers, because their settings may be credentials: ` +
    `${withheld.join(', ')}. Put those that it needs into .mcp.json.`;
  return { files: { [CLAUDE_JSON]: content }, warnings: withheld.length === 0 ? [] : [warning] };
}
