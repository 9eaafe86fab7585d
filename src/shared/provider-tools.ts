/**
 * What a request may switch on at a provider so that the provider itself fetches, connects or runs something for the
 * command, out of reach of the allow-list. The rules of each provider are in its entry of the provider table.
 */

/** The names for the option `allow-provider-tools`. */
export const PROVIDER_TOOLS = ['web-search', 'web-fetch', 'mcp', 'code-execution', 'remote-files'] as const;
export type ProviderTool = (typeof PROVIDER_TOOLS)[number];

/** The first pattern that matches a text decides. */
export type Hosted = readonly (readonly [pattern: RegExp, tool: ProviderTool])[];

/**
 * A place in a request's body where something decides what the provider does. Keys are compared in lower case and
 * without underscores: Google accepts `googleSearch` and `google_search`, and some servers ignore case.
 */
export interface Place {
  /** The key whose object it is in, directly or through lists. If absent, the place is anywhere in the body. */
  readonly inside?: string;
  /** The key whose value is judged. If absent, the names of all keys at the place are judged instead. */
  readonly key?: string;
  /** Texts that pass. If absent, anything but `null` is refused, whatever its type. */
  readonly passes?: RegExp;
  /** What else there can be. A text that neither list knows is refused, too. */
  readonly hosted: Hosted;
}

/** The rules for one format of request bodies. */
export interface BodyRules {
  readonly places: readonly Place[];
  /** Keys of what the client defines itself (schemas, arguments, metadata). Nothing inside is judged. */
  readonly own: readonly string[];
}

/** A header whose comma-separated values can switch tools on. */
export interface ToolHeader {
  /** Lower case. */
  readonly name: string;
  readonly hosted: Hosted;
}

const DATA_URL = /^data:/i;
const ANY = /^/;

/** The key's value is an address, or an object that has it under `url`. Only `data:` URLs need no connection. */
export const address = (key: string): Place[] => [
  { key, passes: DATA_URL, hosted: [[ANY, 'remote-files']] },
  { inside: key, key: 'url', passes: DATA_URL, hosted: [[ANY, 'remote-files']] },
];

/** Whatever the key's value is, it switches the tool on. */
export const present = (key: string, tool: ProviderTool): Place => ({ key, hosted: [[ANY, tool]] });
