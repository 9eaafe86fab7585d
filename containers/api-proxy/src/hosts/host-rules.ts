import type { SidecarHostRule } from '../../../../src/shared/sidecar-config.ts';
import type { AdmittedRequest } from '../request/admission.ts';
import { readings } from '../request/request-target.ts';

interface Matcher {
  readonly rule: SidecarHostRule;
  readonly methods: readonly string[];
  readonly pattern: RegExp;
  /** Sorted; undefined lets any query pass. */
  readonly query: readonly RegExp[] | undefined;
}

/** `*` is a part of one segment; `**` is the rest of the path behind a slash, and that slash too. */
function pathPattern(path: string, ignoreCase: boolean): RegExp {
  const isOpen = path.endsWith('/**');
  const fixed = (isOpen ? path.slice(0, -'/**'.length) : path)
    .split('*')
    .map((part) => RegExp.escape(part))
    .join('[^/]+');
  return new RegExp(`^${fixed}${isOpen ? '(?:/.*)?' : ''}$`, ignoreCase ? 'i' : '');
}

function parameterPattern(pair: string): RegExp {
  const parts = pair.split('*').map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('[^;]*')}$`);
}

function matcherOf(rule: SidecarHostRule): Matcher {
  return {
    rule,
    methods: rule.method === 'GET' ? ['GET', 'HEAD'] : [rule.method],
    pattern: pathPattern(rule.path, rule.ignoreCase === true),
    query: rule.query
      ?.split('&')
      .filter((pair) => pair !== '')
      .map(parameterPattern),
  };
}

/** True if every pattern has a parameter of its own, and every parameter a pattern. */
function queryFits(query: string, patterns: readonly RegExp[]): boolean {
  const pairs = query === '' ? [] : query.slice(1).split('&');
  if (pairs.length !== patterns.length) return false;
  const left = [...pairs];
  return patterns.every((pattern) => {
    const at = left.findIndex((pair) => pattern.test(pair));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** The rules of one host, prepared once. */
export class HostRules {
  readonly #matchers: readonly Matcher[];

  constructor(rules: readonly SidecarHostRule[]) {
    this.#matchers = rules.map(matcherOf);
  }

  /**
   * The rule that decides about a request: the first one that fits. A path that servers may read in two ways must come to
   * the same rule in both.
   *
   * @returns undefined if the request may not pass
   */
  find({ method, path, query }: AdmittedRequest): SidecarHostRule | undefined {
    const [first, ...others] = readings(path).map((reading) => this.#find(method, reading, query));
    if (first === undefined || first.refuse === true || others.some((other) => other !== first)) return undefined;
    return first;
  }

  #find(method: string, path: string, query: string): SidecarHostRule | undefined {
    return this.#matchers.find(
      (matcher) =>
        matcher.methods.includes(method) &&
        matcher.pattern.test(path) &&
        (matcher.query === undefined || queryFits(query, matcher.query)),
    )?.rule;
  }
}
