/** Judges one body or message as it passes. */
export interface Judgement {
  /** @throws ProxyError 403 */
  push(chunk: Buffer): void;
  /**
   * @returns what to send instead of the whole body, with as many octets, since its length is announced; undefined if the body
   *   may be sent as it is. Only a judge that needs the whole body replaces it.
   * @throws ProxyError 403 if the document is not complete
   */
  end(): Buffer | undefined;
}

/** Judges bodies and messages by one set of rules. */
export interface BodyJudge {
  /** True if nothing of a body may be sent before its end, however long it is. */
  readonly needsWhole: boolean;
  /** @param what for messages: "request body" */
  begin(what: string): Judgement;
}
