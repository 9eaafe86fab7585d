import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { isBelow } from '../host/paths.ts';
import type { LogLevel } from '../shared/log-level.ts';
import { CREDENTIALS, ownHost, PROVIDERS, type Provider, type ProviderId } from '../shared/providers.ts';
import { normaliseCredential, type SidecarBudget, type Target } from '../shared/sidecar-config.ts';
import type { HostEntry } from '../shared/network.ts';
import { parseAllowEndpoints } from './allow-endpoints.ts';
import { listEntries, parseAllowList } from './allow-list.ts';
import type { Command, Config, RequestedVariable, UserMount } from './config.ts';
import { canonicalHost } from './domain.ts';
import { OPTIONS, type Option } from './options.ts';
import { parseProtectPaths } from './protect-paths.ts';
import { configuredProviders } from './providers.ts';
import type { Secrets } from './secrets.ts';
import { parseTarget } from './target.ts';

/** The options as text, from whichever front end; empty when not given. */
export type RawOptions = (name: string) => string;

/** What a front end knows beside the options. */
export interface Surroundings {
  readonly command: Command;
  /** Credentials by variable, as given. */
  readonly credentials: ReadonlyMap<string, string | undefined>;
  readonly apiProxy: boolean;
  /** The GitHub server's address, as `GITHUB_SERVER_URL` has it; undefined or empty for github.com. */
  readonly serverUrl: string | undefined;
  /** Absolute. */
  readonly workspace: string;
}

/**
 * Checks every option and builds the one {@link Config}.
 *
 * @throws UserError naming the option and the remedy
 */
export function buildConfig(raw: RawOptions, around: Surroundings): { config: Config; secrets: Secrets } {
  const workspace = realDirectory('the workspace', around.workspace);
  const secrets = credentials(around.credentials);
  const upstreams = targets(raw, secrets, around);
  const allow = parseAllowList(raw('allow-domains'));
  const config = {
    command: around.command,
    workspace,
    workingDirectory: within(workspace, raw('working-directory')),
    apiProxy: around.apiProxy,
    providers: around.apiProxy ? configuredProviders(secrets, upstreams, allow) : [],
    allowEndpoints: parseAllowEndpoints(raw('allow-endpoints')),
    allow,
    addHosts: listEntries(raw('add-hosts')).map(({ text, line }) => hostEntry(text, line)),
    upstreamCa: certificates(raw('upstream-ca'), workspace),
    env: requestedVariables(raw('env')),
    envAll: boolean('env-all', raw),
    mounts: listEntries(raw('mounts')).map(({ text, line }) => userMount(text, line)),
    protectPaths: parseProtectPaths(raw('protect-paths'), workspace),
    agentImage: raw('agent-image') === '' ? undefined : raw('agent-image'),
    memory: memory(raw('memory')),
    pids: count('pids', raw) ?? 0,
    timeoutMinutes: minutes('timeout-minutes', raw),
    budget: budget(count('max-requests', raw), count('max-tokens', raw)),
    logLevel: choice('log-level', raw) as LogLevel,
    proxyLogsDir: raw('proxy-logs-dir') === '' ? undefined : resolve(raw('proxy-logs-dir')),
    keepContainers: boolean('keep-containers', raw),
  };
  return { config, secrets };
}

/** An option with a fixed set of values. @throws UserError listing the set */
export function choice(name: string, raw: RawOptions): string {
  const choices = optionNamed(name).choices ?? [];
  const value = raw(name);
  if (choices.includes(value)) return value;
  throw new UserError(`${name}: "${value}" is not one of its values.`, {
    hint: `Write one of: ${choices.join(', ')}.`,
  });
}

/** `true` or `false`. */
export function boolean(name: string, raw: RawOptions): boolean {
  const value = raw(name).toLowerCase();
  if (value === 'true' || value === 'false') return value === 'true';
  throw new UserError(`${name}: "${raw(name)}" is not one of its values.`, { hint: 'Write one of: true, false.' });
}

/** A whole number from 1. @returns undefined when not given */
export function count(name: string, raw: RawOptions): number | undefined {
  const value = raw(name);
  if (value === '') return undefined;
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new UserError(`${name}: "${value}" is not a whole number above 0.`);
}

/** The longest time that a timer of Node.js can wait is a little more. */
const MAX_MINUTES = 30_000;

/** A number above 0, a fraction too. @returns undefined when not given */
function minutes(name: string, raw: RawOptions): number | undefined {
  const value = raw(name);
  if (value === '') return undefined;
  const number = /^\d{1,5}(\.\d{1,6})?$/.test(value) ? Number(value) : 0;
  if (number > 0 && number <= MAX_MINUTES) return number;
  throw new UserError(`${name}: "${value}" is not a number of minutes.`, {
    hint: `Write a number above 0 and up to ${String(MAX_MINUTES)}, for example "30" or "0.5".`,
  });
}

function budget(maxRequests: number | undefined, maxTokens: number | undefined): SidecarBudget {
  return {
    ...(maxRequests === undefined ? {} : { maxRequests }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  };
}

/** The `shell` option as an argv. */
export function shellArgv(shell: string): string[] {
  if (shell === 'bash') return ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}'];
  if (shell === 'sh') return ['sh', '-e', '{0}'];
  if (shell.includes('{0}')) return shell.split(/\s+/).filter((word) => word !== '');
  throw new UserError(`shell: "${shell}" is not one of its values.`, {
    hint: 'Write bash, sh, or a command with {0} in the place of the script, for example "python3 {0}".',
  });
}

