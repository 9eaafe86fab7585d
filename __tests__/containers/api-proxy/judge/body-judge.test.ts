import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { JsonJudge } from '../../../../containers/api-proxy/src/judge/body-judge.ts';
import { PROVIDER_TOOLS, type ProviderTool } from '../../../../src/shared/provider-tools.ts';
import { PROVIDERS, type ProviderId } from '../../../../src/shared/providers.ts';
import { post, send, sendRaw } from '../../../../testing/sidecar/client.ts';
import { agree, wish } from '../../../../testing/sidecar/websocket-handshake.ts';
import { eventually, INFERENCE, UNREAD, useSidecar } from '../../../../testing/sidecar/sidecar.ts';

const EVIL = 'https://evil.example/x?stolen';
const DATA = 'data:image/png;base64,iVBORw0KGgo=';

const OPENAI_CLIENT = [
  { type: 'function', name: 'f', parameters: { type: 'object', properties: { type: { type: 'web_search' } } } },
  { type: 'custom', name: 'exec', format: { type: 'grammar', syntax: 'lark' } },
  { type: 'namespace', name: 'n', tools: [{ type: 'function', name: 'g', parameters: { url: EVIL } }] },
  ...[{ type: 'local_shell' }, { type: 'apply_patch' }, { type: 'tool_search', execution: 'client' }],
];
const ANTHROPIC_CLIENT = [
  { name: 'f', input_schema: { type: 'object', properties: { source: { type: 'url', url: EVIL } } } },
  { type: 'custom', name: 'g', input_schema: {} },
  { type: 'bash_20250124', name: 'bash' },
  { type: 'text_editor_20250728', name: 'e' },
  { type: 'memory_20250818', name: 'm' },
  { type: 'tool_search_tool_regex_20251119', name: 't' },
  { type: 'tool_search_tool_bm25', name: 't' },
  ...[{ type: 'browser_toolset_20260801' }, { type: 'computer_toolset_20260801' }],
];

/** What each format offers, and the same request without it. */
type Case = readonly [title: string, tool: ProviderTool | undefined, hosted: object, control: object];

const chatContent = (part: object) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: EVIL }, part] }] });
const input = (part: object) => ({ input: [{ type: 'message', role: 'user', content: [part] }] });

