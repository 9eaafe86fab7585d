import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PROXY_VARIABLES } from '../shared/proxy-variables.ts';

/**
 * The Docker client sets the proxy variables of every container from its own configuration, `proxies` in
 * `~/.docker/config.json`, which often contain a password. No option turns this off, but the client does not touch a
 * variable that already has a value, even an empty one.
 *
 * @param environment where the client finds its configuration
 * @returns empty variables for a container, or none if the client would set none
 */
export function withoutClientProxies(environment: NodeJS.ProcessEnv): Record<string, string> {
  const directory = environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? homedir(), '.docker');
  let proxies: unknown;
  try {
    const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as { proxies?: unknown } | null;
    proxies = config?.proxies;
  } catch {
    // There is no configuration, or the client cannot read it either.
    return {};
  }
  if (proxies === undefined) return {};
  return Object.fromEntries(PROXY_VARIABLES.map((name) => [name, '']));
}
