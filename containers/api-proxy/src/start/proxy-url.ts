import { addressesIn, DEFAULT_SUBNET, squidUrl } from '../../../../src/shared/network.ts';

/** @throws Error that names `name`, never the value */
export function requireProxyUrl(name: string, value: unknown): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' || url.username !== '' || url.pathname !== '/' || url.search !== '') {
    throw new Error(`${name} must be Squid's address, for example ${squidUrl(addressesIn(DEFAULT_SUBNET))}.`);
  }
  return url.origin;
}
