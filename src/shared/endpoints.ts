/** How the table of providers writes down the endpoints that pass the api-proxy. */

import { ValueError } from './value-error.ts';

/** `WEBSOCKET` is a GET that asks for one: that a path may be read does not mean that a channel may be opened there. */
export const ENDPOINT_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'WEBSOCKET'] as const;
export type EndpointMethod = (typeof ENDPOINT_METHODS)[number];

export interface Endpoint {
  /** `GET` covers `HEAD` (RFC 9110, section 9.3.2). */
  readonly method: EndpointMethod;
  /** A canonical path, in which `*` stands for a part of one segment, and before a colon for what has no colon. */
  readonly path: string;
  /** Names of query parameters that pass, in the server's spelling; a client may write `name[]` too. */
  readonly query: readonly string[] | 'any';
  /** It generates nothing, so it costs no tokens; what only reads never does. */
  readonly free?: true;
  /** For a path that some programs write differently: how it begins, and how the provider's own begins. */
  readonly spelling?: Spelling;
}

export interface Spelling {
  readonly written: string;
  readonly sent: string;
  /** At another host, it stays as it is written: a gateway may have paths of its own. */
  readonly ownHostsOnly: boolean;
}

/** An entry of the user's: its query is the user's business as well. */
export interface AddedEndpoint {
  readonly method: EndpointMethod;
  readonly path: string;
}

/** The endpoints below each of the prefixes. */
export function under(prefixes: readonly string[], endpoints: readonly Endpoint[]): Endpoint[] {
  return prefixes.flatMap((prefix) =>
    endpoints.map((endpoint) => ({ ...endpoint, path: `${prefix}${endpoint.path}` })),
  );
}

/**
 * The endpoints below `sent`, for programs that write `written` instead.
 *
 * @param where `own-hosts`: at a host that is not the provider's, the path stays as it is written
 */
export function spelled(
  written: string,
  sent: string,
  where: 'own-hosts' | 'every-host',
  endpoints: readonly Endpoint[],
): Endpoint[] {
  const spelling = { written, sent, ownHostsOnly: where === 'own-hosts' };
  return under([written], endpoints).map((endpoint) => ({ ...endpoint, spelling }));
}

export const get = (path: string, ...query: string[]): Endpoint => ({ method: 'GET', path, query });
export const post = (path: string, ...query: string[]): Endpoint => ({ method: 'POST', path, query });
export const freePost = (path: string, ...query: string[]): Endpoint => ({ ...post(path, ...query), free: true });
export const websocket = (path: string, ...query: string[]): Endpoint => ({ method: 'WEBSOCKET', path, query });

const SEGMENT = "[\\w.~!$&'()*+,=:@-]+";
const PATTERN = new RegExp(`^(?:/${SEGMENT})+$`);
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;

/**
 * Checks an endpoint that a user adds.
 *
 * @throws ValueError naming `name` and which part is wrong; it quotes nothing
 */
export function checkEndpoint(name: string, method: unknown, path: unknown): AddedEndpoint {
  const known = ENDPOINT_METHODS.find((candidate) => candidate === method);
  if (known === undefined) throw new ValueError(`${name}: the method must be one of ${ENDPOINT_METHODS.join(', ')}.`);
  if (typeof path !== 'string' || path.length > 1_000 || !PATTERN.test(path) || DOT_SEGMENT.test(path)) {
    throw new ValueError(
      `${name}: the path must start with a slash and have no empty or dot segment, escape, query or end slash.`,
    );
  }
  return { method: known, path };
}
