/** What `agent-dial.ts` says about a target: `connected`, `answered`, `silence`, `router`, or the code of an error. */
export type Outcome = string;

/** No route, or one that leads to an address that nobody answers for; IPv6 has no address to start from. */
export const UNREACHABLE = /^(ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)$/;

/** What an attempt on `target` that reaches nobody ends with; not every Node.js hears of a datagram's fate. */
export const unheard = (target: string): RegExp =>
  target.startsWith('udp') ? new RegExp(`^silence$|${UNREACHABLE.source}`) : UNREACHABLE;
