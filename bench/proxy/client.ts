/** The measuring client of one contender. It keeps its connections open. */
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { leastAnswer, PULSE_MS, promptFor, type Workload } from './workloads.ts';

/** How to send requests to a contender. Plain data, because another process makes the load. */
export interface Endpoint {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly modelPrefix?: string;
  /** PEM of the CA for an `https:` endpoint. */
  readonly ca?: string;
  /** The address of an `https:` endpoint whose name does not resolve. */
  readonly address?: string;
}

/** Milliseconds of silence after which a contender counts as broken. */
const SILENCE_LIMIT = 20_000;

/** The headers that an SDK sends. */
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

  /** @param sockets the largest number of connections */
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

  /** Makes the body in advance: 9 MB of JSON take a while. */
  body(workload: Workload): Buffer {
    return promptFor(workload, this.#endpoint.modelPrefix);
  }

  /** @returns milliseconds to the end of the answer. @throws Error if the answer is incomplete */
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

  /** @returns the longest silence of an event stream in milliseconds, minus the interval between its events */
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
