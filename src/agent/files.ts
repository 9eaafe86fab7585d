import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { apiProxyUrl, type Addresses } from '../shared/network.ts';
import { PROVIDERS } from '../shared/providers.ts';
import { mavenSettings } from './proxy-settings.ts';
import type { User } from '../host/user.ts';

/** Files below `/etc` that are the run's own: container path to content. None of them holds a secret. */
export function systemFiles(config: Config, addresses: Addresses, user: User): Record<string, string> {
  const machine = managedSettings(config, addresses).filter(([path]) => path.startsWith('/'));
  return {
    ...accountFiles(user, config.agentImage === undefined ? '/bin/bash' : '/bin/sh'),
    ...RESOLVER,
    ...Object.fromEntries(machine),
  };
}

/** Programs' settings in the private home: path below it to content. */
export function homeSettings(config: Config, addresses: Addresses): Record<string, string> {
  const home = managedSettings(config, addresses).filter(([path]) => path.startsWith(HOME));
  return {
    ...Object.fromEntries(home.map(([path, content]) => [path.slice(HOME.length), content])),
    '.m2/settings.xml': mavenSettings(addresses),
  };
}

const HOME = '~/';

/**
 * No name is resolved in the sandbox: Squid does that. The engine's own resolver would let a program that asks wait for
 * 20 seconds; a closed port on loopback tells it at once.
 */
const RESOLVER = { '/etc/resolv.conf': 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' };

/** What the agent programs are set to; the machine's settings are read-only, so that an agent cannot change them. */
function managedSettings(config: Config, addresses: Addresses): [path: string, content: string][] {
  if (!config.apiProxy) return [];
  const configured = new Set(config.providers.map(({ provider }) => provider.id));
  return PROVIDERS.flatMap((provider) => {
    const baseUrl = apiProxyUrl(addresses, provider.port);
    return provider.managedSettings
      .filter(({ when }) => when === 'always' || configured.has(provider.id))
      .map(({ path, content }): [string, string] => [path, content(baseUrl)]);
  });
}

/** Programs look themselves up: git, ssh and Python's getpass fail without an entry. @param shell that is there */
function accountFiles({ uid, gid, name, home }: User, shell: string): Record<string, string> {
  const accounts = [
    `root:x:0:0:root:${uid === 0 ? home : '/nonexistent'}:${shell}`,
    ...(uid === 0 ? [] : [`${name}:x:${String(uid)}:${String(gid)}::${home}:${shell}`]),
    ...(uid === NOBODY ? [] : [`nobody:x:${String(NOBODY)}:${String(NOBODY)}:nobody:/nonexistent:/bin/false`]),
  ];
  const groups = [
    'root:x:0:',
    ...(gid === 0 ? [] : [`${name}:x:${String(gid)}:`]),
    ...(gid === NOBODY ? [] : [`nogroup:x:${String(NOBODY)}:`]),
  ];
  return { '/etc/passwd': `${accounts.join('\n')}\n`, '/etc/group': `${groups.join('\n')}\n` };
}

/** Whom the kernel and the distributions know as nobody. */
const NOBODY = 65_534;

/**
 * Mounts for `files`, which {@link writeSystemFiles} puts below `directory`: a file of `/etc` alone, any other with its
 * directory.
 */
export function systemFileMounts(directory: string, files: Readonly<Record<string, string>>): MountSpec[] {
  return Object.keys(files).map((path) => {
    const target = dirname(path) === '/etc' ? path : dirname(path);
    return { kind: 'bind', source: join(directory, target), target, writable: false };
  });
}

/** Writes `files`, container path to content, below `directory`. */
export function writeSystemFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    // Whatever the caller's umask is: the agent's user may be another one.
    chmodSync(dirname(file), 0o755);
    chmodSync(file, 0o644);
  }
}
