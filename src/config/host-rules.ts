import { UserError } from '../errors.ts';
import { ENDPOINT_METHODS } from '../shared/endpoints.ts';
import type { HostRule } from '../shared/named-host.ts';
import { canonicalHost } from './domain.ts';
import { placeOf, type Given } from './source.ts';

/** An entry of `host-rules`. */
export interface HostRuleEntry {
  /** The host's. */
  readonly name: string;
  /** Without a credential, which is the host's business. */
  readonly rule: HostRule;
}

const SEGMENT = "[\\w.~!$&'()*+,=:@%-]+";
const PATH = new RegExp(`^/(?:${SEGMENT}(?:/${SEGMENT})*/?)?$`);
const QUERY = /^[\w.~!$'()*+,:@%/-]+=[\w.~!$'()*+,:@%/-]*(?:&[\w.~!$'()*+,:@%/-]+=[\w.~!$'()*+,:@%/-]*)*$/;
const HINT =
  `Write a host, a method (${ENDPOINT_METHODS.join(', ')}) and a path, for example "registry.example.com GET /packages/**". ` +
  'In a path, * stands for a part of one segment, and ** at its end for the rest.';

/** `HOST METHOD /path/pattern[?query]` */
export function hostRule({ text, source }: Given): HostRuleEntry {
  const place = placeOf(source);
  const fail = (problem: string, hint = HINT): never => {
    throw new UserError(`${place}: "${text}" ${problem}.`, { hint });
  };
  const [hostText = '', methodText, target, ...rest] = text.split(/\s+/);
  if (methodText === undefined || target === undefined || rest.length > 0) return fail('is not a rule');
  const name = namedHost(hostText, fail);
  const method = ENDPOINT_METHODS.find((known) => known === methodText);
  if (method === undefined) return fail(`has no method that is one of ${ENDPOINT_METHODS.join(', ')}`);
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  const query = question < 0 ? undefined : target.slice(question + 1);
  if (!PATH.test(path) || /\/\.{1,2}(?:\/|$)/.test(path) || /\*\*(?!$)/.test(path) || /[^/]\*\*$/.test(path)) {
    return fail('has a path that no rule can have');
  }
  if (query !== undefined && query !== '' && !QUERY.test(query)) {
    return fail('has a query that no rule can have', 'Write name=value pairs, joined with &; * stands for any value.');
  }
  return { name, rule: { method, path: canonical(path), ...(query === undefined ? {} : { query }), source: place } };
}

/** Escapes as requests have them once they are canonical. */
const canonical = (path: string): string => path.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());

/**
 * A host as it is named in `host-rules` and `host-credentials`: exactly one.
 *
 * @param fail throws an error about the entry
 */
export function namedHost(text: string, fail: (problem: string, hint?: string) => never): string {
  if (text.includes('*')) return fail('has a wildcard in its host', 'Name each host: its certificate has its name.');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return fail('has a scheme', 'Write the host alone; https is implied.');
  }
  if (/:\d+$/.test(text)) return fail('has a port', 'Write the host alone; the port is always 443.');
  return canonicalHost(text) ?? fail('begins with no host name', 'Write a name such as "registry.example.com".');
}
