import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { USAGE_FILE, type RunUsage } from '../../src/report/usage.ts';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';
import type { RawReply } from '../../testing/provider/server.ts';
import { actionStep, startLocalProvider, type ActionStep, type LocalProvider } from '../../testing/runner/action.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';
import { remains } from '../../testing/runner/remains.ts';

/** The providers whose prices are checked here, and where they are asked. */
const BASES = {
  openai: '${OPENAI_BASE_URL%/v1}',
  anthropic: '$ANTHROPIC_BASE_URL',
  copilot: '$COPILOT_API_URL',
  gemini: '$GEMINI_API_BASE_URL',
} as const satisfies Partial<Record<ProviderId, string>>;
type PricedProvider = keyof typeof BASES;

/** A request of the command's, what the provider answers, and what that costs in millionths of a dollar, by hand. */
interface Priced {
  readonly provider: PricedProvider;
  /** Differs in each row, so that `usage.json` has a row for each. */
  readonly model: string;
  readonly path: string;
  readonly stream: boolean;
  readonly answer: string;
  readonly microUsd: number;
}

const events = (...data: readonly unknown[]): string =>
  data.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');

/** 1,000 tokens of input, `cached` of them from a cache, and 100 of output. */
const chatUsage = (cached: number) => ({
  ...{ prompt_tokens: 1_000, completion_tokens: 100 },
  prompt_tokens_details: { cached_tokens: cached },
});
const responsesUsage = (cached: number) => ({
  ...{ input_tokens: 1_000, output_tokens: 100 },
  input_tokens_details: { cached_tokens: cached },
});
const geminiUsage = (cached: number) => ({
  ...{ promptTokenCount: 1_000, candidatesTokenCount: 60, thoughtsTokenCount: 40 },
  ...(cached > 0 && { cachedContentTokenCount: cached }),
});
/** 1,000 tokens of input too: 600 from a cache, 200 written into one, half of these for an hour where `hour` is true. */
const anthropicUsage = (isCached: boolean, hour = false) =>
  isCached
    ? {
        ...{ input_tokens: 200, cache_read_input_tokens: 600, cache_creation_input_tokens: 200 },
        ...(hour && { cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 100 } }),
      }
    : { input_tokens: 1_000, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };

const chat = (model: string, cached: number): string =>
  JSON.stringify({ model, choices: [], usage: chatUsage(cached) });
const chatEvents = (model: string, cached: number): string =>
  events({ model, choices: [], usage: null }, { model, choices: [], usage: chatUsage(cached) });
const responseEvents = (model: string, cached: number): string =>
  events({ response: { model, usage: null } }, { response: { model, usage: responsesUsage(cached) } });
const message = (model: string, isCached: boolean): string =>
  JSON.stringify({ model, content: [], usage: { ...anthropicUsage(isCached), output_tokens: 100 } });
const messageEvents = (model: string, isCached: boolean): string =>
  events(
    { type: 'message_start', message: { model, usage: { ...anthropicUsage(isCached, true), output_tokens: 1 } } },
    { type: 'message_delta', usage: { output_tokens: 100 } },
  );
const content = (modelVersion: string, cached: number): string =>
  JSON.stringify({ candidates: [], usageMetadata: geminiUsage(cached), modelVersion });
const contentEvents = (modelVersion: string, cached: number): string =>
  events(
    { usageMetadata: { promptTokenCount: 1_000, candidatesTokenCount: 2 }, modelVersion },
    { usageMetadata: geminiUsage(cached), modelVersion },
  );

const row = (
  provider: PricedProvider,
  model: string,
  path: string,
  stream: boolean,
  answer: string,
  microUsd: number,
): Priced => ({ provider, model, path, stream, answer, microUsd });
const CHAT = '/v1/chat/completions';
const gemini = (model: string, verb: string): string => `/v1beta/models/${model}:${verb}`;