export function optionNamed(name: string): Option {
  const option = OPTIONS.find((candidate) => candidate.name === name);
  if (!option) throw new Error(`no option is named ${name}`);
  return option;
}

function credentials(given: Surroundings['credentials']): Map<string, string> {
  const found = new Map<string, string>();
  for (const { variable, input } of CREDENTIALS) {
    let value: string | undefined;
    try {
      value = normaliseCredential(`${input} (${variable})`, given.get(variable));
    } catch (error) {
      throw new UserError(error instanceof Error ? error.message : String(error));
    }
    if (value !== undefined) found.set(variable, value);
  }
  return found;
}

function targets(raw: RawOptions, secrets: Secrets, { apiProxy, serverUrl }: Surroundings): Record<ProviderId, Target> {
  const entries = PROVIDERS.map((provider): [ProviderId, Target] => {
    // The address of a server is nobody's concern where the provider is not used.
    const used = apiProxy && provider.credentials.some(({ variable }) => secrets.has(variable));
    const text = raw(provider.targetInput) || (used ? hostByServer(provider, serverUrl) : provider.defaultTarget);
    return [provider.id, parseTarget(provider.targetInput, text)];
  });
  return Object.fromEntries(entries) as Record<ProviderId, Target>;
}

function hostByServer(provider: Provider, serverUrl: string | undefined): string {
  try {
    return ownHost(provider, serverUrl);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error), {
      hint: `${provider.name} is reached at a host that depends on it. Correct the variable, or name the host in ${provider.targetInput}.`,
    });
  }
}

function hostEntry(text: string, line: number): HostEntry {
  const colon = text.indexOf(':');
  const name = canonicalHost(text.slice(0, Math.max(colon, 0)));
  const address = text.slice(colon + 1).replace(/^\[|\]$/g, '');
  if (name === undefined || isIP(address) !== 4) {
    throw new UserError(`add-hosts, line ${String(line)}: "${text}" is not name:address.`, {
      hint: 'Write a domain name, a colon and an IPv4 address, for example "gateway.example.com:10.1.2.3".',
    });
  }
  return { name, address };
}

function requestedVariables(text: string): RequestedVariable[] {
  const lines = new Map<string, number>();
  return variableLines(text).map((entry) => {
    const variable = requestedVariable(entry.text, entry.line);
    const before = lines.get(variable.name);
    if (before !== undefined) {
      throw new UserError(`env, line ${String(entry.line)}: line ${String(before)} names ${variable.name} already.`, {
        hint: 'Name each variable once.',
      });
    }
    lines.set(variable.name, entry.line);
    return variable;
  });
}

/** As every list, but a `#` behind a value belongs to the value. */
function variableLines(text: string): { text: string; line: number }[] {
  return text
    .split('\n')
    .map((line, index) => ({ text: line.trim(), line: index + 1 }))
    .filter((entry) => entry.text !== '' && !entry.text.startsWith('#'));
}

function requestedVariable(text: string, line: number): RequestedVariable {
  const match = /^(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:=(?<value>.*))?$/s.exec(text);
  const name = match?.groups?.['name'];
  if (name === undefined) {
    throw new UserError(`env, line ${String(line)}: this is no variable.`, {
      hint: 'Write NAME or NAME=value, one a line; a name has letters, digits and underscores. A value with line breaks goes into the environment of the step or of awf; then write its NAME alone.',
    });
  }
  return { name, value: match?.groups?.['value'] };
}

function userMount(text: string, line: number): UserMount {
  const writable = text.endsWith(':rw');
  const [source = '', target = source, ...rest] = text.replace(/:(rw|ro)$/, '').split(':');
  if (rest.length > 0 || !isAbsolute(source) || !isAbsolute(target)) {
    const tilde = [source, target].some((path) => path.startsWith('~')) ? ' A ~ is not expanded here.' : '';
    throw new UserError(`mounts, line ${String(line)}: "${text}" is not source[:target][:rw].`, {
      hint: `Write absolute paths, for example "/srv/models:/models" or "/srv/cache:/cache:rw".${tilde}`,
    });
  }
  return { source: resolve(source), target: resolve(target), writable };
}

function memory(text: string): string {
  if (/^[1-9]\d*[bkmg]?$/i.test(text)) return text.toLowerCase();
  throw new UserError(`memory: "${text}" is not a size.`, { hint: 'Write a number with k, m or g, for example "6g".' });
}

function certificates(path: string, workspace: string): string | undefined {
  if (path === '') return undefined;
  let pem: string;
  try {
    pem = readFileSync(resolve(workspace, path), 'utf8');
  } catch (cause) {
    throw new UserError(`upstream-ca: ${path} cannot be read.`, { hint: 'Name a PEM file that exists.', cause });
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new UserError(`upstream-ca: ${path} has no PEM certificate.`, {
      hint: 'It must hold one or more "-----BEGIN CERTIFICATE-----" blocks.',
    });
  }
  return pem;
}

function realDirectory(what: string, path: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw new UserError(`${what} (${path}) cannot be read.`, { cause });
  }
  throw new UserError(`${what} (${path}) is not a directory.`);
}

function within(workspace: string, path: string): string {
  const directory = realDirectory('working-directory', resolve(workspace, path));
  if (directory === workspace || isBelow(directory, workspace)) return directory;
  throw new UserError(`working-directory: ${path} is outside the workspace ${workspace}.`, {
    hint: 'The sandbox sees the workspace only; name a directory inside it.',
  });
}
