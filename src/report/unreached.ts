/** The answer of a proxy that wants another credential (RFC 9110, section 15.5.8). */
const WRONG_CREDENTIAL = 407;

/**
 * Why an allowed request reached nothing.
 *
 * @param reason as in `access.jsonl`
 */
export function unreachedText(reason: string | null): string {
  const status = /^upstream-proxy-(\d{3})$/.exec(reason ?? '')?.[1];
  if (status === undefined) return reason === 'no-answer' ? 'no answer came' : 'nobody accepted a connection';
  // Squid says so itself if the proxy's certificate is not trusted.
  if (status.startsWith('5')) return `no way through the network's proxy (${status})`;
  return `the network's proxy answered ${status}${isWrongCredential(reason) ? ': it does not accept the credential' : ''}`;
}

/** For a run in which no request got an answer from outside. */
export const CUT_OFF =
  'Nothing outside answered. If this machine itself reaches what was asked for, its containers have no way out: check its ' +
  "firewall (iptables -S FORWARD), and iptables in the engine's daemon.json.";

export const isWrongCredential = (reason: string | null): boolean =>
  reason === `upstream-proxy-${String(WRONG_CREDENTIAL)}`;

/** True if the proxy decided so, and nothing failed. */
export const isRefusedByProxy = (reason: string | null): boolean => /^upstream-proxy-4/.test(reason ?? '');
