import type { LogLevel } from '../shared/log-level.ts';
import type { AllowedEndpoint, SidecarBudget } from '../shared/sidecar-config.ts';
import type { HostEntry } from '../shared/network.ts';
import type { AllowList } from './allow-list.ts';
import type { ConfiguredProvider } from './providers.ts';
import type { FrontEndKind } from './source.ts';

/** What to run in the sandbox. */
export type Command =
  /** `shell` is an argv in which `{0}` stands for the script's path. */
  | { readonly kind: 'script'; readonly script: string; readonly shell: readonly string[] }
  | { readonly kind: 'argv'; readonly argv: readonly string[] };

/** A path of the host that the agent sees, beside the toolchain's and the workspace. */
export interface UserMount {
  readonly source: string;
  readonly target: string;
  readonly writable: boolean;
  /** The place that asks for it, for messages: `mounts, line 2`, `--mount (2nd)`. */
  readonly origin: string;
}

/** A variable asked for by `env`: the host's value when none is given. */
export interface RequestedVariable {
  readonly name: string;
  readonly value: string | undefined;
}

/** A path of the workspace that the command is not to change. */
export interface ProtectedPath {
  /** Relative to the workspace, without `.` and `..`. */
  readonly path: string;
  /** Mounted read-only, or only compared before and after. What does not exist cannot be read-only, and is compared. */
  readonly mode: 'read-only' | 'report';
}

/** Everything a run needs to know, from whichever front end, except the credentials: those are {@link Secrets}. */
export interface Config {
  /** Which names the options have in messages. */
  readonly frontEnd: FrontEndKind;
  readonly command: Command;
  /** Absolute path, mounted read-write at its own place. */
  readonly workspace: string;
  /** Absolute path within `workspace`. */
  readonly workingDirectory: string;
  readonly apiProxy: boolean;
  /** Empty without the api-proxy. */
  readonly providers: readonly ConfiguredProvider[];
  /** Beside the endpoints of the providers' tables. */
  readonly allowEndpoints: readonly AllowedEndpoint[];
  readonly allow: AllowList;
  readonly addHosts: readonly HostEntry[];
  /** PEM. */
  readonly upstreamCa: string | undefined;
  readonly env: readonly RequestedVariable[];
  readonly envAll: boolean;
  readonly mounts: readonly UserMount[];
  readonly protectPaths: readonly ProtectedPath[];
  /** An image with a toolchain; undefined for the host's toolchain. */
  readonly agentImage: string | undefined;
  /** As Docker's `--memory`. */
  readonly memory: string;
  readonly pids: number;
  /** Run time of the command; undefined for no limit. */
  readonly timeoutMinutes: number | undefined;
  readonly budget: SidecarBudget;
  readonly logLevel: LogLevel;
  /** Where Squid's logs go; undefined for a new directory below the temporary one. */
  readonly proxyLogsDir: string | undefined;
  readonly keepContainers: boolean;
}
