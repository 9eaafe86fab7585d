import type { AddedEndpoint, Endpoint, Spelling } from '../../../../src/shared/endpoints.ts';
import { globMatcher, type Gap } from '../../../../src/shared/glob.ts';
import type { Provider } from '../../../../src/shared/providers.ts';
import { NO_RETRY, printable, ProxyError } from '../errors.ts';
import type { AdmittedRequest } from './admission.ts';
import { parameterNames } from './request-target.ts';

export interface EndpointVerdict {
  /** The endpoint costs tokens. */
  readonly generates: boolean;
  /** AWF knows the endpoint, and so what its requests may contain; the user may have listed it, too. */
  readonly isKnown: boolean;
  /** The path as the provider writes it. */
  readonly path: string;
}

/**
 * Decides whether a request is for a listed endpoint.
 *
 * @throws ProxyError 403 that names the rule
 */
export type EndpointCheck = (request: AdmittedRequest) => EndpointVerdict;

interface Rule {
  /** Parameters that may be sent; undefined allows every one. */
  readonly query: ReadonlySet<string> | undefined;
  readonly fits: (path: string) => boolean;
  readonly generates: boolean;
  readonly spelling: Spelling | undefined;
}

const IN_SEGMENT: Gap = { least: 1, without: /\// };
/** A name in front of a method: `models/*:generateContent`. */
const BEFORE_COLON: Gap = { least: 1, without: /[/:]/ };

const ruleOf = ({ method, path, query, free, spelling }: Endpoint): Rule => ({
  spelling,
  fits: globMatcher(path, (text) => (text.startsWith(':') ? BEFORE_COLON : IN_SEGMENT)),
  query: query === 'any' ? undefined : new Set(query),
  generates: free !== true && (method === 'POST' || method === 'WEBSOCKET'),
});

/** Characters of a client's text in a message: enough to find the line. */
const SHOWN = 200;

function notAnEndpoint({ id, name }: Provider, { method, path }: AdmittedRequest): ProxyError {
  const endpoint = `${method} ${printable(path, SHOWN)}`;
  const message =
    `${endpoint} is not among the inference endpoints of ${name} that the api-proxy forwards. ` +
    `If the workflow needs it, its author can add this line to allow-endpoints: ${id} ${endpoint}`;
  return new ProxyError('endpoint_not_allowed', message, { headers: NO_RETRY });
}

function notAParameter(parameter: string, { query }: Rule, { method, path }: AdmittedRequest): ProxyError {
  const names = [...(query ?? [])].join(', ');
  const message =
    `The api-proxy does not forward the query parameter ${printable(parameter, SHOWN)}. ` +
    `For ${method} ${printable(path, SHOWN)} it forwards ${names === '' ? 'none' : `these: ${names}`}. ` +
    'A line for this path in allow-endpoints allows all of them.';
  return new ProxyError('query_not_allowed', message, { headers: NO_RETRY });
}

/** The rules of one method. */
class Rules {
  /** Paths without a wildcard, which most requests are for. */
  readonly #exact = new Map<string, Rule>();
  readonly #patterns: Rule[] = [];

  /** If several rules match a path, the one that was added first decides. */
  add(endpoint: Endpoint): void {
    const rule = ruleOf(endpoint);
    if (endpoint.path.includes('*')) this.#patterns.push(rule);
    else if (!this.#patterns.some(({ fits }) => fits(endpoint.path)) && !this.#exact.has(endpoint.path)) {
      this.#exact.set(endpoint.path, rule);
    }
  }

  find(path: string): Rule | undefined {
    return this.#exact.get(path) ?? this.#patterns.find(({ fits }) => fits(path));
  }
}

function asSent(path: string, spelling: Spelling | undefined, isOwn: boolean): string {
  if (spelling === undefined || (spelling.ownHostsOnly && !isOwn)) return path;
  return `${spelling.sent}${path.slice(spelling.written.length)}`;
}

function rulesByMethod(endpoints: readonly Endpoint[]): ReadonlyMap<string, Rules> {
  const byMethod = new Map<string, Rules>();
  for (const endpoint of endpoints) {
    const methods = endpoint.method === 'GET' ? ['GET', 'HEAD'] : [endpoint.method];
    for (const method of methods) {
      const rules = byMethod.get(method) ?? new Rules();
      rules.add(endpoint);
      byMethod.set(method, rules);
    }
  }
  return byMethod;
}

/**
 * @param added endpoints of this provider that the user allows
 * @param isOwn whether the upstream is a host of the provider's own
 */
export function endpointCheck(provider: Provider, added: readonly AddedEndpoint[], isOwn: boolean): EndpointCheck {
  const known = rulesByMethod(provider.endpoints);
  const users = rulesByMethod(added.map((entry) => ({ ...entry, query: 'any' as const })));
  return (request) => {
    const knownRule = known.get(request.method)?.find(request.path);
    // The user's come first, because they allow any query.
    const rule = users.get(request.method)?.find(request.path) ?? knownRule;
    if (!rule) throw notAnEndpoint(provider, request);
    const path = asSent(request.path, rule.spelling, isOwn);
    const verdict = { generates: rule.generates, isKnown: knownRule !== undefined, path };
    if (request.query === '' || !rule.query) return verdict;
    for (const name of parameterNames(request.query.slice(1))) {
      if (!rule.query.has(name.replace(/\[\]$/, ''))) throw notAParameter(name, rule, request);
    }
    return verdict;
  };
}
