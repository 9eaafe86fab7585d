/** What `agent-dial.ts` reports for a target: `connected`, `answered`, `silence`, `router`, or an error code. */
export type Outcome = string;

/** There is no route, or nothing answers at its end. With IPv6 there is no address to start from. */
export const UNREACHABLE = /^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)$/;

/**
 * The outcomes of an attempt on `target` that reaches nobody. Some Node.js versions never learn what happened to a
 * datagram.
 */
export const unheard = (target: string): RegExp =>
  target.startsWith('udp') ? new RegExp(`^silence$|${UNREACHABLE.source}`) : UNREACHABLE;
