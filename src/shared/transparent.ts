/* What the sidecar carries for programs that ask no proxy. */

import { covers, type NamePattern } from './host-pattern.ts';

/** The part of the sidecar's configuration that is about programs which ask no proxy. */
export interface SidecarTransparent {
  /** The sidecar's own address, which its resolver answers with. */
  readonly address: string;
  /** `http://address:port` of the port at which Squid judges what the sidecar carries as the command's own. */
  readonly proxyUrl: string;
  /** The names that may be reached at one of the ports; undefined for all of them, in an audit. */
  readonly allow?: readonly NamePattern[];
  /** Names that stay closed, whatever `allow` has. */
  readonly deny: readonly NamePattern[];
  /** Ports besides that of HTTPS at which TLS connections are carried. */
  readonly tlsPorts: readonly number[];
}

/** Whether the sidecar's resolver has an answer for `name`, which is in lower case and without a trailing dot. */
export function isAnswered({ allow, deny }: SidecarTransparent, name: string): boolean {
  if (deny.some((pattern) => covers(pattern, name))) return false;
  return allow === undefined || allow.some((pattern) => covers(pattern, name));
}
