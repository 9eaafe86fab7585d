/** The hosts of the attacks on named hosts, and what their clients send and get. */

import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startNamedWorld, type NamedWorld } from '../../testing/engine/named-world.ts';
import { sendOver } from '../../testing/sidecar/tunnel-client.ts';
import type { UpstreamRequest } from '../../testing/sidecar/upstream.ts';

/** Named, with a credential, rules for two methods, and one for WebSockets. */
export const REGISTRY = 'registry.example';
/** Named, with a credential and without rules. */
export const OTHER = 'other.example';
/** Named, with a password. */
export const BASIC = 'basic.example';
/** Named, below {@link PARENT}. */
export const INNER = 'inner.parent.example';
/** Allowed, with all its subdomains, and not named. */
export const PARENT = 'parent.example';
/** Allowed, and not named. */
export const CHILD = `child.${REGISTRY}`;
export const OPEN = 'open.example';
/** Leads to the upstream, and is neither named nor allowed. */
export const UNLISTED = 'unlisted.example';
export const PROVIDER = 'api.openai.com';

export const TOKEN = 'registry-token-5c1f0a7d9e';
export const OTHER_TOKEN = 'other-token-b2e84d6f13';
export const PASSWORD = 'basic-password-07d3e5a1c9';
export const KEY = 'sk-proj-named-hosts-sentinel-1a2b3c4d';

/** What each named host gets as its credential. */
export const CREDENTIAL: Readonly<Record<string, readonly [name: string, value: string]>> = {
  [REGISTRY]: ['authorization', `Bearer ${TOKEN}`],
  [OTHER]: ['x-api-token', OTHER_TOKEN],
  [BASIC]: ['authorization', `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`],
};

const SETUP = {
  hosts: [REGISTRY, OTHER, BASIC, INNER, PARENT, `beside.${PARENT}`, CHILD, OPEN, UNLISTED, PROVIDER],
  named: [REGISTRY, OTHER, BASIC, INNER, PROVIDER],
  options: {
    'allow-domains': [PARENT, CHILD, OPEN].join('\n'),
    'host-credentials': [
      `${REGISTRY} bearer ${TOKEN}`,
      `${OTHER} header X-Api-Token ${OTHER_TOKEN}`,
      `${BASIC} basic user:${PASSWORD}`,
    ].join('\n'),
    'host-rules': [
      `${REGISTRY} GET /**`,
      `${REGISTRY} POST /up/**`,
      `${REGISTRY} WEBSOCKET /socket`,
      `${INNER} GET /**`,
    ].join('\n'),
  },
  credentials: { OPENAI_API_KEY: KEY },
};

/** A run for the tests of a file. What the upstream received is forgotten before each. */
export function useNamedWorld(): { readonly world: NamedWorld } {
  const held: { world: NamedWorld } = { world: undefined as unknown as NamedWorld };
  beforeAll(async () => {
    held.world = await startNamedWorld(SETUP);
  });
  beforeEach(() => {
    held.world.upstream.reset();
  });
  afterAll(async () => {
    await held.world.stop();
  });
  return held;
}

/** What the upstream received. The api-proxy itself asks a provider for its models. */
export const requestsIn = ({ upstream }: NamedWorld): readonly UpstreamRequest[] =>
  upstream.requests.filter(({ headers }) => headers['user-agent'] !== 'awf');

/** All of it, as one text. */
export const received = (world: NamedWorld): string =>
  requestsIn(world)
    .map(({ method, url, rawHeaders, body }) => [method, url, ...rawHeaders, Buffer.concat(body).toString()].join('\n'))
    .join('\n\n');

/** All of it, as `server name|Host|target`. */
export const arrived = (world: NamedWorld): string[] =>
  requestsIn(world).map(({ serverName, headers, url }) => `${serverName ?? ''}|${headers.host ?? ''}|${url}`);

export interface Answer {
  /** 0 without an answer. */
  readonly status: number;
  readonly text: string;
}

/** Writes octets (latin1) into TLS, and reads until the other end closes or says nothing for `quietMs`. */
export function exchange(socket: TLSSocket, octets: string, quietMs = 400): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text });
    };
    let timer = setTimeout(finish, quietMs * 5);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      clearTimeout(timer);
      timer = setTimeout(finish, quietMs);
    });
    socket.once('close', finish);
    socket.write(Buffer.from(octets, 'latin1'));
  });
}

/** The lines of a request, joined. */
export const request = (line: string, ...headers: string[]): string => [line, ...headers, '', ''].join('\r\n');

/** A request for a named host on a connection of its own. @returns the answer's status and body */
export async function ask(
  world: NamedWorld,
  host: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; tls?: ConnectionOptions } = {},
  body?: string,
): Promise<Answer> {
  const { tls, ...http } = options;
  const socket = await world.open(host, tls);
  const answer = await sendOver(socket, host, { path, ...http }, body);
  socket.destroy();
  return { status: answer.status, text: `${answer.rawHeaders.join('\n')}\n\n${answer.body.toString('latin1')}` };
}

/** What comes of a tunnel: the refusal's status, `cut`, or the end of TLS. */
export const opened = (
  world: NamedWorld,
  target: string,
  options: ConnectionOptions = {},
): Promise<TLSSocket | string> => world.open(target, options).catch((error: unknown) => (error as Error).message);
