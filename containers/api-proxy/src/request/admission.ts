import { ProxyError } from '../errors.ts';
import { eachHeader, headerCount, type RawHeaders } from './raw-headers.ts';
import { canonicalPath, forwardedQuery, type PathForm } from './request-target.ts';

/** A request's head as it was read from the wire. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly rawHeaders: RawHeaders;
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

/** What admission needs to know of the service. */
export interface AdmissionRules {
  readonly pathForm: PathForm;
  /** Names of query parameters to drop, lower case. */
  readonly credentialQuery: ReadonlySet<string>;
  /** The name that `Host` must have; null at a port without a name, where it is not looked at. */
  readonly host: string | null;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

const malformed = (message: string): ProxyError => new ProxyError('malformed_request', message);

export function methodNotAllowed(): ProxyError {
  const methods = [...METHODS].join(', ');
  return new ProxyError('method_not_allowed', `The api-proxy accepts only ${methods}.`, {
    headers: { allow: methods },
  });
}

/** The names that a `Connection` header lists, lower case. */
export function connectionOptions(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
}

/**
 * Decides whether a request is acceptable as HTTP. Node's parser is lenient: it accepts two `Host` lines,
 * `Transfer-Encoding: gzip, chunked` and `TRACE`, so nothing here relies on it.
 *
 * @param maxHeaders header lines that a request may have
 * @throws ProxyError 400, 405, 417, 421 or 431
 */
export function admit(
  head: RequestHead,
  { pathForm, credentialQuery, host }: AdmissionRules,
  maxHeaders: number,
): AdmittedRequest {
  // Node's parser also accepts HTTP/0.9 and HTTP/2.0 on a request line.
  if (head.httpVersion !== '1.1' && head.httpVersion !== '1.0') {
    throw malformed('The only versions of HTTP that the api-proxy accepts are 1.1 and 1.0.');
  }
  if (!METHODS.has(head.method)) throw methodNotAllowed();
  if (headerCount(head.rawHeaders) > maxHeaders) {
    throw new ProxyError('head_too_large', `The request has more than ${maxHeaders} header lines.`);
  }
  const framing = new Framing(head.rawHeaders);
  framing.check(head.httpVersion);
  if (host !== null) framing.checkHost(host);
  const question = head.target.indexOf('?');
  return {
    method: head.method,
    path: canonicalPath(question < 0 ? head.target : head.target.slice(0, question), pathForm),
    query: question < 0 ? '' : forwardedQuery(head.target.slice(question + 1), credentialQuery),
    body: framing.chunked ? 'chunked' : (framing.length ?? 0),
    nominated: framing.nominated,
  };
}

/** The headers that decide where the request ends and what concerns this hop only. */
class Framing {
  length: number | undefined;
  chunked = false;
  nominated: readonly string[] = [];
  #hosts = 0;
  #host = '';

  constructor(rawHeaders: RawHeaders) {
    eachHeader(rawHeaders, (name, value) => {
      this.#read(name, value);
    });
  }

  #read(name: string, value: string): void {
    switch (name) {
      case 'host':
        this.#hosts++;
        this.#host = value.toLowerCase();
        break;
      case 'content-length':
        // RFC 9112, section 6.3: with two lengths, one request can be smuggled inside another.
        if (this.length !== undefined) throw malformed('Content-Length is given twice.');
        this.length = contentLength(value);
        break;
      case 'transfer-encoding':
        if (this.chunked || value.trim().toLowerCase() !== 'chunked') {
          throw malformed('The only Transfer-Encoding that the api-proxy accepts is chunked.');
        }
        this.chunked = true;
        break;
      case 'connection':
        if (value !== 'keep-alive' && value !== 'close')
          this.nominated = [...this.nominated, ...connectionOptions(value)];
        break;
      case 'expect':
        if (value.toLowerCase() !== '100-continue') {
          throw new ProxyError('expectation_failed', 'The only Expect that the api-proxy accepts is 100-continue.');
        }
        break;
      default:
    }
  }

  /**
   * RFC 9110, section 7.4: the name in `Host` must be the one that the connection is for. Otherwise the rules of one host
   * would decide about a request that its client, or a server behind a shared front end, takes for another's.
   *
   * @throws ProxyError 421
   */
  checkHost(expected: string): void {
    if (this.#hosts === 0 || [expected, `${expected}.`, `${expected}:443`].includes(this.#host)) return;
    const message = `This connection is for ${expected}, and its Host header names another host.`;
    throw new ProxyError('misdirected_request', message, { headers: { connection: 'close' } });
  }

  check(httpVersion: string): void {
    // RFC 9112, section 3.2: exactly one Host, except in HTTP/1.0, which had none.
    if (this.#hosts > 1 || (this.#hosts === 0 && httpVersion !== '1.0')) {
      throw malformed('There must be exactly one Host.');
    }
    if (this.chunked && this.length !== undefined) {
      throw malformed('Content-Length and Transfer-Encoding exclude each other.');
    }
    if (this.chunked && httpVersion === '1.0') throw malformed('HTTP/1.0 has no Transfer-Encoding.');
  }
}

function contentLength(value: string): number {
  const length = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(length)) throw malformed('Content-Length is not a length.');
  return length;
}
