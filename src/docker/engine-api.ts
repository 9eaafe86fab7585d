import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { UserError } from '../errors.ts';
import type { EngineLocation } from './engine-location.ts';
import { refusal, silent, unreachable, type Refusal } from './failure.ts';

/** The newest version of the API that this is made for. Docker 20.10 has 1.41. */
const NEWEST = { major: 1, minor: 52 };
/** Tells the engine's version of the API, and has none itself. */
const PING = '/_ping';

/** How long an engine may take to answer, in milliseconds. */
export interface AnswerLimits {
  /** To the question whether it is there. */
  readonly ping: number;
  /** To any other question. */
  readonly question: number;
  /** To anything else: to create a container, some storage drivers copy its whole image. */
  readonly work: number;
}

const ANSWER_LIMITS: AnswerLimits = { ping: 15_000, question: 60_000, work: 600_000 };

/** The container was already as it is wanted. */
const NOT_MODIFIED = 304;
const BAD_REQUEST = 400;

/** A request to the engine. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Without a version: `/containers/json`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** True if the answer comes when a container has ended. */
  readonly isOpenEnded?: boolean;
  /** What is to happen, for the message of a refusal: `create the network awf-internal-1`. */
  readonly goal: string;
}

/**
 * Talks to the engine as its own client does. Every method throws a {@link UserError} when no engine answers in time.
 *
 * @see https://docs.docker.com/reference/api/engine/
 */
export class EngineApi {
  readonly #location: EngineLocation;
  readonly #debug: (message: string) => void;
  readonly #limits: AnswerLimits;
  #version: Promise<string> | undefined;

  /** @param debug gets each request */
  constructor(location: EngineLocation, debug: (message: string) => void, limits = ANSWER_LIMITS) {
    this.#limits = limits;
    this.#location = location;
    this.#debug = debug;
  }

  /** @returns the response's JSON; undefined if it has none @throws UserError for a refusal */
  async ask(call: Call): Promise<unknown> {
    return this.askUnless(call, (refused) => {
      throw refusal(call.goal, refused);
    });
  }

  /** Like {@link ask}. @param onRefusal says what a refusal means, or throws */
  async askUnless(call: Call, onRefusal: (refused: Refusal) => unknown): Promise<unknown> {
    const sent = await this.#send(call, call.body === undefined ? {} : { 'content-type': 'application/json' });
    sent.end(call.body === undefined ? undefined : JSON.stringify(call.body));
    const { status, body } = await this.#read(sent, call);
    if (status >= 300 && status !== NOT_MODIFIED) return onRefusal({ status, reason: reasonIn(body) });
    return body === '' ? undefined : (JSON.parse(body) as unknown);
  }

  /**
   * Connects with the standard streams of a container.
   *
   * @returns what is written is its standard input; for what is read, see `relayOutput`
   * @throws UserError for a refusal
   */
  async attach(container: string): Promise<Duplex> {
    const query = { stream: '1', stdin: '1', stdout: '1', stderr: '1' };
    const goal = `connect with the container ${container}`;
    const call = { method: 'POST', path: `/containers/${container}/attach`, query, goal } as const;
    const sent = await this.#send(call, { connection: 'Upgrade', upgrade: 'tcp' });
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    sent.once('upgrade', (_, stream: Duplex, head: Buffer) => {
      if (head.length > 0) stream.unshift(head);
      resolve(stream);
    });
    sent.end();
    this.#read(sent, call).then(({ status, body }) => {
      reject(refusal(goal, { status, reason: reasonIn(body) }));
    }, reject);
    return promise;
  }

  async #send(
    { method, path, query = {}, body }: Call,
    headers: Readonly<Record<string, string>>,
  ): Promise<ClientRequest> {
    const version = path === PING ? '' : await this.#agreedVersion();
    const search = Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query).toString()}`;
    this.#debug(`Docker engine: ${method} ${path}${search}${body === undefined ? '' : ` ${shortened(body)}`}`);
    const { agent, socketPath } = await this.#location.route();
    const place = socketPath === undefined ? {} : { socketPath };
    const sent = request({ ...place, agent, method, path: `${version}${path}${search}`, headers });
    // A connection that fails after the head of an answer fails the request once more, when nobody waits for that any longer.
    return sent.on('error', () => undefined);
  }

  /** @returns what paths begin with for the newest version that both sides know: `/v1.41` */
  async #agreedVersion(): Promise<string> {
    try {
      return await (this.#version ??= this.#negotiate());
    } catch (error) {
      this.#version = undefined;
      throw error;
    }
  }

  async #negotiate(): Promise<string> {
    const call = { method: 'GET', path: PING, goal: 'tell its version' } as const;
    const sent = await this.#send(call, {});
    sent.end();
    const { status, version, body } = await this.#read(sent, call);
    if (status === BAD_REQUEST) throw refusal(call.goal, { status, reason: reasonIn(body) });
    const [, major, minor] = /^(\d+)\.(\d+)$/.exec(version) ?? [];
    const isKnown = Number(major) === NEWEST.major && Number(minor) <= NEWEST.minor;
    return `/v${isKnown ? version : `${NEWEST.major}.${NEWEST.minor}`}`;
  }

  async #read(sent: ClientRequest, { method, path, isOpenEnded }: Call): Promise<Answer> {
    const { ping, question, work } = this.#limits;
    const limitMs = path === PING ? ping : method === 'GET' ? question : work;
    let late: UserError | undefined;
    const giveUp = (): void => {
      late = silent(limitMs);
      sent.destroy();
    };
    const timer = isOpenEnded === true ? undefined : setTimeout(giveUp, limitMs);
    sent.once('upgrade', () => {
      clearTimeout(timer);
    });
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const version = String(response.headers['api-version']);
      return { status: response.statusCode ?? 0, version, body: await bodyOf(response) };
    } catch (error) {
      throw late ?? (error instanceof UserError ? error : unreachable(error, await this.#location.endpoint()));
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What refuses a request may end the connection before its words have been read to the end: a port for TLS does. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = '';
  response.setEncoding('utf8').on('data', (piece: string) => {
    body += piece;
  });
  try {
    await finished(response);
  } catch (error) {
    if (response.statusCode !== BAD_REQUEST) throw error;
  }
  return body;
}

interface Answer {
  readonly status: number;
  /** The newest version of the API that the engine has: `1.41`. */
  readonly version: string;
  readonly body: string;
}

/** Values longer than this are cut in debug messages: a profile of system calls is some 10 KB. Characters. */
const LONG = 500;

const shortened = (body: unknown): string =>
  JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'string' && value.length > LONG ? `${value.slice(0, 20)}...` : value,
  );

/** The engine's own words in the body of a refusal. */
function reasonIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    return typeof message === 'string' ? message.trim() : body.trim();
  } catch {
    return body.trim();
  }
}
