import { PROVIDERS } from '../shared/providers.ts';
import type { RefusedRequest } from './hosts.ts';

/**
 * The providers whose agent programs contact a domain beside the model: telemetry and updates, without which they work. The
 * note keeps readers from suspecting an attack.
 */
export function sideTrafficOf(domain: string): string[] {
  return PROVIDERS.filter(({ sideTraffic }) => sideTraffic.includes(domain)).map(({ name }) => name);
}

/** A provider's own host is asked for more than inference by its own program, as are other hosts for a few paths. */
export function isSideRequest({ host, option, line }: Pick<RefusedRequest, 'host' | 'option' | 'line'>): boolean {
  const place = host + line.slice(line.indexOf('/'));
  return PROVIDERS.some(({ sideTraffic }) =>
    sideTraffic.some((known) =>
      known.includes('/') ? place.startsWith(known) : option === 'allow-endpoints' && known === host,
    ),
  );
}

export const SIDE_TRAFFIC = ' (usual side traffic of agent programs)';
