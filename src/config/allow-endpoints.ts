import { UserError } from '../errors.ts';
import { checkEndpoint, ENDPOINT_METHODS } from '../shared/endpoints.ts';
import { PROVIDERS } from '../shared/providers.ts';
import type { AllowedEndpoint } from '../shared/sidecar-config.ts';
import { listEntries } from './allow-list.ts';

const HINT =
  `Write a provider, a method (${ENDPOINT_METHODS.join(', ')}) and a path in which * stands for a part of one segment, ` +
  'for example "openai GET /v1/files/*".';

/**
 * Reads `allow-endpoints`.
 *
 * @throws UserError naming the line, what is wrong with it and the form
 */
export function parseAllowEndpoints(text: string): AllowedEndpoint[] {
  return listEntries(text).map(({ text: entry, line }) => {
    try {
      return parseEntry(`allow-endpoints, line ${String(line)}, "${entry}"`, entry);
    } catch (cause) {
      throw new UserError(cause instanceof Error ? cause.message : String(cause), { hint: HINT, cause });
    }
  });
}

function parseEntry(name: string, entry: string): AllowedEndpoint {
  const [id, method, path, ...rest] = entry.split(/\s+/);
  const provider = PROVIDERS.find((known) => known.id === id);
  if (!provider)
    throw new Error(`${name}: the provider must be one of ${PROVIDERS.map((known) => known.id).join(', ')}.`);
  if (rest.length > 0) throw new Error(`${name}: there is a word too many.`);
  return { provider: provider.id, ...checkEndpoint(name, method, path) };
}
