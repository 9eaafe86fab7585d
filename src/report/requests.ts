import { DEFAULT_PORTS, SCHEMES, type EgressEntry, type Scheme } from '../config/egress-entry.ts';
import { decide, type Decision, type EgressRules } from '../config/egress-rules.ts';
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

/** `https` for every tunnel, `dns` for a name that the sandbox's resolver refused. */
export const REQUEST_SCHEMES = [...SCHEMES, 'dns'] as const;

/** One request that arrived at Squid, or a refused lookup of a name: a record of `access.jsonl`. */
export interface EgressRequest {
  readonly version: 1;
  /** When it ended, ISO 8601. */
  readonly time: string;
  readonly durationMs: number;
  /** `api-proxy` for requests that AWF composes itself, to providers and named hosts. */
  readonly source: 'agent' | 'api-proxy';
  readonly scheme: (typeof REQUEST_SCHEMES)[number];
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

/** Entries from which on decisions are remembered: a log can have millions of requests for a few names. */
const MANY_ENTRIES = 20;
const MAX_DECISIONS = 50_000;

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
  readonly #decisions = new Map<string, Decision>();

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
    if (record.client !== this.#observed.agent) return [requestOf(record, 'api-proxy', judgedOfOwn(record))];
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
    const judgement = judged(record, this.#observed.rules, this.#decisionOn(record), cut);
    if (cut === undefined || cut.verdict !== undefined) return requestOf(record, 'agent', judgement, cut?.serverName);
    return requestOf({ ...record, status: cut.status }, 'agent', judgement);
  }

  #decisionOn(record: AccessRecord): Decision {
    const { host, port } = record;
    const scheme = schemeOf(record);
    const { allow, deny } = this.#observed.rules;
    if (allow.length + deny.length < MANY_ENTRIES) return decide(this.#observed.rules, { scheme, host, port });
    const key = `${scheme} ${String(port)} ${host}`;
    const known = this.#decisions.get(key);
    if (known !== undefined) return known;
    if (this.#decisions.size >= MAX_DECISIONS) this.#decisions.clear();
    const decision = decide(this.#observed.rules, { scheme, host, port });
    this.#decisions.set(key, decision);
    return decision;
  }
}

type Judgement = Pick<EgressRequest, 'verdict' | 'reason' | 'rule'>;

/** No entry decides on a request of AWF's own. */
function judgedOfOwn(record: AccessRecord): Judgement {
  if (isRefused(record)) return { verdict: 'refused', reason: record.refusal ?? null, rule: null };
  return { ...reached(record), rule: null };
}

function judged(record: AccessRecord, rules: EgressRules, decision: Decision, cut?: AccessRecord): Judgement {
  const rule = decision.entry === undefined ? null : ruleOf(decision.entry);
  const isAudit = rules.mode === 'audit';
  if (isUnresolvable(record)) {
    const isListed = decision.isAllowed || !isAudit;
    return { verdict: 'unresolvable', reason: isListed ? null : whyNotListed(record), rule };
  }
  if (cut === undefined && isRefused(record)) {
    // An entry that allows the name did not decide, if the address did.
    return { verdict: 'refused', reason: record.refusal ?? 'other', rule: decision.isAllowed ? null : rule };
  }
  if (isAudit && !decision.isAllowed && cut?.verdict !== 'closed-server-name') {
    return { verdict: 'audited', reason: whyNotListed(record), rule };
  }
  if (cut?.verdict === undefined) return { ...reached(cut ?? record), rule };
  const passed = isAudit && cut.verdict !== 'closed-server-name';
  return { verdict: passed ? 'audited' : 'refused', reason: cut.verdict, rule };
}

function reached(record: AccessRecord): Omit<Judgement, 'rule'> {
  const reason = whyUnreached(record) ?? null;
  return { verdict: reason === null ? 'allowed' : 'unreachable', reason };
}

/** As Squid puts it when it refuses. */
function whyNotListed(record: AccessRecord): string {
  const { host, port } = record;
  if (looksLikeAddress(host)) return 'address';
  if (port === DEFAULT_PORTS[schemeOf(record)]) return 'not-listed';
  return schemeOf(record) === 'http' ? 'http-port' : 'port';
}

function requestOf(
  record: AccessRecord,
  source: EgressRequest['source'],
  judgement: Judgement,
  serverName?: string,
): EgressRequest {
  const { time, durationMs, host, port, status, bytesSent, bytesReceived } = record;
  const { verdict, reason, rule } = judgement;
  // Written out: merging objects takes longer than everything else here.
  return {
    version: 1,
    time: isoTime(time),
    durationMs,
    source,
    scheme: schemeOf(record),
    host,
    port,
    serverName: serverName ?? null,
    verdict,
    reason,
    rule,
    status,
    bytesSent,
    bytesReceived,
  };
}

/** The last second of which a time was asked for, with its text. Records come in order, and writing a date takes long. */
let lastSecond = { second: Number.NaN, text: '' };

/** @param time seconds since the epoch */
function isoTime(time: number): string {
  const ms = Math.trunc(time * 1000);
  const second = Math.floor(ms / 1000);
  if (second !== lastSecond.second) lastSecond = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  return `${lastSecond.text}${String(ms - second * 1000).padStart(3, '0')}Z`;
}

const schemeOf = ({ method }: AccessRecord): Scheme => (method === 'CONNECT' ? 'https' : 'http');

/** An entry as a report names it. */
export function ruleOf({ text, source, preset }: EgressEntry): DecidingRule {
  return { entry: text, from: placeOf(source), preset: preset ?? null };
}