/** Input, cached input and output per token, in millionths of a dollar, from the providers' own pages. */
const ROWS: readonly Priced[] = [
  // 2, 0.50, 8
  row('openai', 'gpt-4.1', CHAT, false, chat('gpt-4.1', 0), 1_000 * 2 + 100 * 8),
  // 0.40, 0.10, 1.60
  row('openai', 'gpt-4.1-mini', CHAT, false, chat('gpt-4.1-mini', 600), 400 * 0.4 + 600 * 0.1 + 100 * 1.6),
  // 2.50, 1.25, 10
  row('openai', 'gpt-4o', CHAT, true, chatEvents('gpt-4o', 0), 1_000 * 2.5 + 100 * 10),
  // 0.15, 0.075, 0.60
  row(
    ...(['openai', 'gpt-4o-mini', '/v1/responses', true] as const),
    ...([responseEvents('gpt-4o-mini', 600), 400 * 0.15 + 600 * 0.075 + 100 * 0.6] as const),
  ),
  // 1, 0.10, 5
  row('anthropic', 'claude-haiku-4-5', '/v1/messages', false, message('claude-haiku-4-5', false), 1_000 + 100 * 5),
  // 3, 0.30, written 3.75, 15
  row(
    ...(['anthropic', 'claude-sonnet-4-5', '/v1/messages', false, message('claude-sonnet-4-5', true)] as const),
    200 * 3 + 600 * 0.3 + 200 * 3.75 + 100 * 15,
  ),
  // 5, 0.50, 25
  row(
    ...(['anthropic', 'claude-opus-4-5', '/v1/messages', true, messageEvents('claude-opus-4-5', false)] as const),
    1_000 * 5 + 100 * 25,
  ),
  // 5, 0.50, written 6.25 and for an hour 10, 25
  row(
    ...(['anthropic', 'claude-opus-4-7', '/v1/messages', true, messageEvents('claude-opus-4-7', true)] as const),
    200 * 5 + 600 * 0.5 + 100 * 6.25 + 100 * 10 + 100 * 25,
  ),
  // 0.30, 0.03, 2.50
  row(
    ...(['gemini', 'gemini-2.5-flash', gemini('gemini-2.5-flash', 'generateContent'), false] as const),
    ...([content('gemini-2.5-flash', 0), 1_000 * 0.3 + 100 * 2.5] as const),
  ),
  // 1.25, 0.125, 10
  row(
    ...(['gemini', 'gemini-2.5-pro', gemini('gemini-2.5-pro', 'generateContent'), false] as const),
    ...([content('gemini-2.5-pro', 600), 400 * 1.25 + 600 * 0.125 + 100 * 10] as const),
  ),
  // 0.10, 0.025, 0.40
  row(
    ...(['gemini', 'gemini-2.0-flash', gemini('gemini-2.0-flash', 'streamGenerateContent?alt=sse'), true] as const),
    ...([contentEvents('gemini-2.0-flash', 0), 1_000 * 0.1 + 100 * 0.4] as const),
  ),
  // 0.10, 0.01, 0.40
  row(
    ...(['gemini', 'gemini-2.5-flash-lite'] as const),
    gemini('gemini-2.5-flash-lite', 'streamGenerateContent?alt=sse'),
    ...([true, contentEvents('gemini-2.5-flash-lite', 600), 400 * 0.1 + 600 * 0.01 + 100 * 0.4] as const),
  ),
  // GitHub's rates: 0.25, 0.025, 2
  row('copilot', 'gpt-5-mini', '/chat/completions', false, chat('gpt-5-mini', 0), 1_000 * 0.25 + 100 * 2),
  // 1.50, 0.15, 9
  row(
    ...(['copilot', 'gemini-3.5-flash', '/chat/completions', false, chat('gemini-3.5-flash', 600)] as const),
    400 * 1.5 + 600 * 0.15 + 100 * 9,
  ),
  // 0.75, 0.075, 4.50
  row('copilot', 'gpt-5.4-mini', '/chat/completions', true, chatEvents('gpt-5.4-mini', 0), 1_000 * 0.75 + 100 * 4.5),
  // 1.75, 0.175, 14
  row(
    ...(['copilot', 'gpt-5.3-codex', '/responses', true, responseEvents('gpt-5.3-codex', 600)] as const),
    400 * 1.75 + 600 * 0.175 + 100 * 14,
  ),
];

const ANSWERS = new Map(
  ROWS.map(({ provider, model, answer, stream }) => [`${provider} ${model}`, { answer, stream }]),
);

/** Answers with the tokens of the row, and to any other model with one cent's worth, or a refusal of the key. */
function respond(provider: ProviderId, model: string): RawReply {
  const found = ANSWERS.get(`${provider} ${model}`);
  const type = found?.stream === true ? 'text/event-stream' : 'application/json';
  if (found) return { status: 200, headers: { 'content-type': type }, body: found.answer };
  if (model === 'refused') return { status: 401, body: '{"error":{"message":"no"}}' };
  const usage = { prompt_tokens: 1_000, completion_tokens: 1_000 };
  return { status: 200, body: JSON.stringify({ model, choices: [], usage }) };
}

