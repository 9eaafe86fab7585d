import type { EgressEntry, Scheme } from '../config/egress-entry.ts';
import { decide, type EgressRules } from '../config/egress-rules.ts';
import { looksLikeAddress } from '../config/domain.ts';
import { placeOf } from '../config/source.ts';
import { isOfPeekPort, isRefused, isUnresolvable, whyUnreached, type AccessRecord } from '../squid/access-log.ts';

/**
 * What became of a request.
 *
 * - `allowed`: Squid let it through.
 * - `audited`: Squid let it through in an audit, and would have refused it otherwise.
 * - `refused`: Squid refused it, or cut the tunnel.
 * - `unresolvable`: it is allowed, but the name has no address.
 * - `unreachable`: it is allowed, but the network's own proxy refused it or did not answer.
 */
export type EgressVerdict = 'allowed' | 'audited' | 'refused' | 'unresolvable' | 'unreachable';

/** The entry that decided on a request. */
export interface DecidingRule {
  readonly entry: string;
  /** Where it is written: `allow-domains, line 3`. */
  readonly from: string;
  /** The preset that it comes from. */
  readonly preset: string | null;
}

/** One request that arrived at Squid, or a refused lookup of a name: a record of `access.jsonl`. */
export interface EgressRequest {
  readonly version: 1;
  /** When it ended, ISO 8601. */
  readonly time: string;
  readonly durationMs: number;
  /** `api-proxy` for requests that AWF composes itself, to providers and named hosts. */
  readonly source: 'agent' | 'api-proxy';
  /** `https` for every tunnel, `dns` for a name that the sandbox's resolver refused. */
  readonly scheme: Scheme | 'dns';
  readonly host: string;
  readonly port: number;
  /** The TLS server name in a tunnel that was or would have been cut. */
  readonly serverName: string | null;
  readonly verdict: EgressVerdict;
  /** Why it was or would have been refused, or reached nothing: `not-listed`, `server-name`, `upstream-proxy-407`, ... */
  readonly reason: string | null;
  readonly rule: DecidingRule | null;
  /** What the client received; for a tunnel, the answer to CONNECT, that of the network's own proxy included. */
  readonly status: number;
  /** By the client. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** Who asks Squid. */
export interface Observed {
  /** The agent's address. Requests of other clients are AWF's own. */
  readonly agent: string;
  readonly rules: EgressRules;
}

/** Records of the peek port that wait for their tunnel. No run has more tunnels at once. */
const MAX_PENDING = 10_000;

/**
 * Makes requests of Squid's records. A tunnel that the peek port cut or could not carry has two of them: first the peek
 * port's with the verdict, then the front port's, which says that a tunnel to an allowed name was opened. The port of the
 * connection between the two says which belong together.
 */
export class RequestJoiner {
  readonly #observed: Observed;
  readonly #pending = new Map<number, AccessRecord>();

  constructor(observed: Observed) {
    this.#observed = observed;
  }

  /** @returns the requests that the record completes */
  push(record: AccessRecord): EgressRequest[] {
    if (isOfPeekPort(record) && record.verdict === undefined && whyUnreached(record) === undefined) return [];
    if (isOfPeekPort(record) || (record.verdict !== undefined && !isUnresolvable(record))) {
      const crowded = this.#pending.size >= MAX_PENDING ? this.#takeOldest() : [];
      this.#pending.set(record.clientPort, record);
      return crowded;
    }
    if (record.client !== this.#observed.agent) return [requestOf(record, 'api-proxy', judged(record, undefined))];
    const cut = record.method === 'CONNECT' ? this.#pending.get(record.routePort) : undefined;
    if (cut === undefined || cut.host !== record.host) return [this.#ofAgent(record)];
    this.#pending.delete(record.routePort);
    return [this.#ofAgent(record, cut)];
  }

  /** @returns verdicts whose tunnel has no record of its own */
  rest(): EgressRequest[] {
    const left = [...this.#pending.values()].map((record) => this.#ofAgent(record, record));
    this.#pending.clear();
    return left;
  }

  #takeOldest(): EgressRequest[] {
    const [first] = this.#pending;
    if (first === undefined) return [];
    this.#pending.delete(first[0]);
    return [this.#ofAgent(first[1], first[1])];
  }

  #ofAgent(record: AccessRecord, cut?: AccessRecord): EgressRequest {
    const judgement = judged(record, this.#observed.rules, cut);
    if (cut === undefined || cut.verdict !== undefined) return requestOf(record, 'agent', judgement, cut?.serverName);
    return requestOf({ ...record, status: cut.status }, 'agent', judgement);
  }
}

type Judgement = Pick<EgressRequest, 'verdict' | 'reason' | 'rule'>;

/** @param rules undefined for a request of AWF's own, on which no entry decides */
function judged(record: AccessRecord, rules: EgressRules | undefined, cut?: AccessRecord): Judgement {
  if (rules === undefined) {
    if (isRefused(record)) return { verdict: 'refused', reason: record.refusal ?? null, rule: null };
    return { ...reached(record), rule: null };
  }
  const { host, port } = record;
  const decision = decide(rules, { scheme: schemeOf(record), host, port });
  const rule = decision.entry === undefined ? null : ruleOf(decision.entry);
  if (isUnresolvable(record)) return { verdict: 'unresolvable', reason: null, rule };
  if (cut === undefined && isRefused(record)) {
    // An entry that allows the name did not decide, if the address did.
    return { verdict: 'refused', reason: record.refusal ?? 'other', rule: decision.isAllowed ? null : rule };
  }
  const isAudit = rules.mode === 'audit';
  if (isAudit && !decision.isAllowed && cut?.verdict !== 'closed-server-name') {
    return { verdict: 'audited', reason: whyNotListed(record, rules), rule };
  }
  if (cut?.verdict === undefined) return { ...reached(cut ?? record), rule };
  const passed = isAudit && cut.verdict !== 'closed-server-name';
  return { verdict: passed ? 'audited' : 'refused', reason: cut.verdict, rule };
}

function reached(record: AccessRecord): Omit<Judgement, 'rule'> {
  const reason = whyUnreached(record) ?? null;
  return { verdict: reason === null ? 'allowed' : 'unreachable', reason };
}

function whyNotListed({ host, port }: AccessRecord, { allow }: EgressRules): string {
  if (looksLikeAddress(host)) return 'address';
  return port === 443 || port === 80 || allow.some((entry) => entry.port === port) ? 'not-listed' : 'port';
}

function requestOf(
  record: AccessRecord,
  source: EgressRequest['source'],
  judgement: Judgement,
  serverName?: string,
): EgressRequest {
  const { time, durationMs, host, port, status, bytesSent, bytesReceived } = record;
  return {
    version: 1,
    time: new Date(time * 1000).toISOString(),
    ...{ durationMs, source, scheme: schemeOf(record), host, port, serverName: serverName ?? null },
    ...judgement,
    ...{ status, bytesSent, bytesReceived },
  };
}

const schemeOf = ({ method }: AccessRecord): Scheme => (method === 'CONNECT' ? 'https' : 'http');

/** An entry as a report names it. */
export function ruleOf({ text, source, preset }: EgressEntry): DecidingRule {
  return { entry: text, from: placeOf(source), preset: preset ?? null };
}
