import type { CopilotMode } from '../shared/copilot-host.ts';
import type { LogLevel } from '../shared/log-level.ts';
import type { ProviderTool } from '../shared/provider-tools.ts';
import type { AllowedEndpoint, SidecarBudget } from '../shared/sidecar-config.ts';
import type { NamePattern } from '../shared/host-pattern.ts';
import type { HostEntry } from '../shared/network.ts';
import type { OwnPrice } from '../shared/prices.ts';
import type { UsedPreset } from './egress-entry.ts';
import type { EgressRules } from './egress-rules.ts';
import type { GithubConfig } from './github.ts';
import type { NamedHosts } from './named-hosts.ts';
import type { NetworkConfig } from './network.ts';
import type { ProposedPreset } from './presets/auto.ts';
import type { ConfiguredProvider } from './providers.ts';
import type { Service } from './services.ts';
import type { FrontEndKind } from './source.ts';

/** What to run in the sandbox. */
export type Command =
  /** `shell` is an argv in which `{0}` is replaced with the script's path. */
  | { readonly kind: 'script'; readonly script: string; readonly shell: readonly string[] }
  | { readonly kind: 'argv'; readonly argv: readonly string[] };

/** A host path that the agent sees, in addition to the toolchain and the workspace. */
export interface UserMount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
  /** The place that asks for it, for use in messages: `mounts, line 2`, `--mount (2nd)`. */
  readonly origin: string;
}

/** A variable requested by `env`. Without a value, it gets the host's. */
export interface RequestedVariable {
  readonly name: string;
  readonly value: string | undefined;
}

/** A path in the workspace that the command should not change. */
export interface ProtectedPath {
  /** Relative to the workspace, without `.` and `..`. */
  readonly path: string;
  /**
   * Whether it is mounted read-only, or only compared before and after. A path that does not exist cannot be read-only,
   * so it is compared.
   */
  readonly mode: 'read-only' | 'report';
  /** Set for the policy file: one that the command makes is moved aside. */
  readonly isPolicy?: true;
}

/** Where the policy file of a run came from. */
export interface PolicyOrigin {
  /** Relative to the workspace, or as the user names it. */
  readonly file: string;
  /** The id of the commit that has it; undefined if it was read from the disk. */
  readonly commit: string | undefined;
  /** What the commit is: `the base of the pull request`, or what `policy-ref` says. */
  readonly from: string | undefined;
}

/** Everything a run needs to know, from either front end, except the credentials, which are in {@link Secrets}. */
export interface Config {
  /** Decides how messages name the options. */
  readonly frontEnd: FrontEndKind;
  /** What people call the run; undefined if it has no name. */
  readonly label: string | undefined;
  readonly command: Command;
  /** Absolute path. It is mounted read-write at the same path. */
  readonly workspace: string;
  /** Absolute path within `workspace`. */
  readonly workingDirectory: string;
  readonly apiProxy: boolean;
  /** The variables with keys that turned the api-proxy on. Empty if a flag or the front end did. */
  readonly apiProxyKeys: readonly string[];
  /** Empty without the api-proxy. */
  readonly providers: readonly ConfiguredProvider[];
  /** None without the api-proxy. */
  readonly namedHosts: NamedHosts;
  /** Placeholders for the clients of named hosts, by variable. */
  readonly hostVariables: Readonly<Record<string, string>>;
  /** What GitHub's token is for; undefined without one. */
  readonly github: GithubConfig | undefined;
  /** How Copilot CLI works with a token: as GitHub's own client, or with the api-proxy as a provider of the user's own. */
  readonly copilotMode: CopilotMode;
  /** Endpoints allowed in addition to those in the provider table. */
  readonly allowEndpoints: readonly AllowedEndpoint[];
  /** What a request may make a provider do for the command. */
  readonly allowProviderTools: readonly ProviderTool[];
  /** The policy file whose entries are among these values; undefined without one. */
  readonly policy: PolicyOrigin | undefined;
  /** What the command may reach. */
  readonly egress: EgressRules;
  /** Whether a refused request fails the run. */
  readonly failOnBlocked: boolean;
  /** Names that may be refused without failing it. */
  readonly knownBlocked: readonly NamePattern[];
  /** The presets in `egress`, and what they became on this machine. */
  readonly presets: readonly UsedPreset[];
  /** What the workspace's lockfiles suggest; undefined unless asked for. Nothing is allowed because of it. */
  readonly proposedPresets: readonly ProposedPreset[] | undefined;
  /** Whether the api-proxy carries programs that ignore the proxy variables. False without the api-proxy. */
  readonly transparent: boolean;
  /** Servers that the command may reach, each at a port of its own. */
  readonly services: readonly Service[];
  readonly addHosts: readonly HostEntry[];
  /** The network that the host is in. */
  readonly network: NetworkConfig;
  /** Additional CAs, as PEM. */
  readonly upstreamCa: string | undefined;
  readonly env: readonly RequestedVariable[];
  readonly envAll: boolean;
  readonly mounts: readonly UserMount[];
  readonly protectPaths: readonly ProtectedPath[];
  /** An image with a toolchain; undefined for the host's toolchain. */
  readonly agentImage: string | undefined;
  /** Where AWF's own images are pulled from, as `REGISTRY/PATH`. Undefined for the published ones, or a build. */
  readonly imageRegistry: string | undefined;
  /** In the format of Docker's `--memory`. Undefined for what suits the machine. */
  readonly memory: string | undefined;
  readonly pids: number;
  /** The command's time limit. Undefined for no limit. */
  readonly timeoutMinutes: number | undefined;
  /** Whether to ask the providers at the start whether they know their keys. */
  readonly checkKeys: boolean;
  readonly budget: SidecarBudget;
  /** Whether to keep what agent programs write about their work. */
  readonly agentLogs: boolean;
  /** The file with the command's result, relative to the workspace. Undefined for none. */
  readonly resultFile: string | undefined;
  /** The user's own; they take precedence over the price table. */
  readonly prices: readonly OwnPrice[];
  readonly logLevel: LogLevel;
  /** The directory for Squid's logs. Undefined for a new one below the temporary directory. */
  readonly proxyLogsDir: string | undefined;
  readonly keepContainers: boolean;
  /** About what was accepted, but not as it was written. */
  readonly warnings: readonly string[];
}
