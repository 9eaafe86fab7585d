/**
 * Octets of a body that a judge needs as a whole. GitHub's largest are the 64 KB of a comment, and a review has several; a
 * commit made with GraphQL has its files.
 */
export const MAX_WHOLE_BYTES = 1024 * 1024;

/** Judges one body or message as it passes. */
export interface Judgement {
  /** @throws ProxyError 403 */
  push(chunk: Buffer): void;
  /**
   * @param body all of it, if the judge needs the whole body
   * @returns what to send instead of the whole body, with as many octets, since its length is announced; undefined if the body
   *   may be sent as it is. Only a judge that needs the whole body replaces it.
   * @throws ProxyError 403 if the document is not complete
   */
  end(body: Buffer): Buffer | undefined;
}

/** Judges bodies and messages by one set of rules. */
export interface BodyJudge {
  /** True if nothing of a body may be sent before its end. A body of more than {@link MAX_WHOLE_BYTES} is refused. */
  readonly needsWhole: boolean;
  /** @param what for messages: "request body" */
  begin(what: string): Judgement;
}
