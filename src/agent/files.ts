import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { serviceNames } from '../config/services.ts';
import type { MountSpec } from '../docker/spec.ts';
import { apiProxyUrl, type Addresses } from '../shared/network.ts';
import { PROVIDERS } from '../shared/providers.ts';
import type { GitSetting } from './git-identity.ts';
import { gitSettings } from './github-variables.ts';
import { mavenSettings } from './proxy-settings.ts';
import type { User } from '../host/user.ts';

/** The files below `/etc` that a run generates: container paths with contents. None of them contains a secret. */
export function systemFiles(config: Config, addresses: Addresses, user: User): Record<string, string> {
  const machine = managedSettings(config, addresses).filter(([path]) => path.startsWith('/'));
  return {
    ...accountFiles(user, config.agentImage === undefined ? '/bin/bash' : '/bin/sh'),
    [RESOLVER_FILE]: config.transparent ? resolverAt(addresses['api-proxy']) : NO_RESOLVER,
    ...Object.fromEntries(machine),
  };
}

/** Settings of programs in the private home: paths below the home with contents. */
export function homeSettings(
  config: Config,
  addresses: Addresses,
  identity: readonly GitSetting[] = [],
): Record<string, string> {
  const home = managedSettings(config, addresses).filter(([path]) => path.startsWith(HOME_PREFIX));
  return {
    ...Object.fromEntries(home.map(([path, content]) => [path.slice(HOME_PREFIX.length), content])),
    '.m2/settings.xml': mavenSettings(addresses, serviceNames(config.services)),
    ...gitSettings(config, identity),
  };
}

const HOME_PREFIX = '~/';

export const RESOLVER_FILE = '/etc/resolv.conf';

/**
 * Squid resolves all names; nothing resolves names in the sandbox. A query to the engine's own resolver would only time
 * out after 20 seconds, but one to a closed port on loopback fails at once.
 */
const NO_RESOLVER = 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n';

/** The api-proxy's resolver answers within a millisecond. A busy machine may need the second attempt. */
const resolverAt = (address: string): string => `nameserver ${address}\noptions attempts:3 timeout:2\n`;

/** Settings of agent programs. Settings for the whole machine are read-only, so that an agent cannot change them. */
function managedSettings(config: Config, addresses: Addresses): [path: string, content: string][] {
  if (!config.apiProxy) return [];
  const configured = new Set(config.providers.map(({ provider }) => provider.id));
  return PROVIDERS.flatMap((provider) => {
    const baseUrl = apiProxyUrl(addresses, provider.port);
    return provider.managedSettings
      .filter(({ when }) => when === 'always' || configured.has(provider.id))
      .map(({ path, content }): [string, string] => [path, content(baseUrl, config.allowProviderTools)]);
  });
}

/**
 * The account files. Without an entry for the user, git, ssh and Python's getpass fail.
 *
 * @param shell a shell that exists
 */
function accountFiles({ uid, gid, name, home }: User, shell: string): Record<string, string> {
  const accounts = [
    `root:x:0:0:root:${uid === 0 ? home : '/nonexistent'}:${shell}`,
    ...(uid === 0 ? [] : [`${name}:x:${uid}:${gid}::${home}:${shell}`]),
    ...(uid === NOBODY ? [] : [`nobody:x:${NOBODY}:${NOBODY}:nobody:/nonexistent:/bin/false`]),
  ];
  const groups = [
    'root:x:0:',
    ...(gid === 0 ? [] : [`${name}:x:${gid}:`]),
    ...(gid === NOBODY ? [] : [`nogroup:x:${NOBODY}:`]),
  ];
  return { '/etc/passwd': `${accounts.join('\n')}\n`, '/etc/group': `${groups.join('\n')}\n` };
}

/** The id of nobody, by the convention of the kernel and the distributions. */
const NOBODY = 65_534;

/**
 * Mounts for `files`, which {@link writeSystemFiles} writes below `directory`, each at its own path. A file directly in
 * `/etc` is mounted alone, any other together with its directory.
 */
export function systemFileMounts(directory: string, files: Readonly<Record<string, unknown>>): MountSpec[] {
  const targets = Object.keys(files).map((path) => (dirname(path) === '/etc' ? path : dirname(path)));
  return [...new Set(targets)].map((target) => ({
    kind: 'bind',
    source: join(directory, target),
    target,
    writable: false,
  }));
}

/** Writes `files`, container path to content, below `directory`. */
export function writeSystemFiles(directory: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    // A copy of the host's may be there, which its owner cannot write to.
    rmSync(file, { force: true });
    writeFileSync(file, content);
    // The agent's user may differ from the caller, so the file must be readable whatever the umask is.
    chmodSync(dirname(file), 0o755);
    chmodSync(file, 0o644);
  }
}
