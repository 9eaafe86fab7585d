import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { nameMatcher } from '../../../../src/shared/name-patterns.ts';
import { ProxyError } from '../errors.ts';
import type { AdmittedRequest } from '../request/admission.ts';
import { headerValues, type RawHeaders } from '../request/raw-headers.ts';

/** The client's half of the opening handshake, checked and composed anew. */
export interface Handshake {
  /** For the upstream request. */
  readonly headers: RawHeaders;
  /** True if the answer agrees to what was forwarded, and to nothing more. */
  readonly isAgreedBy: (answer: IncomingMessage) => boolean;
}

/** RFC 6455, section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Sixteen octets in Base64: RFC 6455, section 4.2.1. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

const listEntries = (values: readonly string[]): string[] =>
  values
    .flatMap((value) => value.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const malformed = (message: string): ProxyError => new ProxyError('malformed_request', message);

/**
 * Reads the client's half of the opening handshake. Subprotocols that are not listed are dropped: browser SDKs cannot
 * set headers and put keys there instead. No extension is forwarded, because compressed frames would hide both a
 * credential and the usage. A server that is offered no extension uses none (RFC 6455, section 9.1).
 *
 * @param early octets that the client sent after its request
 * @param protocols names to forward; a trailing `*` matches any ending
 * @throws ProxyError 400, or 426 for another version
 */
export function readHandshake(
  rawHeaders: RawHeaders,
  { method, body }: AdmittedRequest,
  early: Buffer,
  protocols: readonly string[],
): Handshake {
  if (method !== 'GET' || body !== 0) throw malformed('A WebSocket begins with a GET without a body.');
  // Before the answer, nobody knows which protocol these octets belong to.
  if (early.length > 0) throw malformed('The client sent octets before the WebSocket was open.');
  if (headerValues(rawHeaders, 'sec-websocket-version').join() !== '13') throw anotherVersion();
  const [key = '', ...otherKeys] = headerValues(rawHeaders, 'sec-websocket-key');
  if (!KEY.test(key) || otherKeys.length > 0) throw malformed('There must be exactly one Sec-WebSocket-Key.');

  const offered = listEntries(headerValues(rawHeaders, 'sec-websocket-protocol')).filter(nameMatcher(protocols));
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return {
    headers: [
      ...['connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-version', '13', 'sec-websocket-key', key],
      ...(offered.length === 0 ? [] : ['sec-websocket-protocol', offered.join(', ')]),
    ],
    isAgreedBy: ({ headers }) =>
      headers.upgrade?.toLowerCase() === 'websocket' &&
      headers['sec-websocket-accept'] === accept &&
      [undefined, ...offered].includes(headers['sec-websocket-protocol']) &&
      headers['sec-websocket-extensions'] === undefined,
  };
}

function anotherVersion(): ProxyError {
  return upgradeRefused('The only WebSocket version that the api-proxy accepts is 13.');
}

/** 426 for a client that asked for a WebSocket. RFC 9110, section 15.5.22, wants it to name the protocol. */
function upgradeRefused(message: string): ProxyError {
  const headers = { 'sec-websocket-version': '13', upgrade: 'websocket', connection: 'close, upgrade' };
  return new ProxyError('upgrade_refused', message, { headers });
}

/** Refusals that say something about the credential or its use. The client gets them as they are. */
const TELLING: ReadonlySet<number> = new Set([401, 403, 429]);

/**
 * What a client gets whose WebSocket the upstream refused: 426, unless the status tells more. Measured with Codex
 * 0.169.0: it goes on with plain HTTP at once after a 426, and tries again several times after anything else.
 *
 * @returns undefined if the client gets the upstream's answer
 */
export function refusalOf(status: number | undefined, host: string): ProxyError | undefined {
  if (status !== undefined && TELLING.has(status)) return undefined;
  const reason = status === undefined ? 'did not answer in time' : `answered ${status}`;
  return upgradeRefused(`${host} opens no WebSocket here: it ${reason}. Use plain HTTP.`);
}