const OPENAI: readonly Case[] = [
  ...['web_search', 'web_search_preview_2025_03_11', 'web_search_2025_08_26'].map((type): Case => [
    type,
    'web-search',
    { tools: [...OPENAI_CLIENT, { type }] },
    { tools: OPENAI_CLIENT },
  ]),
  ['search options', 'web-search', { web_search_options: {} }, { web_search_options: null }],
  [
    'an index of the client’s (Azure)',
    'remote-files',
    { data_sources: [{ type: 'elasticsearch', parameters: { endpoint: EVIL } }] },
    { metadata: { data_sources: EVIL } },
  ],
  ['a search of xAI’s', 'web-search', { search_parameters: { mode: 'on' } }, { search_parameters: null }],
  ['plugins of OpenRouter’s', 'web-search', { plugins: [{ id: 'web' }] }, { messages: [] }],
  ['its models', 'web-search', { models: ['a/b', 'a/b:online'] }, { models: ['a/b:free'] }],
  ['a search of Qwen’s', 'web-search', { enable_search: true }, { enable_thinking: true }],
  ['a model that searches', 'web-search', { model: 'gpt-4o-search-preview' }, { model: 'gpt-4o-research' }],
  ['mcp', 'mcp', { tools: [{ type: 'mcp', server_url: EVIL }] }, { tools: [] }],
  ['an interpreter', 'code-execution', { tools: [{ type: 'code_interpreter' }] }, { tools: [OPENAI_CLIENT[0]] }],
  ['a hosted shell', 'code-execution', { tools: [{ type: 'shell' }] }, { tools: [{ type: 'local_shell' }] }],
  ['a search in files', 'remote-files', { tools: [{ type: 'file_search' }] }, { tools: [{ type: 'computer' }] }],
  ['an unknown tool', undefined, { tools: [{ type: 'teleport' }] }, { tools: [{ type: 'custom' }] }],
  ['a capital letter', undefined, { tools: [{ type: 'Web_search' }] }, { tools: [{ type: 'function' }] }],
  [
    'Codex’s further tools',
    'web-search',
    { input: [{ type: 'additional_tools', tools: [{ type: 'namespace', tools: [{ type: 'web_search' }] }] }] },
    { input: [{ type: 'additional_tools', tools: OPENAI_CLIENT }] },
  ],
  ['a tool of Google’s, at a gateway', 'web-search', { tools: [{ googleSearch: {} }] }, { tools: [OPENAI_CLIENT[0]] }],
  ['another one', 'web-fetch', { tools: [{ url_context: {} }] }, { tools: [{ type: 'function', name: 'urlContext' }] }],
  ['a tool that is not in a list', 'mcp', { tool: { type: 'mcp', server_url: EVIL } }, { tool: OPENAI_CLIENT[0] }],
  ['a search of Baidu’s', 'web-search', { web_search: { enable: true } }, { web_search: null }],
  ['a model that researches', 'web-search', { model: 'o/o3-deep-research' }, { model: 'gpt-rosalind-research' }],
  ['a model of Perplexity’s', 'web-search', { model: 'perplexity/sonar-pro' }, { model: 'sonarqube-helper' }],
  ['a system of Groq’s', 'web-search', { model: 'groq/compound-mini' }, { model: 'compounds-1' }],
  ['a model that stands in', 'web-search', { fallbacks: ['a/b', 'a/b:online'] }, { fallbacks: ['a/b'] }],
  ['a variant of a model that searches', 'web-search', { model: 'p/sonar:nitro' }, { model: 'p/sonata:nitro' }],
  ['a variant of one that researches', 'web-search', { model: 'o/o3-deep-research:floor' }, { model: 'o/o3:floor' }],
  ['a variant of a variant', 'web-search', { model: 'a/b:online:nitro' }, { model: 'a/b:onlineish' }],
  ['a system of Groq’s behind two gateways', 'web-search', { model: 'o/groq/compound' }, { model: 'o/decompound' }],
  ['a tool that is only named', undefined, { tools: ['web_search'] }, { tools: [OPENAI_CLIENT[0]] }],
  ['a server without its type', 'mcp', { tools: [{ server_url: EVIL }] }, { tools: [{ name: 'server_url' }] }],
  ['servers at a gateway', 'mcp', { mcp_servers: [{ type: 'url', url: EVIL }] }, { mcp_servers: null }],
  ['a page at a gateway', 'web-fetch', { x: { urlContext: {} } }, { x: { url_context: null } }],
  ...['api_base', 'azure_endpoint', 'webhook'].map((key): Case => [
    `${key} (LiteLLM)`,
    'remote-files',
    { fallbacks: [{ model: 'a', [key]: EVIL }] },
    { fallbacks: [{ model: 'a', [key]: '' }], metadata: { [key]: EVIL } },
  ]),
  ...[
    ...[
      'langfuse_host',
      'langsmith_base_url',
      'posthog_host',
      'slack_webhook_url',
      'signoz_ingestion_endpoint',
      'dd_site',
    ],
    ...['langfuse_public_key', 'langfuse_secret', 'langsmith_api_key', 'arize_space_key', 'gcs_bucket_name'],
  ].flatMap((key): Case[] => [
    [`${key} (LiteLLM)`, 'remote-files', { [key]: 'evil' }, { [key]: null }],
    [
      `${key} in metadata (LiteLLM)`,
      'remote-files',
      { metadata: { trace_id: '1', [key]: 'evil' } },
      { metadata: { trace_id: '1', repo_url: EVIL, x: { [key]: 'evil' } } },
    ],
  ]),
  [
    'metadata as a text (LiteLLM)',
    'remote-files',
    { metadata: ' {"langfuse_host": "evil"}' },
    { metadata: { text: '{"langfuse_host": "evil"}' } },
  ],
  [
    'metadata of LiteLLM’s own',
    'remote-files',
    { litellm_metadata: '{"langfuse_host": "evil"}' },
    { litellm_metadata: { tags: ['a'] } },
  ],
  ['an account at a gateway', 'remote-files', { api_key: 'sk-evil' }, { tools: [OPENAI_CLIENT[0]] }],
  ['headers for a gateway’s upstream', 'remote-files', { extra_headers: { a: 'b' } }, { headers: { a: 'b' } }],
  [
    'an image in Anthropic’s form',
    'remote-files',
    chatContent({ type: 'image', source: { type: 'url', url: EVIL } }),
    chatContent({ type: 'image', source: { type: 'base64', data: 'iVBORw0KGgo=' } }),
  ],
  [
    'a file in Google’s form',
    'remote-files',
    chatContent({ file_data: { file_uri: EVIL } }),
    chatContent({ file_data: { file_uri: DATA } }),
  ],
  [
    'an address behind much white space',
    'remote-files',
    chatContent({ type: 'file', file: { file_data: `${' '.repeat(3_000)}${EVIL}` } }),
    chatContent({ type: 'file', file: { file_data: `${'iVBORw0K'.repeat(8)}\n`.repeat(50) } }),
  ],
  [
    'one with line ends in it',
    'remote-files',
    { image: EVIL.replace('h', `h${'\n'.repeat(3_000)}`) },
    { image: 'iVBORw0KGgo=\r\n' },
  ],
  ['a name without an end', 'web-search', { model: `${'x'.repeat(3_000)}:online` }, { model: 'x'.repeat(190) }],
  ['a call back', 'remote-files', { callback_url: EVIL }, { metadata: { callback_url: EVIL }, callback_url: '' }],
  [
    'a document (Mistral)',
    'remote-files',
    chatContent({ type: 'document_url', document_url: EVIL }),
    chatContent({ type: 'document_url', document_url: DATA }),
  ],
  [
    'a file (OpenRouter)',
    'remote-files',
    chatContent({ type: 'file', file: { filename: 'a', file_data: EVIL } }),
    chatContent({ type: 'file', file: { filename: EVIL, file_data: DATA } }),
  ],
  [
    'a file’s id (LiteLLM)',
    'remote-files',
    chatContent({ type: 'file', file: { file_id: 'gs://evil/x' } }),
    chatContent({ type: 'file', file: { file_id: 'file-AbC_12' } }),
  ],
  [
    'sound (Qwen)',
    'remote-files',
    chatContent({ type: 'input_audio', input_audio: { data: EVIL, format: 'mp3' } }),
    chatContent({ type: 'input_audio', input_audio: { data: 'SUQz+/8=', format: 'mp3' } }),
  ],
  [
    'the pictures of a film (Qwen)',
    'remote-files',
    chatContent({ type: 'video', video: [DATA, EVIL] }),
    chatContent({ type: 'video', video: [DATA, 'iVBORw0KGgo='] }),
  ],
  ['a picture to embed (Jina)', 'remote-files', { input: [{ image: EVIL }] }, { input: [{ image: 'iVBORw0KGgo=' }] }],
  [
    'an image of a chat',
    'remote-files',
    chatContent({ type: 'image_url', image_url: { url: EVIL } }),
    chatContent({ type: 'image_url', image_url: { url: DATA, detail: 'low' } }),
  ],
  [
    'an input image',
    'remote-files',
    input({ type: 'input_image', image_url: EVIL }),
    input({ type: 'input_image', image_url: DATA.replace('data', 'DATA') }),
  ],
  [
    'an input file',
    'remote-files',
    input({ type: 'input_file', file_url: EVIL }),
    input({ type: 'input_file', file_id: 'file-1', filename: EVIL }),
  ],
  [
    'a screenshot',
    'remote-files',
    { input: [{ type: 'computer_call_output', output: { type: 'computer_screenshot', image_url: EVIL } }] },
    { input: [{ type: 'function_call_output', output: JSON.stringify({ image_url: EVIL }) }] },
  ],
];

