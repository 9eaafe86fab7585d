import type { AddedEndpoint, Endpoint } from '../../../../src/shared/endpoints.ts';
import type { Provider } from '../../../../src/shared/providers.ts';
import type { AdmittedRequest } from './admission.ts';
import { NO_RETRY, ProxyError } from '../errors.ts';
import { parameterNames } from './request-target.ts';

/**
 * Decides whether a request is for an endpoint of the table.
 *
 * @returns whether the endpoint generates, which is what costs tokens
 * @throws ProxyError 403 with the rule
 */
export type EndpointCheck = (request: AdmittedRequest) => boolean;

interface Rule {
  /** Undefined: any. */
  readonly query: ReadonlySet<string> | undefined;
  readonly pattern: RegExp;
  readonly generates: boolean;
}

function patternOf(path: string): RegExp {
  const parts = path.split(/(\*:?)/);
  const source = parts.map((part) => {
    if (part === '*:') return '[^/:]+:';
    return part === '*' ? '[^/]+' : RegExp.escape(part);
  });
  return new RegExp(`^${source.join('')}$`);
}

const ruleOf = ({ method, path, query, free }: Endpoint): Rule => ({
  pattern: patternOf(path),
  query: query === 'any' ? undefined : new Set(query),
  generates: free !== true && (method === 'POST' || method === 'WEBSOCKET'),
});

/** What a message may repeat of a client's bytes: enough to find the line, nothing that a terminal would act on. */
const printable = (text: string): string => text.replace(/[^!-~]/g, '?').slice(0, 200);

function notAnEndpoint({ id, name }: Provider, { method, path }: AdmittedRequest): ProxyError {
  const endpoint = `${method} ${printable(path)}`;
  const message =
    `${endpoint} is not among the inference endpoints of ${name} that pass the api-proxy. ` +
    `If the workflow needs it, its author can add this line to allow-endpoints: ${id} ${endpoint}`;
  return new ProxyError('endpoint_not_allowed', message, { headers: NO_RETRY });
}

function notAParameter(parameter: string, { query }: Rule, { method, path }: AdmittedRequest): ProxyError {
  const names = [...(query ?? [])].join(', ');
  const message =
    `The query parameter ${printable(parameter)} does not pass the api-proxy. For ${method} ${printable(path)} ` +
    `${names === '' ? 'none does' : `these do: ${names}`}. A line for this path in allow-endpoints lets all pass.`;
  return new ProxyError('query_not_allowed', message, { headers: NO_RETRY });
}

/** The rules of one method. */
class Rules {
  /** Paths without a wildcard, which most requests are for. */
  readonly #exact = new Map<string, Rule>();
  readonly #patterns: Rule[] = [];

  /** The first rule for a path is the one that counts. */
  add(endpoint: Endpoint): void {
    const rule = ruleOf(endpoint);
    if (endpoint.path.includes('*')) this.#patterns.push(rule);
    else if (!this.#patterns.some(({ pattern }) => pattern.test(endpoint.path)) && !this.#exact.has(endpoint.path)) {
      this.#exact.set(endpoint.path, rule);
    }
  }

  find(path: string): Rule | undefined {
    return this.#exact.get(path) ?? this.#patterns.find(({ pattern }) => pattern.test(path));
  }
}

/** @param added the user's own, for this provider */
export function endpointCheck(provider: Provider, added: readonly AddedEndpoint[]): EndpointCheck {
  const rules = new Map<string, Rules>();
  // The user's come first: they take any query.
  for (const endpoint of [...added.map((entry) => ({ ...entry, query: 'any' as const })), ...provider.endpoints]) {
    const methods = endpoint.method === 'GET' ? ['GET', 'HEAD'] : [endpoint.method];
    for (const method of methods) {
      const ofMethod = rules.get(method) ?? new Rules();
      ofMethod.add(endpoint);
      rules.set(method, ofMethod);
    }
  }
  return (request) => {
    const rule = rules.get(request.method)?.find(request.path);
    if (!rule) throw notAnEndpoint(provider, request);
    if (request.query === '' || !rule.query) return rule.generates;
    for (const name of parameterNames(request.query.slice(1))) {
      if (!rule.query.has(name.replace(/\[\]$/, ''))) throw notAParameter(name, rule, request);
    }
    return rule.generates;
  };
}
