import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PROXY_VARIABLES } from '../shared/proxy-variables.ts';

/**
 * The client gives every container the proxies of its own configuration, `proxies` in `~/.docker/config.json`, often with a
 * user's password, and has no option against it. It sets all the proxy variables (docker/cli, `ParseProxyConfig`). A variable that has a value already is left alone, be it empty.
 *
 * @param environment names the client's configuration
 * @returns variables for a container: none where the client sets none
 */
export function withoutClientProxies(environment: NodeJS.ProcessEnv): Record<string, string> {
  const directory = environment['DOCKER_CONFIG'] ?? join(environment['HOME'] ?? homedir(), '.docker');
  let proxies: unknown;
  try {
    const config = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8')) as { proxies?: unknown } | null;
    proxies = config?.proxies;
  } catch {
    // No configuration, or none that the client could read.
    return {};
  }
  if (proxies === undefined) return {};
  return Object.fromEntries(PROXY_VARIABLES.map((name) => [name, '']));
}
