import type { RequestRecord } from '../shared/request-record.ts';

/** The requests that one rule let pass to a named host. */
export interface HostUsage {
  readonly host: string;
  /** Where the rule comes from: `host-rules, line 3`. */
  readonly rule: string;
  readonly requests: number;
  /** Requests that the client got a status of 400 or above for. */
  readonly failed: number;
}

/** Equal requests for a named host that no rule allows. */
export interface RefusedRequest {
  readonly host: string;
  /** The option that could allow them, and the line to add to it. */
  readonly option: 'host-rules' | 'allow-endpoints';
  readonly line: string;
  readonly requests: number;
}

/** What went to named hosts, and what was refused there; each list has the most frequent first. */
export interface HostTraffic {
  readonly hosts: readonly HostUsage[];
  readonly refused: readonly RefusedRequest[];
  /** Refused requests beyond the number that is told one by one. */
  readonly otherRefused: number;
}

/** Lines that are told one by one. The command can ask for any number of paths. */
const MAX_LINES = 1_000;

/** True for a request under a host's own name that its rules or the provider's endpoints refuse. */
export const isRefusedByRule = ({ host, error }: RequestRecord): boolean =>
  host !== null && (error === 'request_not_allowed' || error === 'endpoint_not_allowed');

/** Counts the requests for named hosts, one after the other. Those that a provider answers count as its own. */
export class HostCounter {
  readonly #hosts = new Map<string, HostUsage>();
  readonly #refused = new Map<string, RefusedRequest>();
  #otherRefused = 0;

  add(record: RequestRecord): void {
    const { host, provider, rule, status } = record;
    if (host === null) return;
    if (isRefusedByRule(record)) this.#addRefused(record, host);
    else if (provider === null && rule !== null) {
      const key = `${host} ${rule}`;
      const before = this.#hosts.get(key) ?? { host, rule, requests: 0, failed: 0 };
      const failed = before.failed + (status >= 400 || status === 0 ? 1 : 0);
      this.#hosts.set(key, { ...before, requests: before.requests + 1, failed });
    }
  }

  #addRefused({ provider, method, path }: RequestRecord, host: string): void {
    const line = `${provider ?? host} ${method} ${path}`;
    const before = this.#refused.get(line);
    if (before === undefined && this.#refused.size >= MAX_LINES) {
      this.#otherRefused += 1;
      return;
    }
    const option = provider === null ? 'host-rules' : 'allow-endpoints';
    this.#refused.set(line, { host, option, line, requests: (before?.requests ?? 0) + 1 });
  }

  result(): HostTraffic {
    return {
      hosts: [...this.#hosts.values()].sort((a, b) => b.requests - a.requests),
      refused: [...this.#refused.values()].sort((a, b) => b.requests - a.requests),
      otherRefused: this.#otherRefused,
    };
  }
}
