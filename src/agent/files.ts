import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configuredProviders, type Config } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import type { Addresses } from '../shared/network.ts';
import { PROVIDERS } from '../shared/providers.ts';
import type { User } from './user.ts';

/** Files below `/etc` that are the run's own: container path to content. None of them holds a secret. */
export function systemFiles(config: Config, addresses: Addresses, user: User): Record<string, string> {
  return { ...accountFiles(user), ...RESOLVER, ...managedSettings(config, addresses) };
}

/**
 * No name is resolved in the sandbox: Squid does that. The engine's own resolver would let a program that asks wait for
 * 20 seconds; a closed port on loopback tells it at once.
 */
const RESOLVER = { '/etc/resolv.conf': 'nameserver 127.0.0.1\noptions attempts:1 timeout:1\n' };

/**
 * The agent programs' machine-wide settings, read-only in the container: an agent can neither change them nor needs a
 * home directory for them.
 */
function managedSettings(config: Config, addresses: Addresses): Record<string, string> {
  if (!config.apiProxy) return {};
  const configured = new Set(configuredProviders(config).map(({ provider }) => provider.id));
  return Object.fromEntries(
    PROVIDERS.flatMap((provider) => {
      const baseUrl = `http://${addresses['api-proxy']}:${String(provider.port)}`;
      return provider.managedSettings
        .filter(({ when }) => when === 'always' || configured.has(provider.id))
        .map(({ path, content }): [string, string] => [path, content(baseUrl)]);
    }),
  );
}

/** Programs look themselves up: git, ssh and Python's getpass fail without an entry. */
function accountFiles({ uid, gid, name, home }: User): Record<string, string> {
  const others = uid === 0 ? '' : `${name}:x:${String(uid)}:${String(gid)}::${home}:/bin/bash\n`;
  const group = gid === 0 ? '' : `${name}:x:${String(gid)}:\n`;
  return {
    '/etc/passwd': `root:x:0:0:root:${uid === 0 ? home : '/nonexistent'}:/bin/bash\n${others}nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n`,
    '/etc/group': `root:x:0:\n${group}nogroup:x:65534:\n`,
  };
}

/**
 * Writes `files` below `directory` and mounts each at its own path. Whole directories are mounted where the program
 * looks at its directory (the Gemini CLI refuses one that others can write to).
 */
export function placeSystemFiles(directory: string, files: Record<string, string>): MountSpec[] {
  return Object.entries(files).map(([path, content]) => {
    const source = join(directory, path);
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, content);
    // Whatever the caller's umask is: the agent's user may be another one.
    chmodSync(dirname(source), 0o755);
    chmodSync(source, 0o644);
    return dirname(path) === '/etc'
      ? { kind: 'bind', source, target: path, writable: false }
      : { kind: 'bind', source: dirname(source), target: dirname(path), writable: false };
  });
}
