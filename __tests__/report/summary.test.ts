import { describe, expect, test } from 'vitest';
import { NO_DOMAINS, type DomainTraffic } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE, type RunUsage } from '../../src/report/usage.ts';
import { NO_USAGE } from '../../src/shared/usage.ts';
import { judged, NOTHING_LEFT } from '../../testing/builders.ts';
import { summaryMarkdown, type SummaryFacts } from '../../src/report/summary.ts';

const FACTS: SummaryFacts = {
  outcome: 'success',
  exitCode: 0,
  budget: {},
  error: undefined,
  traffic: { domains: NO_DOMAINS, usage: NO_MODEL_USAGE },
  egress: undefined,
  aftermath: NOTHING_LEFT,
  startupMs: 812.4,
  logs: { squid: '/tmp/squid-logs-1', apiProxy: '/tmp/api-proxy-logs-1', agent: '/tmp/agent-logs-1' },
  hasAgentLogs: false,
  commandSummary: undefined,
};

/** Traffic with these domains. */
const domains = (found: Partial<DomainTraffic>) => ({ ...FACTS.traffic, domains: { ...NO_DOMAINS, ...found } });

const summary = (overrides: Partial<SummaryFacts> = {}): string => summaryMarkdown({ ...FACTS, ...overrides });

/** The cells of each table row, split as a renderer does: at each bar without a backslash in front. */
function rows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function ofDomain(domain: string): string {
  return summary({ traffic: domains({ blocked: [judged(domain, 1)] }) });
}

describe('the verdict', () => {
  test.each<[string, Partial<SummaryFacts>, string]>([
    ['success', {}, 'exit code 0; it started after 812 ms; no request was refused.'],
    [
      'failure',
      { outcome: 'failure', exitCode: 3, startupMs: undefined },
      '**failure**: the command ended with exit code 3; no',
    ],
    ['error', { outcome: 'error', exitCode: 1 }, '**error**: the sandbox failed;'],
    ['one refused request', { traffic: domains({ blocked: [judged('a.example', 1)] }) }, '1 request was refused.'],
    [
      'more of them',
      {
        traffic: domains({
          blocked: [judged('a.example', 2), judged('b.example', 3)],
        }),
      },
      '5 requests were refused.',
    ],
  ])('of %s', (_, facts, text) => {
    expect(summary(facts)).toContain(text);
  });
});

test.each([
  [{ droppedLines: 2 }, "The api-proxy's log had no room for 2 lines."],
  [{ unreadableLines: 1 }, "1 line of the api-proxy's log could not be read."],
  [{ overBudget: 2 }, 'The budget was exhausted: 2 requests were refused or cut off.'],
  [{ estimated: true }, 'Some token counts are estimates'],
  [{ inputTokens: 1, costUsd: 1.234 }, 'Cost: $1.23, at list prices'],
  [{ inputTokens: 1, costUsd: 0.00123, estimated: true }, 'Cost: about $0.0012, at list prices'],
  [{ inputTokens: 1, costUsd: null, pricedUsd: 0.5 }, 'Cost: at least $0.5000, at list prices'],
  [{ unpriced: [{ provider: 'openai', model: 'x' }] }, 'No price is known for 1 of the models'],
] as [Partial<RunUsage>, string][])('usage of %j is explained', (usage, text) => {
  expect(summary()).not.toContain(text);
  expect(summary({ traffic: { ...FACTS.traffic, usage: { ...NO_MODEL_USAGE, ...usage } } })).toContain(text);
});

