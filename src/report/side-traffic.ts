import type { Provider } from '../shared/providers.ts';
import type { RefusedRequest } from './hosts.ts';

/**
 * The programs that contact a domain on their own: telemetry and updates, without which they work. The note keeps readers
 * from suspecting an attack.
 *
 * @param providers those whose key was given. Without its key, a program does not run here; then somebody else asks, or the
 *   missing key is what is wrong.
 */
export function sideTrafficOf(domain: string, providers: readonly Provider[]): string[] {
  return providers.filter(({ sideTraffic }) => sideTraffic.includes(domain)).map(({ program }) => program);
}

/**
 * The programs that make a request at a named host on their own. A provider's own host is asked for more than inference by
 * its program, as are other hosts for a few paths.
 */
export function programsAsking(
  { host, option, line }: Pick<RefusedRequest, 'host' | 'option' | 'line'>,
  providers: readonly Provider[],
): string[] {
  const place = host + line.slice(line.indexOf('/'));
  const isOf = ({ sideTraffic }: Provider): boolean =>
    sideTraffic.some((known) =>
      known.includes('/') ? place.startsWith(known) : option === 'allow-endpoints' && known === host,
    );
  return providers.filter(isOf).map(({ program }) => program);
}
