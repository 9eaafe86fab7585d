import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** The one form of a host name that rules compare: lower case, punycode, no trailing dot. */
export function canonicalHost(text: string): string | undefined {
  // domainToASCII parses like a URL parser: it would drop what follows a slash, remove tabs and decode percent signs.
  if (/[\s\x00-\x1f/\\?#@:%]/.test(text)) return undefined;
  const ascii = domainToASCII(text.replace(/\.$/, ''));
  if (ascii === '' || ascii.length > 253 || isIP(ascii) !== 0 || looksLikeAddress(ascii)) return undefined;
  const labels = ascii.split('.');
  const valid = labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return valid ? ascii : undefined;
}

/** Whether `text` is an IPv4 address in any spelling that resolvers accept: decimal, octal, hexadecimal, shortened. */
export function looksLikeAddress(text: string): boolean {
  return isIP(text.replace(/^\[|\]$/g, '')) !== 0 || /^(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*\.?$/i.test(text);
}
