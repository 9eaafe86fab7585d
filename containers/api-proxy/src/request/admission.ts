import { ProxyError } from '../errors.ts';
import { canonicalPath, forwardedQuery } from './request-target.ts';

/** A request's head as it was read from the wire. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  /** Names and values in turn, as received, duplicates included. */
  readonly rawHeaders: readonly string[];
}

/** The parsed parts from which the upstream request is composed. */
export interface AdmittedRequest {
  readonly method: string;
  readonly path: string;
  /** Empty, or with its `?`. */
  readonly query: string;
  /** Length of the body in octets, or `chunked`. */
  readonly body: number | 'chunked';
  /** Headers that `Connection` nominates as meant for this hop only; lower case. */
  readonly nominated: readonly string[];
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

const malformed = (message: string): ProxyError => new ProxyError('malformed_request', message);

export const methodNotAllowed = (): ProxyError =>
  new ProxyError('method_not_allowed', `Only ${[...METHODS].join(', ')} pass the api-proxy.`, {
    headers: { allow: [...METHODS].join(', ') },
  });

function contentLength(value: string): number {
  const length = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(length)) throw malformed('Content-Length is not a length.');
  return length;
}

/** What a `Connection` header nominates, lower case. */
export function connectionOptions(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
}

/**
 * Decides whether a request may pass as far as HTTP itself goes. Node's parser is lenient in places: it accepts two
 * `Host` lines, `Transfer-Encoding: gzip, chunked` and `TRACE`, so nothing here relies on it.
 *
 * @param credentialQuery names of query parameters to drop, lower case
 * @param headerCount header lines that a request may have
 * @throws ProxyError 400, 405, 417 or 431
 */
export function admit(head: RequestHead, credentialQuery: ReadonlySet<string>, headerCount: number): AdmittedRequest {
  // Node's parser takes HTTP/0.9 and HTTP/2.0 on a request line as well.
  if (head.httpVersion !== '1.1' && head.httpVersion !== '1.0') throw malformed('Only HTTP/1.1 and HTTP/1.0 pass.');
  if (!METHODS.has(head.method)) throw methodNotAllowed();
  if (head.rawHeaders.length / 2 > headerCount) {
    throw new ProxyError('head_too_large', `The request has more than ${String(headerCount)} header lines.`);
  }

  let hosts = 0;
  let length: number | undefined;
  let chunked = false;
  let nominated: readonly string[] = [];
  const { rawHeaders } = head;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1] ?? '';
    switch (rawHeaders[i]?.toLowerCase()) {
      case 'host':
        hosts++;
        break;
      case 'content-length':
        // RFC 9112, section 6.3: two lengths are how one request is smuggled inside another.
        if (length !== undefined) throw malformed('Content-Length is given twice.');
        length = contentLength(value);
        break;
      case 'transfer-encoding':
        if (chunked || value.trim().toLowerCase() !== 'chunked') {
          throw malformed('The only Transfer-Encoding that passes is chunked.');
        }
        chunked = true;
        break;
      case 'connection':
        if (value !== 'keep-alive' && value !== 'close') nominated = [...nominated, ...connectionOptions(value)];
        break;
      case 'expect':
        if (value.toLowerCase() !== '100-continue') {
          throw new ProxyError('expectation_failed', 'The only Expect that passes is 100-continue.');
        }
        break;
      default:
    }
  }
  // RFC 9112, section 3.2: exactly one Host, except that HTTP/1.0 knew none.
  if (hosts > 1 || (hosts === 0 && head.httpVersion !== '1.0')) throw malformed('There must be exactly one Host.');
  if (chunked && length !== undefined) throw malformed('Content-Length and Transfer-Encoding exclude each other.');
  if (chunked && head.httpVersion === '1.0') throw malformed('HTTP/1.0 has no Transfer-Encoding.');

  const question = head.target.indexOf('?');
  return {
    method: head.method,
    path: canonicalPath(question < 0 ? head.target : head.target.slice(0, question)),
    query: question < 0 ? '' : forwardedQuery(head.target.slice(question + 1), credentialQuery),
    body: chunked ? 'chunked' : (length ?? 0),
    nominated,
  };
}
