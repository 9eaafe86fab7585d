import type { SidecarHost, SidecarHostRule } from '../../../../src/shared/sidecar-config.ts';
import { checkGraphqlHeaders, GraphqlJudge, loadGraphql, type GraphqlPackage } from '../judge/graphql.ts';
import type { BodyJudge } from '../judge/judge.ts';
import { checkMembersHeaders, MembersJudge } from '../judge/members.ts';
import type { AdmittedRequest } from '../request/admission.ts';
import type { RawHeaders } from '../request/raw-headers.ts';

/** Loads the parser for GraphQL if a rule needs it. */
export async function graphqlFor(hosts: readonly SidecarHost[]): Promise<GraphqlPackage | undefined> {
  const isNeeded = hosts.some((host) => 'rules' in host && host.rules.some((rule) => rule.graphql));
  return isNeeded ? await loadGraphql() : undefined;
}

/** Judges of the bodies of one host's requests, prepared once for all of them. */
export class BodyRules {
  readonly #judges = new Map<SidecarHostRule, BodyJudge>();

  /** @throws Error if a rule is about GraphQL and the package is not there */
  constructor(rules: readonly SidecarHostRule[], graphql: GraphqlPackage | undefined) {
    for (const rule of rules) {
      if (rule.graphql) {
        if (!graphql) throw new Error(`The rule ${rule.source} needs the parser for GraphQL.`);
        this.#judges.set(rule, new GraphqlJudge(graphql, rule.graphql, rule.source));
      } else if (rule.members) this.#judges.set(rule, new MembersJudge(rule.members, rule.source));
    }
  }

  /**
   * @returns the judge of the request's body; undefined if any body passes
   * @throws ProxyError 403 for what its headers tell
   */
  admit(rule: SidecarHostRule, { body }: AdmittedRequest, rawHeaders: RawHeaders): BodyJudge | undefined {
    const judge = this.#judges.get(rule);
    if (judge && body !== 0) {
      if (rule.graphql) checkGraphqlHeaders(rawHeaders);
      else checkMembersHeaders(rawHeaders, rule.source);
    }
    return judge;
  }
}
