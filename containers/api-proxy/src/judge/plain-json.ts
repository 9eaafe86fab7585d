import { headerValue, type RawHeaders } from '../request/raw-headers.ts';

/** Without a type, a provider reads JSON. Any other type or charset makes some servers read the same octets differently. */
const PLAIN_JSON = /^application\/(?:[\w.-]+\+)?json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/** Whether the headers announce a body that a judge can read: JSON in UTF-8, not compressed. */
export function isPlainJson(rawHeaders: RawHeaders): boolean {
  const coding = headerValue(rawHeaders, 'content-encoding') ?? 'identity';
  return (
    coding.toLowerCase() === 'identity' &&
    PLAIN_JSON.test(headerValue(rawHeaders, 'content-type') ?? 'application/json')
  );
}
