/** Which of a host's rules decides about a request. The api-proxy and `awf policy test` ask the same question. */

import type { EndpointMethod } from './endpoints.ts';
import { globMatcher, type Gap } from './glob.ts';

/** What of a rule decides whether it fits. */
interface Matchable {
  readonly method: EndpointMethod;
  readonly path: string;
  readonly query?: string;
  readonly ignoreCase?: true;
  readonly refuse?: true;
}

interface Matcher<R> {
  readonly rule: R;
  readonly methods: readonly string[];
  readonly fits: (path: string) => boolean;
  /** Undefined lets any query pass. */
  readonly query: readonly ((parameter: string) => boolean)[] | undefined;
}

/** What is asked of a host. */
export interface RuledRequest {
  readonly method: string;
  /** Canonical. */
  readonly path: string;
  /** Empty, or with its `?`. */
  readonly query: string;
}

/** A slash that belongs to a segment, as in the names of branches and of npm's packages with a scope. */
export const ESCAPED_SLASH = /%2F/g;

/** The ways in which a server may read a canonical path: as it is, and with its escaped slashes decoded. */
function readings(path: string): readonly string[] {
  return path.includes('%2F') ? [path, path.replace(ESCAPED_SLASH, '/')] : [path];
}

const IN_SEGMENT: Gap = { least: 1, without: /\// };
const IN_PARAMETER: Gap = { least: 0, without: /;/ };

/** `*` is a part of one segment; `**` is the rest of the path behind a slash, and that slash too. */
function pathMatcher(path: string, ignoreCase: boolean): (path: string) => boolean {
  const inCase = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const isOpen = path.endsWith('/**');
  const fixed = inCase(isOpen ? path.slice(0, -'/**'.length) : path);
  const fits = globMatcher(fixed, () => IN_SEGMENT);
  if (!isOpen) return (asked) => fits(inCase(asked));
  const slashes = fixed.split('/').length;
  return (asked) => fits(inCase(asked).split('/').slice(0, slashes).join('/'));
}

function matcherOf<R extends Matchable>(rule: R): Matcher<R> {
  return {
    rule,
    methods: rule.method === 'GET' ? ['GET', 'HEAD'] : [rule.method],
    fits: pathMatcher(rule.path, rule.ignoreCase === true),
    query: rule.query
      ?.split('&')
      .filter((pair) => pair !== '')
      .map((pair) => globMatcher(pair, () => IN_PARAMETER)),
  };
}

/** True if every pattern has a parameter of its own, and every parameter a pattern. */
function queryFits(query: string, patterns: NonNullable<Matcher<unknown>['query']>): boolean {
  const pairs = query === '' ? [] : query.slice(1).split('&');
  if (pairs.length !== patterns.length) return false;
  const left = [...pairs];
  return patterns.every((fits) => {
    const at = left.findIndex((pair) => fits(pair));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** The rules of one host, prepared once. */
export class HostRules<R extends Matchable> {
  readonly #matchers: readonly Matcher<R>[];

  constructor(rules: readonly R[]) {
    this.#matchers = rules.map(matcherOf);
  }

  /**
   * The rule that decides about a request: the first one that fits. A path that servers may read in two ways must come to
   * the same rule in both.
   *
   * @returns undefined if the request may not pass
   */
  find({ method, path, query }: RuledRequest): R | undefined {
    const [first, ...others] = readings(path).map((reading) => this.#find(method, reading, query));
    if (first === undefined || first.refuse === true || others.some((other) => other !== first)) return undefined;
    return first;
  }

  #find(method: string, path: string, query: string): R | undefined {
    return this.#matchers.find(
      (matcher) =>
        matcher.methods.includes(method) &&
        matcher.fits(path) &&
        (matcher.query === undefined || queryFits(query, matcher.query)),
    )?.rule;
  }
}
