/** The measuring client: one contender, kept connections. */
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { leastAnswer, PULSE_MS, promptFor, type Workload } from './workloads.ts';

/** Where a contender takes requests, and how. Plain data: the load comes from another process. */
export interface Endpoint {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly modelPrefix?: string;
  /** PEM of the CA of an `https:` endpoint. */
  readonly ca?: string;
  /** Address of an `https:` endpoint whose name no resolver knows. */
  readonly address?: string;
}

/** Milliseconds of silence after which a contender counts as broken. */
const SILENCE_LIMIT = 20_000;

/** What an SDK sends. */
const HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
  'user-agent': 'OpenAI/JS 6.0.0',
  authorization: 'Bearer placeholder',
  'x-stainless-arch': 'x64',
  'x-stainless-lang': 'js',
  'x-stainless-os': 'Linux',
  'x-stainless-package-version': '6.0.0',
  'x-stainless-retry-count': '0',
  'x-stainless-runtime': 'node',
  'x-stainless-runtime-version': 'v24.0.0',
} as const;

export class Client {
  readonly #endpoint: Endpoint;
  readonly #options: https.RequestOptions;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: http.Agent;

  /** @param sockets at most this many connections */
  constructor(endpoint: Endpoint, sockets = 1) {
    const { url, headers, ca, address } = endpoint;
    const { protocol, hostname, port, pathname: path } = new URL(url);
    this.#endpoint = endpoint;
    const secure = protocol === 'https:';
    this.#agent = new (secure ? https.Agent : http.Agent)({ keepAlive: true, maxSockets: sockets });
    this.#options = {
      agent: this.#agent,
      protocol,
      host: address ?? hostname,
      port,
      path,
      method: 'POST',
      ...(secure ? { ca, servername: hostname } : {}),
    };
    this.#headers = { ...HEADERS, ...headers, ...(secure ? { host: hostname } : {}) };
  }

  /** Prepared once: 9 MB of JSON take a while to make. */
  body(workload: Workload): Buffer {
    return promptFor(workload, this.#endpoint.modelPrefix);
  }

  /** @returns milliseconds to the end of the answer. @throws Error when it is not the whole answer */
  async call(workload: Workload, body: Buffer): Promise<number> {
    const startedAt = performance.now();
    const response = await this.#send(body);
    let octets = 0;
    response.on('data', (chunk: Buffer) => (octets += chunk.length));
    await once(response, 'end');
    if (response.statusCode !== 200 || octets < leastAnswer(workload)) {
      throw new Error(`${this.#endpoint.url} answered ${workload} with ${response.statusCode}, ${octets} octets`);
    }
    return performance.now() - startedAt;
  }

  /** @returns the longest time in milliseconds for which a stream of events was silent, beyond its own beat */
  async longestGap(forMs: number): Promise<number> {
    const response = await this.#send(this.body('pulse'));
    if (response.statusCode !== 200) throw new Error(`${this.#endpoint.url} answered ${response.statusCode}`);
    await once(response, 'data');
    let last = performance.now();
    let longest = 0;
    const end = last + forMs;
    await new Promise<void>((resolve, reject) => {
      response.on('error', reject);
      response.on('end', () => reject(new Error(`${this.#endpoint.url} ended a stream of events`)));
      response.on('data', () => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        if (now > end) resolve();
      });
    });
    response.removeAllListeners('error').on('error', () => undefined);
    response.destroy();
    return longest - PULSE_MS;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(body: Buffer): Promise<http.IncomingMessage> {
    const send = this.#options.protocol === 'https:' ? https.request : http.request;
    const headers = { ...this.#headers, 'content-length': body.length };
    const request = send({ ...this.#options, headers, timeout: SILENCE_LIMIT });
    request.on('timeout', () => request.destroy(new Error(`${this.#endpoint.url} is silent`)));
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return response;
  }
}