let provider: LocalProvider;
let step: ActionStep;

beforeAll(async () => {
  provider = await startLocalProvider({
    respond: ({ provider: id, inference }) => respond(id, inference.model),
  });
});
afterAll(() => provider.server.close());
beforeEach(() => {
  provider.server.reset();
});
afterEach(() => {
  expect(remains(step.runner)).toEqual([]);
  step.runner.remove();
});

/** The inputs for all providers at once. */
function allInputs(): Record<string, string> {
  const each = PROVIDERS.map(({ id }) => provider.inputs(id));
  return {
    ...Object.fromEntries(each.flatMap(Object.entries<string>)),
    'add-hosts': each.map((inputs) => inputs['add-hosts']).join('\n'),
  };
}

const ask = (base: string, path: string, model: string, stream = false): string =>
  `curl -sS -o answer -w '%{http_code}\\n' -H 'content-type: application/json' ` +
  `-d '{"model":"${model}","stream":${String(stream)}}' "${base}${path}"`;

const askOpenAi = (model: string): string => ask(BASES.openai, CHAT, model);

function usageOf(): RunUsage {
  const logs = (step.runner.main.outputs()['logs-path'] ?? '').replace('squid-logs', 'api-proxy-logs');
  return JSON.parse(readFileSync(join(logs, USAGE_FILE), 'utf8')) as RunUsage;
}
/** The annotations, whoever runs the tests. */
const warningsIn = (stdout: string): string[] =>
  logCommands(stdout)
    .filter(({ name, value }) => name === 'warning' && !value.startsWith('The command runs as root'))
    .map(({ value }) => value);

describe('the cost', () => {
  test('is what one computes by hand: four providers, cached and uncached, streamed and not', async () => {
    const run = ROWS.map(({ provider: id, path, model, stream }) => ask(BASES[id], path, model, stream)).join('\n');
    step = actionStep({ run, ...allInputs() }, { ca: provider.ca });
    const { stdout, code } = await step.main();
    expect(code).toBe(0);
    expect(stdout.match(/^200$/gm)).toHaveLength(ROWS.length);
    const usage = usageOf();
    const costs = Object.fromEntries(
      usage.models.map(({ provider: id, model, costUsd }) => [`${id} ${model}`, costUsd]),
    );
    expect(costs).toEqual(
      Object.fromEntries(
        ROWS.map(({ provider: id, model, microUsd }) => [`${id} ${model}`, Number((microUsd / 1e6).toFixed(9))]),
      ),
    );
    expect(usage).toMatchObject({ costUsd: 0.032096, pricedUsd: 0.032096, unpriced: [], estimated: false });
    expect(usage).toMatchObject({ inputTokens: 16_000, cacheWriteTokens: 400, hourCacheWriteTokens: 100 });
    expect(step.runner.main.outputs()['cost-usd']).toBe('0.032096');
    const summary = step.runner.main.summary();
    expect(summary).toMatch(
      /^\| `claude-opus-4-7` \| Anthropic \|\n.*\n\| requests, none failed \| 1 \|\n\| tokens in, 600 of them from a cache, 200 written to a cache \| 1 k \|\n\| tokens out \| 100 \|\n\| estimated cost \| \$0\.0054 \|$/m,
    );
    expect(summary).toContain('about $0.0321');
  });

  test('is unknown, never nothing, if a model is on no list; and the log says so while the command runs', async () => {
    const run = `${askOpenAi('gpt-4.1')}\n${askOpenAi('my-deployment')}\nsleep 2\necho the-end`;
    step = actionStep({ run, ...provider.inputs('openai') }, { ca: provider.ca });
    const { stdout } = await step.main();
    const warning =
      'No price is known for my-deployment. Its tokens are counted, but the cost of the run is unknown. ' +
      'Add to prices, in dollars per million tokens: my-deployment INPUT OUTPUT';
    expect(stdout.indexOf(`AWF: ${warning}`)).toBeGreaterThan(0);
    expect(stdout.indexOf(`AWF: ${warning}`)).toBeLessThan(stdout.indexOf('the-end'));
    expect(warningsIn(stdout).filter((text) => text === warning)).toHaveLength(1);
    expect(step.runner.main.outputs()).toMatchObject({ 'cost-usd': '', requests: '2' });
    expect(usageOf()).toMatchObject({
      ...{ costUsd: null, pricedUsd: 0.0028, unpriced: [{ provider: 'openai', model: 'my-deployment' }] },
    });
    expect(step.runner.main.summary()).toContain('at least $0.0028');
  });

  test('follows the user’s own prices', async () => {
    step = actionStep(
      { run: askOpenAi('my-deployment'), prices: 'my-* 2 8 # ours', ...provider.inputs('openai') },
      { ca: provider.ca },
    );
    await step.main();
    expect(step.runner.main.outputs()['cost-usd']).toBe('0.010000');
  });
});