describe('the tables', () => {
  test('refused domains first, then allowed ones, then the providers by name', () => {
    const markdown = summary({
      traffic: {
        ...domains({
          allowed: [judged('a.example', 7)],
          blocked: [judged('b.example', 2)],
          unresolvable: [judged('c.example', 3)],
        }),
        usage: {
          ...NO_MODEL_USAGE,
          models: [
            {
              ...{ provider: 'openai', model: 'gpt-x', requests: 5, failed: 1, costUsd: 1.5 },
              ...{ ...NO_USAGE, inputTokens: 900, cachedInputTokens: 300, cacheWriteTokens: 40, outputTokens: 20 },
            },
            { ...NO_USAGE, provider: 'copilot', model: null, requests: 1, failed: 0, costUsd: 0 },
            { ...NO_USAGE, provider: 'gemini', model: 'g-x', requests: 1, failed: 0, costUsd: null },
          ],
        },
      },
    });
    expect(rows(markdown)).toEqual([
      ['Domain', 'Verdict', 'Requests'],
      ['`b.example`', expect.stringContaining('refused'), '2'],
      ['`c.example`', expect.stringContaining('no address'), '3'],
      ['`a.example`', expect.stringContaining('allowed'), '7'],
      [
        ...['Provider', 'Model', 'Requests', 'Failed'],
        ...['Input tokens', 'read from a cache', 'written to a cache', 'Output tokens', 'Cost'],
      ],
      ['OpenAI', '`gpt-x`', '5', '1', '900', '300', '40', '20', '$1.50'],
      ['GitHub Copilot', '', '1', '0', '0', '0', '0', '0', '$0.0000'],
      ['Google Gemini', '`g-x`', '1', '0', '0', '0', '0', '0', expect.stringContaining('unknown price')],
    ]);
  });

  test('empty tables become a sentence', () => {
    expect(rows(summary())).toEqual([]);
    expect(summary()).toContain('No request left the sandbox.');
    expect(summary()).toContain('The api-proxy received no request.');
  });

  test('have a limit, and say how many rows are left out', () => {
    const blocked = Array.from({ length: 10_000 }, (_, index) => judged(`${'a'.repeat(60)}${index}`, 1));
    const markdown = summary({ traffic: domains({ blocked }) });
    expect(rows(markdown)).toHaveLength(51);
    expect(markdown).toContain('9950 more are in the logs.');
    expect(markdown.length).toBeLessThan(10_000);
  });
});

describe('what decided', () => {
  const rule = { entry: '*.a.example', from: 'allow-domains, line 2', preset: null };
  const verdictOf = (found: Partial<DomainTraffic>) => rows(summary({ traffic: domains(found) }))[1]?.[1];

  test.each<[Partial<DomainTraffic>, string]>([
    [{ allowed: [judged('x.a.example', 1, { rule })] }, '✅ allowed by `*.a.example` (`allow-domains, line 2`)'],
    [
      { allowed: [judged('x.a.example', 1, { rule: { ...rule, preset: 'a-things' } })] },
      '✅ allowed by `*.a.example` (preset `a-things`, `allow-domains, line 2`)',
    ],
    [{ blocked: [judged('x.example', 1, { reason: 'not-listed' })] }, '⛔ refused'],
    [{ blocked: [judged('10.0.0.1', 1, { reason: 'address' })] }, '⛔ refused (an address instead of a name)'],
    [
      { blocked: [judged('x.a.example', 1, { reason: 'denied', rule })] },
      '⛔ refused (denied by `*.a.example` (`allow-domains, line 2`))',
    ],
    [{ audited: [judged('x.example', 1, { reason: 'not-tls' })] }, '🔎 would be refused (no TLS inside the tunnel)'],
  ])('%j', (found, verdict) => {
    expect(verdictOf(found)).toBe(verdict);
  });

  test('entries that nothing used are named, up to twenty', () => {
    expect(summary()).not.toContain('Nothing used');
    expect(summary({ traffic: domains({ unused: [rule] }) })).toContain(
      'Nothing used these entries: `*.a.example` (`allow-domains, line 2`).',
    );
    const unused = Array.from({ length: 30 }, (_, index) => ({ ...rule, entry: `${String(index)}.example` }));
    expect(summary({ traffic: domains({ unused }) })).toContain('and 10 more.');
  });
});

