/** The answer of a proxy that wants another credential (RFC 9110, section 15.5.8). */
const WRONG_CREDENTIAL = 407;

/**
 * Why an allowed request reached nothing.
 *
 * @param reason as in `access.jsonl`
 */
export function unreachedText(reason: string | null): string {
  const status = /^upstream-proxy-(\d{3})$/.exec(reason ?? '')?.[1];
  if (status === undefined) return 'nobody accepted a connection';
  // Squid says so itself if the proxy's certificate is not trusted.
  if (status.startsWith('5')) return `no way through the network's proxy (${status})`;
  return `the network's proxy answered ${status}${isWrongCredential(reason) ? ': it does not accept the credential' : ''}`;
}

export const isWrongCredential = (reason: string | null): boolean =>
  reason === `upstream-proxy-${String(WRONG_CREDENTIAL)}`;

/** True if the proxy decided so, and nothing failed. */
export const isRefusedByProxy = (reason: string | null): boolean => /^upstream-proxy-4/.test(reason ?? '');
