import { addressesIn, DEFAULT_SUBNET, squidUrl } from '../../../../src/shared/network.ts';

export function requireProxyUrl(name: string, value: string | undefined): string {
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' || url.username !== '' || url.pathname !== '/' || url.search !== '') {
    throw new Error(`${name} must be Squid's address, as in ${squidUrl(addressesIn(DEFAULT_SUBNET))}.`);
  }
  return url.origin;
}