describe('the list to paste', () => {
  const proposal = { lines: ['a.example', 'things', '# b.example'], unknown: 1, leftOut: 3 };
  const withList = (mode: 'audit' | 'block') => summary({ egress: { mode, proposal, unexpected: [] } });

  test('stands before the table', () => {
    expect(withList('block')).toContain(
      'this is the new list:\n\n```yaml\nallow-domains: |\n  a.example\n  things\n  # b.example\n```\n\nAWF does not know',
    );
    expect(withList('block')).toContain('3 more names are in `policy.json`');
    expect(withList('audit')).toContain('An audit refuses nothing of this.');
  });

  test('is left out if there is nothing to add', () => {
    expect(summary({ egress: { mode: 'audit', proposal: undefined, unexpected: [] } })).not.toContain('new list');
  });
});

test('a refused request that agent programs make on their own is described as usual', () => {
  const domain = 'play.googleapis.com';
  const verdicts = (found: Partial<DomainTraffic>) =>
    rows(summary({ traffic: domains(found) })).map(([, verdict]) => verdict);
  expect(verdicts({ blocked: [judged(domain, 1)] })[1]).toContain('usual side traffic of Google Gemini programs');
  expect(verdicts({ blocked: [judged(`x.${domain}`, 1)] })[1]).not.toContain('usual');
  expect(verdicts({ allowed: [judged(domain, 1)] })[1]).not.toContain('usual');
});

describe('a name that the agent chose', () => {
  test.each([
    ['a bar', 'a|b'],
    ['an escaped bar', 'a\\|b'],
    ['a row of its own', 'a | 1 |\n| evil | ✅ allowed'],
    ['a line break', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['the end of the code span', '` **bold** `'],
    ['two backticks', '``x``'],
    ['a backslash at its end', 'a\\'],
    ['nothing', ''],
    ['a table of its own', '\n\n| Domain |\n| --- |\n| x |'],
    ['control characters', '\u0000\u001b[31m\u0085\u2028'],
  ])('stays one cell with %s', (_, domain) => {
    const markdown = ofDomain(domain);
    const [head, ...body] = rows(markdown);
    expect(head).toEqual(['Domain', 'Verdict', 'Requests']);
    expect(body).toEqual([
      [expect.stringMatching(/^`[\x20-\x5f\x61-\x7e]+`$/), expect.stringContaining('refused'), '1'],
    ]);
  });

  test.each([
    ['an image', '![x](https://evil.example/pixel.png)'],
    ['a link', '[x](https://evil.example)'],
    ['HTML', '<img src=https://evil.example/x>'],
    ['a script', '</code><script>'],
    ['a mention', '@octocat'],
    ['a heading', '# x'],
  ])('is code and nothing else: %s', (_, domain) => {
    const outside = ofDomain(domain).replaceAll(/`[^`\n]*`/g, '');
    expect(outside).not.toMatch(/evil|script|octocat|[<>]/);
    expect(outside.match(/^#+ .*/gm)).toEqual(['## Agentic Workflow Firewall', '### Domains', '### Model requests']);
  });

  test('is cut if it is long', () => {
    const [, [cell = ''] = []] = rows(ofDomain('a'.repeat(5_000)));
    expect(cell.length).toBeLessThanOrEqual(122);
    expect(cell).toMatch(/a\.\.\.`$/);
  });
});

