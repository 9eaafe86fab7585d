import { UserError } from '../errors.ts';
import type { Target } from '../shared/sidecar-config.ts';
import { canonicalHost } from './domain.ts';

/**
 * Reads `host[:port][/base/path]`.
 *
 * @param input the option's name, for the error
 * @throws UserError naming the input and the form
 */
export function parseTarget(input: string, text: string): Target {
  const match = /^(?<host>[^:/?#\s]+)(?::(?<port>\d{1,5}))?(?<path>\/[\w.~!$&'()*+,;=:@%/-]*)?$/.exec(text);
  const host = canonicalHost(match?.groups?.['host'] ?? '');
  const port = Number(match?.groups?.['port'] ?? 443);
  const basePath = (match?.groups?.['path'] ?? '').replace(/\/+$/, '');
  const segments = basePath.split('/').slice(1);
  if (host === undefined || port < 1 || port > 65535 || segments.some((part) => /^(\.{0,2}|.*%.*)$/.test(part))) {
    throw new UserError(`${input}: "${text}" is not an upstream.`, {
      hint: 'Write host[:port][/base/path] without a scheme, for example "gateway.example.com/openai"; https is implied.',
    });
  }
  return { host, port, basePath };
}
