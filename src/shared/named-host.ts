/**
 * Hosts that the api-proxy answers for under their own names. A program in the sandbox needs no setting for them: it asks
 * for the host, and speaks TLS with the api-proxy.
 */

import type { EndpointMethod } from './endpoints.ts';
import type { GraphqlRule } from './github-access.ts';

/** A host that is no provider's. */
export interface NamedHost {
  /** Lower case, without a trailing dot. It covers no subdomains. */
  readonly name: string;
  /** The option that decides about the host besides `host-rules`, for messages. */
  readonly option?: string;
  /** The credential that rules of the user's for this host use. */
  readonly credential?: CredentialUse;
  /** The first one that fits a request decides. A request that none fits is refused. */
  readonly rules: readonly HostRule[];
  /**
   * Set if the host is known not to repeat what it was sent. Its answers may be compressed; nobody can search those for the
   * credential.
   */
  readonly echoesNothing?: true;
}

/** What may be asked of a host. */
export interface HostRule {
  /** `GET` covers `HEAD`. */
  readonly method: EndpointMethod;
  /**
   * A canonical path. `*` stands for a part of one segment, and `**` at the end for any rest of the path, an empty one
   * included.
   */
  readonly path: string;
  /**
   * The parameters that the query must have, each of them once and no other: `service=git-upload-pack`. A value of `*`
   * stands for any. Undefined lets any query pass.
   */
  readonly query?: string;
  /** Set if case does not matter in the path, as in the names of GitHub's repositories. */
  readonly ignoreCase?: true;
  /** Set if such a request is refused, whatever a later rule says. */
  readonly refuse?: true;
  /** Undefined for a request without a credential. The client's own never passes. */
  readonly credential?: CredentialUse;
  /** Set if the body is GraphQL. Queries pass, and mutations if all their fields are listed. */
  readonly graphql?: GraphqlRule;
  /** Set if the body is a JSON object, some of whose members may only have these values. */
  readonly members?: Readonly<Record<string, readonly string[]>>;
  /** Where the rule comes from, for the log and for messages: `host-rules, line 3`, `github-access read`. */
  readonly source: string;
}

/** How a credential goes into a request. */
export interface CredentialUse {
  /** Its name among the run's secrets. */
  readonly name: string;
  /** Lower case. */
  readonly header: string;
  /** Stands before the credential in the header's value: `Bearer `, or nothing. */
  readonly prefix: string;
  /** Set for Basic authentication (RFC 7617): the user whose password the credential is. The prefix is then `Basic `. */
  readonly user?: string;
  /** Set for a credential that is the rest of the path: what the path begins with. `header` and `prefix` are empty then. */
  readonly pathBelow?: string;
}
