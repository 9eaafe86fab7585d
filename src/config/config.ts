import { CREDENTIALS, isOwnHost, PROVIDERS, type Provider, type ProviderId } from '../shared/providers.ts';
import type { LogLevel } from '../shared/log-level.ts';
import type { AllowedEndpoint, SidecarBudget, Target } from '../shared/sidecar-config.ts';
import type { HostEntry } from '../shared/network.ts';
import { isAllowed, type AllowList } from './allow-list.ts';

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
  /** Of the option, for messages. */
  readonly line: number;
}

/** Everything a run needs to know, from whichever front end. */
export interface Config {
  readonly command: Command;
  /** Absolute path, mounted read-write at its own place. */
  readonly workspace: string;
  /** Absolute path within `workspace`. */
  readonly workingDirectory: string;
  readonly apiProxy: boolean;
  /** By variable name; trimmed, never empty. */
  readonly credentials: ReadonlyMap<string, string>;
  readonly targets: Readonly<Record<ProviderId, Target>>;
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

/** A provider with the credential to inject. */
export interface ConfiguredProvider {
  readonly provider: Provider;
  readonly credential: string;
  readonly target: Target;
}

/** The providers for which a credential was given. */
export function configuredProviders(config: Config): ConfiguredProvider[] {
  if (!config.apiProxy) return [];
  return PROVIDERS.flatMap((provider) => {
    const given = provider.credentials.find(({ variable }) => config.credentials.has(variable));
    const credential = given && config.credentials.get(given.variable);
    return credential === undefined ? [] : [{ provider, credential, target: config.targets[provider.id] }];
  });
}

/** True when Squid lets the api-proxy reach a provider's upstream: its own host, or one that `allow-domains` covers. */
export function isPermitted({ provider, target }: ConfiguredProvider, allow: AllowList): boolean {
  return isOwnHost(provider, target.host) || isAllowed(allow, 'https', target.host);
}

/** `text`, with asterisks in the place of each credential. */
export function maskCredentials(text: string, credentials: ReadonlyMap<string, string>): string {
  // The longest first: another one may be its beginning.
  const values = [...credentials.values()].sort((a, b) => b.length - a.length);
  return values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}

/** @returns the input or variable whose credential `text` contains */
export function credentialIn(text: string, credentials: ReadonlyMap<string, string>): string | undefined {
  return CREDENTIALS.find(({ variable }) => {
    const value = credentials.get(variable);
    return value !== undefined && text.includes(value);
  })?.variable;
}