describe('max-cost-usd', () => {
  test('warns at 80 % while the command runs, then refuses, and says so everywhere', async () => {
    const run = `for i in 1 2 3 4 5 6; do ${askOpenAi('my-deployment')}; sleep 0.4; done; cat answer; echo; echo the-end`;
    step = actionStep(
      { run, prices: 'my-deployment 2 8', 'max-cost-usd': '0.05', ...provider.inputs('openai') },
      { ca: provider.ca },
    );
    const { stdout, code } = await step.main();
    expect(code).toBe(0);
    expect(provider.server.requests).toHaveLength(5);
    const warning = '80 % of max-cost-usd is used: $0.0400 of $0.0500.';
    const [shown, refusal, end] = [`AWF: ${warning}`, 'max-cost-usd allows $0.0500', 'the-end'].map((text) =>
      stdout.indexOf(text),
    );
    expect(shown).toBeGreaterThan(0);
    expect(refusal).toBeGreaterThan(shown!);
    expect(end).toBeGreaterThan(refusal!);
    expect(warningsIn(stdout)).toEqual([
      warning.replaceAll('%', '%25'),
      'Budget reached: $0.0500 (max-cost-usd: 0.05). 1 more request was refused or cut off. Raise max-cost-usd if the command needs more.',
    ]);
    expect(step.runner.main.outputs()['cost-usd']).toBe('0.050000');
    expect(step.runner.main.summary()).toContain('100 % of `max-cost-usd` is used: $0.0500 of $0.0500.');
  });

  test('is not got around with a model that nobody knows', async () => {
    const run = `for i in 1 2 3; do ${askOpenAi('my-deployment')}; sleep 0.2; done; cat answer`;
    step = actionStep({ run, 'max-cost-usd': '100', ...provider.inputs('openai') }, { ca: provider.ca });
    const { stdout } = await step.main();
    expect(provider.server.requests).toHaveLength(1);
    expect(stdout).toContain('nobody knows the price of my-deployment. Add it to prices');
    expect(step.runner.main.outputs()).toMatchObject({ 'cost-usd': '', requests: '1' });
  });
});

describe('a key that the provider refuses', () => {
  test('ends the run after ten times, with the reason', async () => {
    const run = `trap 'echo the command got it; exit 0' TERM\nwhile :; do ${askOpenAi('refused')}; done`;
    step = actionStep({ run, 'timeout-minutes': '2', ...provider.inputs('openai') }, { ca: provider.ca });
    const from = performance.now();
    const { stdout, code } = await step.main();
    expect(code).toBe(1);
    expect(performance.now() - from).toBeLessThan(60_000);
    expect(stdout).toContain('the command got it');
    expect(provider.server.requests.length).toBeGreaterThanOrEqual(10);
    expect(step.runner.main.outputs()).toMatchObject({ outcome: 'error', 'exit-code': '1' });
    expect(logCommands(stdout).find(({ name }) => name === 'error')?.value).toBe(
      'The run was ended because OpenAI answered 401 10 times in a row: the key is wrong or expired.%0A' +
        'Check the key in openai-api-key.',
    );
  });

  test('control: nine times in a row are the program’s own business', async () => {
    const nine = `for i in 1 2 3 4 5 6 7 8 9; do ${askOpenAi('refused')}; done`;
    const run = `${nine}\n${askOpenAi('gpt-4.1')}\n${nine}\nexit 7`;
    step = actionStep({ run, ...provider.inputs('openai') }, { ca: provider.ca });
    expect((await step.main()).code).toBe(7);
    expect(provider.server.requests).toHaveLength(19);
  });
});
