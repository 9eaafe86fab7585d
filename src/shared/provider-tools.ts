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
  /** What else there can be. */
  readonly hosted: Hosted;
  /** A text that neither list knows is refused, unless this is set. */
  readonly others?: 'pass';
}

/** The rules for one format of request bodies. */
export interface BodyRules {
  readonly places: readonly Place[];
  /** Keys that count as one, and the name under which `places` has them. The first pattern that matches decides. */
  readonly families: readonly (readonly [pattern: RegExp, name: string])[];
  /**
   * Keys of what the client defines itself (schemas, arguments, metadata). Nothing inside is judged, except the keys of places
   * that are `inside` one of these.
   */
  readonly own: readonly string[];
}

/** A header whose comma-separated values can switch tools on. */
export interface ToolHeader {
  /** Lower case. */
  readonly name: string;
  readonly hosted: Hosted;
}

const ANY = /^/;
const NOTHING = /(?!)/;
const REMOTE: Hosted = [[ANY, 'remote-files']];

/** Only `data:` URLs need no connection. */
const DATA_URL = /^(?:data:|$)/i;
/**
 * A file that is written out, or the id of one. Neither has a character that a host or a scheme needs. Readers of addresses
 * drop white space, so it may only come where no scheme can be any more: only the beginning of a long text is judged.
 */
const INLINE = /^(?:data:|[\w+/=-]*\s{0,2}$|[\w+/=-]{48}[\w+/=\s-]*$)/i;

/** Whatever the key's value is, it switches the tool on. */
export const present = (key: string, tool: ProviderTool): Place => ({ key, hosted: [[ANY, tool]] });

/** The tool that a text stands for is refused. Any other text passes. */
export const named = (key: string, hosted: Hosted): Place => ({ key, hosted, others: 'pass' });

/** The names of Google's tools. Some gateways take them in other formats, too. */
export const GOOGLE_TOOLS: Hosted = [
  [/^(?:(?:google|enterpriseweb|exaai|parallelai)search(?:retrieval)?|googlemaps)$/, 'web-search'],
  [/^urlcontext$/, 'web-fetch'],
  [/^codeexecution$/, 'code-execution'],
  [/^mcpservers?$/, 'mcp'],
  [/^(?:filesearch|retrieval)$/, 'remote-files'],
];

/** Keys whose value is a file in some format: OpenAI's, and what gateways take beside it. */
const FILES = ['filedata', 'fileid', 'image', 'images', 'audio', 'video', 'videos', 'document'];

/**
 * `image_url`, `file_uri`, `callback_url`, `api_base`, `langfuse_host`, ...: the provider may load or call any of them. A
 * gateway may send its own key there, too (CVE-2024-6587 of LiteLLM).
 */
const ADDRESS = '*url';

/**
 * `api_key`, `langfuse_secret`, `extra_headers`, `vertex_credentials`, ...: whose account a gateway uses, so that what it is
 * sent ends in one of the command's choice.
 */
export const ACCOUNT = '*account';

/** Addresses to which LiteLLM sends its logs. */
const LOG_HOST = '*loghost';

/**
 * LiteLLM also takes the host and the account for its logs from here: from an object, or from a text with its JSON. Everything
 * else in there is the client's.
 */
const LABELS = 'metadata';

/**
 * Models that search without being asked to: OpenAI's, Perplexity's, Groq's, and OpenRouter's variant of any model. A variant
 * may follow each of these names (`:nitro`). No model has a name that is so long that its end could escape.
 */
const SEARCHES = /(?:-search|:online|(?<![a-z])(?:deep-research|sonar)|(?:^|\/)compound)(?![a-z])|^.{200}/is;

/** Where the name of a model is. {@link MODEL_IN_PATH} and {@link MODEL_IN_QUERY} have other places. */
export const MODEL_KEY = 'model';

/** A model that is named in the path: that of Azure's deployments, and of Google's API. Gateways take any name there. */
export const MODEL_IN_PATH = /(?<=\/deployments\/)[^/]+|(?<=\/models\/)[^/:]+/;

/** Parameters that name a model, or Azure's deployment of one. */
export const MODEL_IN_QUERY: ReadonlySet<string> = new Set([MODEL_KEY, 'deployment']);

/**
 * What gateways add to the format of another provider: OpenRouter, LiteLLM, xAI, Qwen, Mistral and Baidu among them. The
 * makers of the formats have most of it themselves.
 */
export const ADDED: Pick<BodyRules, 'places' | 'families'> = {
  places: [
    present('plugins', 'web-search'),
    present('*search', 'web-search'),
    present('urlcontext', 'web-fetch'),
    present('mcpservers', 'mcp'),
    { inside: 'tools', hosted: GOOGLE_TOOLS, others: 'pass' },
    // A tool that is only named, and a server without the type that says what it is.
    { key: 'tools', passes: NOTHING, hosted: [] },
    { inside: 'tools', key: 'serverurl', hosted: [[ANY, 'mcp']] },
    ...[MODEL_KEY, 'models', 'fallbacks'].map((key) => named(key, [[SEARCHES, 'web-search']])),
    ...[ADDRESS, LOG_HOST].map((key): Place => ({ key, passes: DATA_URL, hosted: REMOTE })),
    ...[ADDRESS, ...FILES, 'source'].flatMap((inside) =>
      ['url', 'uri'].map((key): Place => ({ inside, key, passes: DATA_URL, hosted: REMOTE })),
    ),
    ...FILES.map((key): Place => ({ key, passes: INLINE, hosted: REMOTE })),
    { inside: 'inputaudio', key: 'data', passes: INLINE, hosted: REMOTE },
    present(ACCOUNT, 'remote-files'),
    { ...present(ACCOUNT, 'remote-files'), inside: LABELS },
    { inside: LABELS, key: LOG_HOST, passes: DATA_URL, hosted: REMOTE },
    ...[LABELS, 'litellmmetadata'].map((key): Place => ({ key, passes: /^[^{]*$/, hosted: REMOTE })),
  ],
  families: [
    [
      /(?:api|access|ingestion|public|secret|space)keys?(?:id)?$|secret$|credentials?$|bucketname$|^(?:default|extra)headers$/,
      ACCOUNT,
    ],
    [/.host$|.(?:api|base|webhook)url$|ingestionendpoint$|^ddsite$/, LOG_HOST],
    // That of an MCP server is part of a tool.
    [/^(?!server).+ur[il]s?$|(?:apibase|endpoint|webhook|.host)s?$/, ADDRESS],
    // So is a search in files, and a search of tools is no search in the web.
    [/^(?!file|hybrid|tool|vector|vertex).*search/, '*search'],
  ],
};
