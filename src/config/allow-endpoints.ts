import { withHint } from '../errors.ts';
import { checkEndpoint, ENDPOINT_METHODS } from '../shared/endpoints.ts';
import { PROVIDERS } from '../shared/providers.ts';
import type { AllowedEndpoint } from '../shared/sidecar-config.ts';
import { ValueError } from '../shared/value-error.ts';
import { placeOf, type Given } from './source.ts';

const HINT =
  `Write a provider, a method (${ENDPOINT_METHODS.join(', ')}) and a path in which * stands for a part of one segment, ` +
  'for example "openai GET /v1/files/*".';

/** An entry of `allow-endpoints`: `provider METHOD /path`. */
export function allowedEndpoint({ text, source }: Given): AllowedEndpoint {
  const name = `${placeOf(source)}, "${text}"`;
  const [id, method, path, ...rest] = text.split(/\s+/);
  return withHint(HINT, () => {
    const provider = PROVIDERS.find((known) => known.id === id);
    if (!provider) {
      throw new ValueError(`${name}: the provider must be one of ${PROVIDERS.map((known) => known.id).join(', ')}.`);
    }
    if (rest.length > 0) throw new ValueError(`${name}: there is a word too many.`);
    return { provider: provider.id, ...checkEndpoint(name, method, path) };
  });
}
