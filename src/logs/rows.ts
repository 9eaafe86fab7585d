import { DEFAULT_PORTS, SCHEMES } from '../config/egress-entry.ts';
import type { EgressRequest, EgressVerdict } from '../report/requests.ts';
import { Tally } from '../report/tally.ts';
import type { JudgedDomain } from '../report/traffic.ts';

/** Equal requests of the command: one line of a report. */
export type RequestRow = Pick<EgressRequest, 'verdict' | 'scheme' | 'host' | 'port' | 'rule' | 'reason'> & {
  readonly requests: number;
  /** When the first of them ended, in milliseconds since the epoch. */
  readonly time: number;
};

/** Requests that are not in the rows: there are too many names. */
export type OtherRequests = Readonly<Record<EgressVerdict, number>>;

/** What is refused comes first. */
const ORDER: readonly EgressVerdict[] = ['refused', 'audited', 'unresolvable', 'unreachable', 'allowed'];

type Detail = Omit<RequestRow, 'requests'>;

/** Counts the command's requests in bounded memory. */
export class RowCounter {
  readonly #tallies = new Map<EgressVerdict, Tally<Detail>>(ORDER.map((verdict) => [verdict, new Tally<Detail>()]));

  /** Requests of AWF's own do not count. */
  add({ source, time, scheme, host, port, serverName, verdict, rule, reason }: EgressRequest): void {
    if (source !== 'agent') return;
    // The requests for a name say more than its lookup, which comes last in the file.
    if (scheme === 'dns' && this.#isRefused(host)) return;
    // A tunnel that was cut tried to reach the name inside.
    const name = verdict === 'refused' || verdict === 'audited' ? (serverName ?? host) : host;
    this.#tallies.get(verdict)?.add(`${scheme} ${String(port)} ${name}`, () => {
      return { verdict, scheme, host: name, port, rule, reason, time: Date.parse(time) };
    });
  }

  #isRefused(host: string): boolean {
    const refused = this.#tallies.get('refused');
    return SCHEMES.some((scheme) => refused?.has(`${scheme} ${String(DEFAULT_PORTS[scheme])} ${host}`));
  }

  /** By verdict, then by time. */
  rows(): RequestRow[] {
    return ORDER.flatMap((verdict) =>
      (this.#tallies.get(verdict)?.ranked() ?? []).map(({ requests, ...row }): RequestRow => ({
        ...{ verdict: row.verdict, scheme: row.scheme, host: row.host, port: row.port, rule: row.rule },
        ...{ reason: row.reason, time: row.time, requests },
      })),
    ).sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || a.time - b.time);
  }

  others(): OtherRequests {
    const count = (verdict: EgressVerdict): number => this.#tallies.get(verdict)?.others ?? 0;
    return {
      allowed: count('allowed'),
      audited: count('audited'),
      refused: count('refused'),
      unresolvable: count('unresolvable'),
      unreachable: count('unreachable'),
    };
  }
}

/** A row in the form of a run's own report. A name that was looked up would have been reached by HTTPS. */
export const judgedOf = ({ scheme, host, requests, rule, reason, port, time }: RequestRow): JudgedDomain => ({
  ...{ domain: host, requests, rule, reason, firstAt: time },
  port: scheme === 'dns' ? DEFAULT_PORTS.https : port,
});
