import { UserError } from '../errors.ts';
import type { Target } from '../shared/sidecar-config.ts';
import { parseTarget as parse } from '../shared/target.ts';
import { looksLikeAddress } from './domain.ts';

/**
 * Reads an option of the form `host[:port][/base/path]`.
 *
 * @param input the option's name, for the error
 * @throws UserError naming the input and the form
 */
export function parseTarget(input: string, text: string): Target {
  try {
    const target = parse(input, text);
    // Squid refuses addresses, and a certificate is for a name.
    if (!looksLikeAddress(target.host)) return target;
  } catch {
    // Said below in one way for both.
  }
  throw new UserError(`${input}: "${text}" is not an upstream.`, {
    hint: 'Write host[:port][/base/path] without a scheme, for example "gateway.example.com/openai"; https is implied. An address needs a name: see add-hosts.',
  });
}