const adding = (definition: object) => ({
  messages: [
    {
      role: 'user',
      content: [{ type: 'tool_addition', tool: { type: 'tool_definition', definition } }, { type: 'text' }],
    },
  ],
});

const ANTHROPIC: readonly Case[] = [
  ['a tool that a message adds', 'web-fetch', adding({ type: 'web_fetch_20260318' }), adding(ANTHROPIC_CLIENT[0]!)],
  ['a set of tools that one adds', 'mcp', adding({ type: 'mcp_toolset' }), adding(ANTHROPIC_CLIENT[2]!)],
  ['an unknown tool that one adds', undefined, adding({ type: 'teleport_20270101' }), adding({ type: 'custom' })],
  ['a plugin at a gateway', 'web-search', { plugins: [{ id: 'web' }] }, { plugins: null }],
  ['a model at a gateway', 'web-search', { model: 'a/claude-x:online' }, { model: 'a/claude-x:beta' }],
  ['a tool of Google’s at a gateway', 'web-search', { tools: [{ google_search: {} }] }, { tools: [] }],
  ['an address of a gateway’s', 'remote-files', { api_base: EVIL }, { metadata: { api_base: EVIL } }],
  [
    'an account for logs',
    'remote-files',
    { metadata: { user_id: 'u', langfuse_secret_key: 'evil' } },
    { metadata: { user_id: 'u' } },
  ],
  [
    'search',
    'web-search',
    { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    { tools: ANTHROPIC_CLIENT },
  ],
  ['fetch', 'web-fetch', { tools: [...ANTHROPIC_CLIENT, { type: 'web_fetch_20250910' }] }, { tools: [] }],
  ['code', 'code-execution', { tools: [{ type: 'code_execution_20250825' }] }, { tools: [ANTHROPIC_CLIENT[2]] }],
  [
    'a set of tools',
    'mcp',
    { tools: [{ type: 'mcp_toolset', mcp_server_name: 's' }] },
    { tools: [ANTHROPIC_CLIENT[0]] },
  ],
  ['servers', 'mcp', { mcp_servers: [{ type: 'url', url: EVIL, name: 's' }] }, { mcp_servers: [] }],
  ['an unknown tool', undefined, { tools: [{ type: 'teleport_20270101' }] }, { tools: [ANTHROPIC_CLIENT[1]] }],
  ...['image', 'document'].map((type): Case => [
    type,
    'remote-files',
    { messages: [{ role: 'user', content: [{ type, source: { type: 'url', url: EVIL } }] }] },
    {
      messages: [{ role: 'user', content: [{ type, source: { type: 'base64', media_type: 'image/png', data: 'i' } }] }],
    },
  ]),
  [
    'an image in a result',
    'remote-files',
    {
      messages: [
        { content: [{ type: 'tool_result', content: [{ type: 'image', source: { url: EVIL, type: 'url' } }] }] },
      ],
    },
    { messages: [{ content: [{ type: 'tool_use', name: 'f', input: { source: { type: 'url', url: EVIL } } }] }] },
  ],
];

const GEMINI_CLIENT = [{ functionDeclarations: [{ name: 'f', parameters: { properties: { googleSearch: {} } } }] }];
const parts = (part: object) => ({ contents: [{ role: 'user', parts: [{ text: EVIL }, part] }] });
const GEMINI: readonly Case[] = [
  ...(
    [
      ['googleSearch', 'web-search'],
      ['google_search', 'web-search'],
      ['googleSearchRetrieval', 'web-search'],
      ['google_maps', 'web-search'],
      ['urlContext', 'web-fetch'],
      ['url_context', 'web-fetch'],
      ['codeExecution', 'code-execution'],
      ['code_execution', 'code-execution'],
      ['mcpServers', 'mcp'],
      ['fileSearch', 'remote-files'],
      ['exaAiSearch', 'web-search'],
      ['parallel_ai_search', 'web-search'],
      ['teleport', undefined],
    ] as const
  ).map(([name, tool]): Case => [name, tool, { tools: [...GEMINI_CLIENT, { [name]: {} }] }, { tools: GEMINI_CLIENT }]),
  ...['fileUri', 'file_uri'].map((name): Case => [
    name,
    'remote-files',
    parts({ fileData: { mimeType: 'image/png', [name]: EVIL } }),
    parts({ fileData: { [name]: 'https://generativelanguage.googleapis.com/v1beta/files/abc-123' } }),
  ]),
  [
    'in a result',
    'remote-files',
    parts({ functionResponse: { name: 'f', response: {}, parts: [{ file_data: { file_uri: EVIL } }] } }),
    parts({ functionCall: { name: 'f', args: { fileUri: EVIL, tools: { googleSearch: {} } } } }),
  ],
  ['a search that is not in a list', 'web-search', { setup: { tool: { google_search: {} } } }, { setup: { tool: {} } }],
  ['a page that is not in a list', 'web-fetch', { config: { urlContext: {} } }, { config: {} }],
  [
    'where Google writes to',
    'remote-files',
    { generationOutputConfig: { outputUriPrefix: 'gs://evil/x' } },
    { generationOutputConfig: {} },
  ],
  ['set up', 'web-search', { setup: { tools: [{ googleSearch: {} }] } }, { setup: { tools: GEMINI_CLIENT } }],
];

type Row = readonly [id: ProviderId, path: string, ...Case];
const ROWS: readonly Row[] = [
  ...OPENAI.map((row): Row => ['openai', '/v1/responses', ...row]),
  ...OPENAI.map((row): Row => ['copilot', '/chat/completions', ...row]),
  ...ANTHROPIC.map((row): Row => ['anthropic', '/v1/messages', ...row]),
  ...ANTHROPIC.map((row): Row => ['copilot', '/v1/messages', ...row]),
  ...GEMINI.map((row): Row => ['gemini', '/v1beta/models/m:generateContent', ...row]),
];

/** What programs send: texts, schemas, arguments and results in which the same words stand for something else. */
const SCHEMA = {
  type: 'object',
  properties: {
    tools: { type: 'array' },
    image_url: { type: 'string', default: EVIL },
    web_search: { type: 'boolean' },
  },
};
const ORDINARY: readonly (readonly [ProviderId, string, object])[] = [
  ...[
    { input: JSON.stringify({ tools: [{ type: 'web_search' }], image_url: EVIL }) },
    { tools: [{ type: 'namespace', tools: [{ type: 'function', name: 'web_search', output_schema: SCHEMA }] }] },
    { tools: [{ type: 'function', name: 'mcp', parameters: SCHEMA }], tool_choice: { type: 'function', name: 'mcp' } },
    { text: { format: { type: 'json_schema', name: 'n', schema: SCHEMA } } },
    {
      input: [
        { type: 'tool_search_call', execution: 'client', arguments: { tools: [{ type: 'mcp' }], image_url: EVIL } },
      ],
    },
    { input: [{ type: 'local_shell_call', action: { type: 'exec', env: { IMAGE_URL: EVIL, WEB_SEARCH: '1' } } }] },
    {
      input: [
        { role: 'assistant', content: [{ type: 'output_text', annotations: [{ type: 'url_citation', url: EVIL }] }] },
      ],
    },
    {
      input: [
        { type: 'computer_call', action: { type: 'click' } },
        { type: 'input_audio', audio: 'SUQz' },
      ],
    },
    { image: { context_compression: 'enabled' }, audio: { voice: 'alloy' }, model: 'my-research-model' },
  ].map((body) => ['openai', '/v1/responses', body] as const),
  ...[
    {
      messages: [
        { content: [{ type: 'tool_use', name: 'f', input: { mcp_servers: [EVIL], definition: { type: 'x' } } }] },
      ],
    },
    {
      messages: [
        { content: [{ type: 'search_result', source: EVIL, content: [{ type: 'text', text: 'web_search' }] }] },
      ],
    },
    { messages: [{ content: [{ type: 'tool_result', content: [{ type: 'browser_state', tabs: [{ url: EVIL }] }] }] }] },
    { tools: [{ name: 'web_fetch', input_schema: SCHEMA, allowed_callers: ['direct'] }], fallbacks: 'default' },
    { output_config: { format: { type: 'json_schema', schema: SCHEMA } }, metadata: { user_id: EVIL } },
  ].map((body) => ['anthropic', '/v1/messages', body] as const),
  ...[
    {
      contents: [
        { parts: [{ functionResponse: { name: 'f', response: { fileUri: EVIL, tools: [{ googleSearch: {} }] } } }] },
      ],
    },
    { contents: [{ parts: [{ text: 'googleSearch', partMetadata: { fileUri: EVIL } }] }], toolConfig: {} },
    { tools: [{ functionDeclarations: [{ name: 'urlContext', parametersJsonSchema: SCHEMA }] }] },
  ].map((body) => ['gemini', '/v1beta/models/m:generateContent', body] as const),
];

const lineOf = (tool: ProviderTool | undefined) => `allow-provider-tools: ${tool ?? PROVIDER_TOOLS.join(', ')}`;
const errorBodyOf = (id: ProviderId) => PROVIDERS.find((provider) => provider.id === id)!.errorBody;

describe('X22 a request that makes the provider fetch, connect or run something', () => {
  const t = useSidecar({ config: { budget: { maxRequests: 500 } } });

  test.each(ROWS)('%s %s: %s is refused, and the same without it passes unchanged', async (...row) => {
    const [id, path, , tool, hosted, control] = row;
    const refused = await post(t.port(id), path, JSON.stringify(hosted));
    expect(refused.status).toBe(403);
    expect(refused.headers['x-should-retry']).toBe('false');
    const { message } = JSON.parse(JSON.stringify(JSON.parse(refused.body.toString())), (_, value: unknown) =>
      typeof value === 'object' && value !== null && 'error' in value ? value.error : value,
    ) as { message: string };
    expect(message.endsWith(lineOf(tool))).toBe(true);
    const shape = errorBodyOf(id)({ status: 403, code: 'provider_tool_not_allowed', message });
    expect(JSON.parse(refused.body.toString())).toEqual(shape);
    expect(t.upstream.requests).toEqual([]);
    const body = JSON.stringify(control);
    expect((await post(t.port(id), path, body)).status).toBe(200);
    expect(Buffer.concat(t.upstream.requests[0]!.body).toString()).toBe(body);
    expect(await t.records(2)).toMatchObject([
      { status: 403, error: 'provider_tool_not_allowed', forwarded: false, requests: 0, usage: null },
      { status: 200, error: null, forwarded: true, requests: 1 },
    ]);
  });

  test.each([
    ['an escaped key', String.raw`{"tools":[{"typ\u0065":"web_search"}]}`],
    ['an escaped value', String.raw`{"tools":[{"type":"\u0077eb_search"}]}`],
    ['an escaped address', String.raw`{"x":{"image_\u0075rl":{"u\u0072l":"https:\/\/evil.example"}}}`],
    ['a duplicate key before', '{"tools":[{"type":"web_search","type":"function"}]}'],
    ['a duplicate key after', '{"tools":[{"type":"function","type":"web_search"}]}'],
    ['duplicate lists', '{"tools":[{"type":"web_search"}],"tools":[]}'],
    ['a deeply nested one', `${'{"a":['.repeat(100)}{"tools":[{"type":"mcp"}]}${']}'.repeat(100)}`],
    ['lists in lists', '{"tools":[[[{"type":["mcp"]}]]]}'],
    ['capital letters in keys', '{"Tools":[{"TYPE":"mcp"}]}'],
    ['a Kelvin sign and a long s', '{"tool\u017f":[{"type":"mcp"}]}'],
    ['a second document', '{"model":"m"}{"tools":[{"type":"mcp"}]}'],
    ['after something of the client’s', '{"metadata":"x","tools":[{"type":"mcp"}]}'],
    ['spaces at the beginning of an address', `{"image_url":" ${DATA}"}`],
  ])('%s, wherever its chunks end', async (_, body) => {
    const judge = new JsonJudge(PROVIDERS[0]!.bodyRules('/v1/responses'), new Set());
    const octets = Buffer.from(body);
    for (let at = 0; at <= octets.length; at++) {
      const judgement = judge.begin('request body');
      expect(() => {
        judgement.push(octets.subarray(0, at));
        judgement.push(octets.subarray(at));
        judgement.end(octets);
      }, `at ${at}`).toThrow(/allow-provider-tools: /);
    }
    expect((await post(t.port('openai'), '/v1/responses', body)).status).toBe(403);
    expect(t.upstream.requests).toEqual([]);
  });

  const PART = 'Content-Disposition: form-data; name=tools\r\n\r\nweb_search';
  const HOSTED = JSON.stringify({ tools: [{ type: 'mcp', server_url: EVIL }] });
  test.each([
    ['gzip', gzipSync(HOSTED), { 'content-encoding': 'gzip' }],
    ['an unknown coding', HOSTED, { 'content-encoding': 'x' }],
    ['two codings', HOSTED, { 'content-encoding': 'identity, gzip' }],
    ['gzip that is not declared', gzipSync(HOSTED), {}],
    ['a form', 'tools=web_search', { 'content-type': 'application/x-www-form-urlencoded' }],
    [
      'a form that is JSON too',
      '{"a":"&tools=web_search&b="}',
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    [
      'a multipart body that is JSON too',
      `{"a":"\r\n--b\r\n${PART}\r\n--b--"}`,
      { 'content-type': 'multipart/form-data; boundary=b' },
    ],
    ['UTF-7', '{"+AHQ-ools":[{"type":"mcp"}]}', { 'content-type': 'application/json; charset=utf-7' }],
    ['an EBCDIC that is JSON too', '{}', { 'content-type': 'application/json;charset="cp037"' }],
    ['two types', '{}', { 'content-type': 'application/json, text/xml' }],
    ['UTF-16', Buffer.from(HOSTED, 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' }],
    ['a byte order mark', `\ufeff${HOSTED}`, {}],
    ['half a document', '{"model":"m"', {}],
    ['a key with an octet that is not UTF-8', Buffer.from('{"too\xffls":[{"type":"mcp"}]}', 'latin1'), {}],
    ['a key with a line end', '{"too\nls":[{"type":"mcp"}]}', {}],
    ['a key with a NUL', String.raw`{"tools\u0000x":[{"type":"mcp"}]}`, {}],
    ['events', `data: ${HOSTED}\n\n`, {}],
  ] as const)('%s cannot be read', async (_, body, headers) => {
    const refused = await post(t.port('openai'), '/v1/responses', body, headers);
    expect(refused.status).toBe(403);
    expect(refused.body.toString()).toContain(lineOf(undefined));
    expect(t.upstream.requests).toEqual([]);
    expect(await t.records(1)).toMatchObject([{ error: 'body_unreadable', forwarded: false }]);
  });

  test.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/vnd.api+json;charset="utf-8"'])(
    'the type %s can be read',
    async (type) => {
      expect((await post(t.port('openai'), '/v1/responses', '{}', { 'content-type': type })).status).toBe(200);
    },
  );

  test('in a long body ends the connection before the request is complete', async () => {
    const body = JSON.stringify({ input: 'x'.repeat(2_000_000), tools: [{ type: 'web_search' }] });
    expect((await post(t.port('openai'), '/v1/responses', body)).status).toBe(403);
    await eventually('the end upstream', () => t.upstream.requests.every(({ aborted }) => aborted));
    expect(t.upstream.requests.some(({ complete }) => complete)).toBe(false);
    expect(await t.records(1)).toMatchObject([{ status: 403, error: 'provider_tool_not_allowed', forwarded: true }]);
    const control = body.replace('web_search', 'function');
    expect((await post(t.port('openai'), '/v1/responses', control)).status).toBe(200);
    expect(Buffer.concat(t.upstream.requests.at(-1)!.body).toString()).toBe(control);
  });

  test.each([200, 100_000])('in a chunked body of about %i octets is never complete', async (length) => {
    const body = JSON.stringify({ input: 'x'.repeat(length), tools: [{ type: 'web_search' }] });
    const head = 'POST /v1/responses HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await sendRaw(t.port('openai'), `${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect(answer).toMatchObject({ status: 403 });
    expect(t.upstream.requests.some(({ complete }) => complete)).toBe(false);
  });

  test('behind an answer that came early', async () => {
    t.upstream.handler = (_, response) => response.writeHead(200).end('{}');
    const head = 'POST /v1/responses HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
    await sendRaw(t.port('openai'), head + chunk('{"x":1,') + chunk('"tools":[{"type":"mcp"}]}') + '0\r\n\r\n');
    expect(t.upstream.requests.some(({ complete }) => complete)).toBe(false);
  });

  test.each([
    ['mcp-client-2025-11-20', 'mcp'],
    ['mcp-tunnels-2026-06-22', 'mcp'],
    ['files-api-2025-04-14, Code-Execution-2025-08-25', 'code-execution'],
    ['web-fetch-2025-09-10', 'web-fetch'],
    ['web-search-2025-03-05', 'web-search'],
  ] as const)('the header anthropic-beta: %s', async (value, tool) => {
    const refused = await post(t.port('anthropic'), '/v1/messages', '{}', { 'anthropic-beta': value });
    expect([refused.status, refused.body.toString()]).toEqual([403, expect.stringContaining(lineOf(tool))]);
    expect(t.upstream.requests).toEqual([]);
    const betas = 'claude-code-20250219,interleaved-thinking-2025-05-14,advanced-tool-use-2025-11-20';
    expect((await post(t.port('anthropic'), '/v1/messages', '{}', { 'anthropic-beta': betas })).status).toBe(200);
  });

  test.each([
    ['openai', '/openai/deployments/gpt-4o-search-preview/chat/completions', '/openai/deployments/x/chat/completions'],
    ['copilot', '/openai/deployments/a%3Aonline/chat/completions', '/openai/deployments/x/chat/completions'],
    ['gemini', '/v1beta/models/gpt-4o-search-preview:generateContent', '/v1beta/models/m:generateContent'],
  ] as const)('a model that searches in the path: %s %s', async (id, hosted, control) => {
    const refused = await post(t.port(id), hosted, '{}');
    expect([refused.status, refused.body.toString()]).toEqual([403, expect.stringContaining(lineOf('web-search'))]);
    expect(t.upstream.requests).toEqual([]);
    expect((await post(t.port(id), control, '{}')).status).toBe(200);
    expect((await send(t.port(id), { method: 'GET', path: '/v1/models/gpt-4o-search-preview' })).status).toBe(200);
  });

  test.each([
    ['model=a:online', 'model=a:free'],
    ['model=a%3Aonline', 'model=a%3Afree'],
    ['intent=x;model=a:online', 'intent=x;model=a'],
    ['deployment=gpt-4o-search-preview', 'deployment=gpt-4o-preview'],
  ])('a model that searches in the query: %s', async (hosted, control) => {
    t.upstream.upgrade = agree();
    const ask = (query: string) => sendRaw(t.port('openai'), wish(`/v1/realtime?${query}`));
    expect(await ask(hosted)).toMatchObject({ status: 403 });
    expect(t.upstream.requests).toEqual([]);
    void ask(control);
    await eventually('the control upstream', () => t.upstream.requests.length === 1);
    expect(t.upstream.requests[0]!.url).toBe(`/v1/realtime?${control}`);
  });

  test.each(ORDINARY)('%s %s: %j passes', async (id, path, request) => {
    const body = JSON.stringify(request);
    expect((await post(t.port(id), path, body)).status).toBe(200);
    expect(Buffer.concat(t.upstream.requests[0]!.body).toString()).toBe(body);
  });

  test.each(PROVIDERS)('$id: a request without a body passes, and so does white space', async ({ id }) => {
    for (const body of ['', ' \n']) expect((await post(t.port(id), INFERENCE[id], body)).status).toBe(200);
  });
});

describe('allow-provider-tools', () => {
  for (const tool of PROVIDER_TOOLS) {
    describe(tool, () => {
      const t = useSidecar({ config: { allowProviderTools: [tool] } });

      test('lets this one pass, and no other', async () => {
        const rows = ROWS.filter(([, , , which]) => which !== undefined);
        const named = ([id, path, title]: (typeof rows)[number]): string => `${id} ${path}: ${title}`;
        const answers = await Promise.all(
          rows.map(([id, path, , , hosted]) => post(t.port(id), path, JSON.stringify(hosted))),
        );
        const [own, others] = [true, false].map((isOwn) => rows.filter(([, , , which]) => (which === tool) === isOwn));
        expect(rows.filter((_, index) => answers[index]?.status === 200).map(named)).toEqual(own!.map(named));
        expect(rows.filter((_, index) => answers[index]?.status === 403).map(named)).toEqual(others!.map(named));
        const forwarded = t.upstream.requests.map(({ body }) => Buffer.concat(body).toString());
        expect(forwarded).toEqual(expect.arrayContaining(own!.map(([, , , , hosted]) => JSON.stringify(hosted))));
      });
    });
  }

  describe('with all names', () => {
    const t = useSidecar({ config: UNREAD });

    test('lets everything pass unread', async () => {
      for (const body of ['not JSON', JSON.stringify({ tools: [{ type: 'teleport' }] })]) {
        expect((await post(t.port('openai'), '/v1/responses', body, { 'content-encoding': 'x' })).status).toBe(200);
      }
    });
  });

  describe('and an endpoint of the user’s', () => {
    const allowEndpoints = ['/v1/files', '/v1/responses'].map(
      (path) => ({ provider: 'openai', method: 'POST', path }) as const,
    );
    const t = useSidecar({ config: { allowEndpoints } });

    test('is not judged, because nobody knows its format; one that AWF knows is', async () => {
      expect((await post(t.port('openai'), '/v1/files', '--boundary')).status).toBe(200);
      expect((await post(t.port('openai'), '/v1/responses', '--boundary')).status).toBe(403);
    });
  });
});
