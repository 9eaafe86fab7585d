import { addressesIn, DEFAULT_SUBNET, squidUrl } from '../../../../src/shared/network.ts';
import { normaliseCredential } from '../../../../src/shared/sidecar-config.ts';

/** As a header's value, and with nothing that Node would refuse later, once per request. */
export function requireCredential(name: string, value: string | undefined): string | undefined {
  const credential = normaliseCredential(name, value);
  if (credential !== undefined && !/^[ -~]+$/.test(credential)) {
    throw new Error(`${name} contains a character outside ASCII. Copy it again from where it was issued.`);
  }
  return credential;
}

export function requireProxyUrl(name: string, value: string | undefined): string {
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'http:' || url.username !== '' || url.pathname !== '/' || url.search !== '') {
    throw new Error(`${name} must be Squid's address, as in ${squidUrl(addressesIn(DEFAULT_SUBNET))}.`);
  }
  return url.origin;
}
