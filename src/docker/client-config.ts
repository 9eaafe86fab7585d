import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { nonEmpty } from '../host/variables.ts';
import { isObject, type JsonObject } from '../shared/json.ts';

/**
 * Where the client finds its engine, as far as that can be told without asking the client: a call of it takes as long as
 * many of a run's steps.
 *
 * @returns undefined if a context decides
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export function clientEndpoint(environment: NodeJS.ProcessEnv): string | undefined {
  const { DOCKER_HOST: host = '', DOCKER_CONTEXT: context = '' } = environment;
  if (host !== '') return host.includes('://') ? host : undefined;
  const current = context === '' ? (clientConfig(environment)['currentContext'] ?? '') : context;
  return current === '' || current === 'default' ? 'unix:///var/run/docker.sock' : undefined;
}

/** The client's own configuration. Empty if there is none, or the client cannot read it either. */
function clientConfig(environment: NodeJS.ProcessEnv): JsonObject {
  const directory =
    nonEmpty(environment, 'DOCKER_CONFIG') ?? join(nonEmpty(environment, 'HOME') ?? homedir(), '.docker');
  try {
    const config: unknown = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
    return isObject(config) ? config : {};
  } catch {
    return {};
  }
}
