import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { systemCertificates } from '../agent/host-trust.ts';
import type { Config } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { PARENT_CA } from '../shared/contract.ts';

/**
 * The authorities that may vouch for the network's own proxy: those of this machine, or the public ones where it has no
 * list, and the user's.
 *
 * @returns PEM; undefined for a proxy that does not speak TLS
 */
export function readProxyTrust(
  { network, upstreamCa }: Pick<Config, 'network' | 'upstreamCa'>,
  system = systemCertificates,
): string | undefined {
  if (network.upstreamProxy?.isSecure !== true) return undefined;
  return [system() ?? rootCertificates.join('\n'), upstreamCa ?? ''].map((pem) => `${pem.trim()}\n`).join('');
}

const sourceIn = (directory: string): string => join(directory, 'parent-ca.pem');

/** @param directory the same as for {@link writeProxyTrust} */
export function proxyTrustMounts(directory: string, pem: string | undefined): MountSpec[] {
  return pem === undefined ? [] : [{ kind: 'bind', source: sourceIn(directory), target: PARENT_CA, writable: false }];
}

/** @param directory a directory of the run, to which nobody else can write */
export function writeProxyTrust(directory: string, pem: string | undefined): void {
  if (pem === undefined) return;
  writeFileSync(sourceIn(directory), pem, { flag: 'wx' });
  // Squid's user may differ from the caller, whatever the umask is.
  chmodSync(sourceIn(directory), 0o644);
}
