/** Judges one body or message as it passes. */
export interface Judgement {
  /** @throws ProxyError 403 */
  push(chunk: Buffer): void;
  /** @throws ProxyError 403 if the document is not complete */
  end(): void;
}

/** Judges bodies and messages by one set of rules. */
export interface BodyJudge {
  /** True if nothing of a body may be sent before its end, however long it is. */
  readonly needsWhole: boolean;
  /** @param what for messages: "request body" */
  begin(what: string): Judgement;
}
