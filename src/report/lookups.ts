import { join } from 'node:path';
import { looksLikeAddress } from '../config/domain.ts';
import { decide, type EgressRules } from '../config/egress-rules.ts';
import type { LogDirectories } from '../host/log-directories.ts';
import { API_PROXY_LOG_FILE } from '../shared/contract.ts';
import { linesOf } from './lines.ts';
import { parseRequestLine } from './request-log.ts';
import { ruleOf, type EgressRequest } from './requests.ts';

/** RFC 1035, section 4.2. */
const DNS_PORT = 53;

/** RFC 3596, section 2.5, and RFC 1035, section 3.5: names that stand for addresses. */
const REVERSE = /\.(?:in-addr|ip6)\.arpa$/;

/**
 * Names that the sandbox's resolver refused: those of programs that ask no proxy, and of a command that tries to send data
 * in the names that it looks up. The log of the api-proxy has each name once, and so has this. Names without a dot, names
 * that stand for addresses and those of services (`_http._tcp.example.com`) are left out: programs look them up by habit,
 * and no entry of an allow-list could be for them.
 *
 * @param since when the run began, in milliseconds since the epoch
 */
export async function* refusedLookups(
  { apiProxy }: Pick<LogDirectories, 'apiProxy'>,
  rules: EgressRules,
  since: number,
): AsyncGenerator<EgressRequest> {
  for await (const line of linesOf(join(apiProxy, API_PROXY_LOG_FILE))) {
    const record = parseRequestLine(line);
    if (record?.event !== 'lookup-refused' || Date.parse(record.time) < since || !isHost(record.name)) continue;
    yield lookupOf(record.name, record.time, rules);
  }
}

const isHost = (name: string): boolean =>
  name.includes('.') && !REVERSE.test(name) && !name.startsWith('_') && !looksLikeAddress(name);

function lookupOf(host: string, time: string, rules: EgressRules): EgressRequest {
  const { entry, isAllowed } = decide(rules, { scheme: 'https', host, port: 443 });
  const isDenied = entry !== undefined && !isAllowed;
  return {
    version: 1,
    ...{ time, durationMs: 0, source: 'agent', scheme: 'dns', host, port: DNS_PORT, serverName: null },
    ...{ verdict: 'refused', reason: isDenied ? 'denied' : 'not-listed', rule: isDenied ? ruleOf(entry) : null },
    ...{ status: 0, bytesSent: 0, bytesReceived: 0 },
  };
}
