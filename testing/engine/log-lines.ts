/** Log lines in the format of the sidecars. */

import type { RequestRecord } from '../../src/shared/request-record.ts';
import { LOG_FIELDS } from '../../src/squid/config.ts';

/** The host and the port of a target, as Squid logs them. */
function endpointOf(target: string): { host: string; port: string } {
  const {
    scheme,
    host = '-',
    port = scheme === 'http' ? '80' : '443',
  } = /^(?:(?<scheme>\w+):\/\/)?(?<host>[^:/]+)(?::(?<port>\d+))?/.exec(target)?.groups ?? {};
  return { host, port };
}

/** A tunnel that Squid let through, with `fields` overridden. */
export function accessLine(
  client: string,
  target: string,
  fields: Partial<Record<keyof typeof LOG_FIELDS, string>> = {},
) {
  const values: Record<keyof typeof LOG_FIELDS, string> = {
    ...{ time: (Date.now() / 1000).toFixed(3), durationMs: '3', client, clientPort: '40000', status: 'TCP_TUNNEL/200' },
    ...{ bytesOut: '10', bytesIn: '10', method: 'CONNECT', ...endpointOf(target), target },
    ...{ route: 'FIRSTUP_PARENT/127.0.0.1', routePort: '50000', serverName: '-', verdict: '-', refusal: '-' },
    ...fields,
  };
  return `${Object.keys(LOG_FIELDS)
    .map((name) => values[name as keyof typeof LOG_FIELDS])
    .join(' ')}\n`;
}

/** A tunnel that Squid refused. */
export const refusedLine = (client: string, target: string): string =>
  accessLine(client, target, { status: 'TCP_DENIED/403', route: 'HIER_NONE/-' });

/** A request that the api-proxy forwarded, with `fields` overridden. */
export function requestLine(fields: Partial<RequestRecord> = {}): string {
  const record: RequestRecord = {
    ...{ event: 'request', level: 'info', time: new Date().toISOString(), id: 'a-1', provider: 'openai' },
    ...{ host: null, rule: null },
    ...{ method: 'POST', path: '/v1/responses', status: 200, upstreamStatus: 200, requestBytes: 1, responseBytes: 1 },
    ...{
      durationMs: 1,
      timeToFirstByteMs: 1,
      forwarded: true,
      requests: 1,
      model: 'gpt-4.1',
      usage: null,
      error: null,
    },
    ...fields,
  };
  return `${JSON.stringify(record)}\n`;
}