describe('an error', () => {
  test('is quoted as code, line by line', () => {
    const markdown = summary({ outcome: 'error', error: 'Squid ended.\n<img src=x> `a` ![x](y)\n## Heading' });
    const outside = markdown.replaceAll(/`[^`\n]*`/g, '');
    expect(markdown).toContain('> `Squid ended.`');
    expect(outside).not.toMatch(/img|!\[|Heading/);
  });
});

test('the logs are named, if there are any', () => {
  expect(summary()).toContain('Logs: `/tmp/squid-logs-1`, `/tmp/api-proxy-logs-1`');
  expect(summary({ logs: undefined })).not.toContain('Logs');
});

describe('a log that could not be read', () => {
  test('does not count as empty: nothing is reported about what was refused or used', () => {
    const markdown = summary({ traffic: { domains: undefined, usage: undefined } });
    expect(markdown).toContain('which requests were refused is unknown');
    expect(markdown).toContain('The log of Squid could not be read.');
    expect(markdown).toContain('The log of the api-proxy could not be read.');
    expect(markdown).not.toMatch(/no request|No request/);
  });

  test('in part is reported with its number of lines', () => {
    expect(summary({ traffic: domains({ unreadableLines: 1 }) })).toContain("1 line of Squid's log could not be read");
    expect(summary({ traffic: domains({ unreadableLines: 7 }) })).toContain("7 lines of Squid's log could not be read");
    expect(summary()).not.toContain('could not be read');
  });

  test('the verdict includes requests for names beyond the counted ones', () => {
    const others = { allowed: 3, blocked: 40, audited: 0, unresolvable: 5 };
    const markdown = summary({ traffic: domains({ blocked: [judged('a.example', 2)], others }) });
    expect(markdown).toContain('42 requests were refused');
    expect(markdown).toContain('40 refused, 3 allowed, 5 without an address');
  });
});

describe('a summary over the limit', () => {
  const commandSummary = `> ${'x'.repeat(2_000)}`;

  test('leaves out what the command wrote', () => {
    const markdown = summaryMarkdown({ ...FACTS, commandSummary }, 1_000);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(1_000);
    expect(markdown).toContain('What the command wrote is left out');
    expect(markdown).toContain('### Domains');
    expect(summaryMarkdown({ ...FACTS, commandSummary })).toContain(commandSummary);
  });

  test('leaves out its tables if they alone are too long', () => {
    const markdown = summaryMarkdown({ ...FACTS, commandSummary }, 250);
    expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(250);
    expect(markdown).toContain('**success**');
    expect(markdown).toContain('Only the verdict is shown');
  });
});

describe('named hosts', () => {
  const usage = {
    ...NO_MODEL_USAGE,
    hosts: [{ host: 'api.github.com', rule: 'github-access read', requests: 7, failed: 1 }],
    refused: [
      { host: 'a.example', option: 'host-rules', line: 'a.example POST /x`y', requests: 1 },
      { host: 'a.example', option: 'host-rules', line: 'a.example POST /b', requests: 3 },
      { host: 'api.github.com', option: 'host-rules', line: 'api.github.com GET /copilot_internal/x', requests: 5 },
      { host: 'api.openai.com', option: 'allow-endpoints', line: 'openai GET /v1/files', requests: 2 },
      { host: 'api.anthropic.com', option: 'allow-endpoints', line: 'anthropic POST /api/event', requests: 2 },
    ],
    otherRefused: 4,
  } as const satisfies RunUsage;
  const markdown = summary({ traffic: { ...FACTS.traffic, usage } });

  test('the table has what was refused first, and names the rule of the rest', () => {
    expect(rows(markdown)).toContainEqual(['`a.example`', '⛔ refused: `POST /b`', '3']);
    expect(rows(markdown)).toContainEqual([
      '`api.anthropic.com`',
      '⛔ refused: `POST /api/event` (usual side traffic of agent programs)',
      '2',
    ]);
    expect(rows(markdown)).toContainEqual(['`api.github.com`', '✅ allowed by `github-access read`; 1 failed', '7']);
    expect(markdown).toContain('Further refused requests: 4.');
    expect(markdown).toContain('17 requests were refused');
  });

  test('the lines to paste have no side traffic, and nothing that could end the block', () => {
    const blocks = [...markdown.matchAll(/```yaml\n(.*?)\n```/gs)].map(([, block]) => block);
    expect(blocks).toEqual(['host-rules: |\n  a.example POST /b', 'allow-endpoints: |\n  openai GET /v1/files']);
  });

  test('there is no such section without them', () => {
    expect(summary()).not.toContain('Named hosts');
  });
});
