import { describe, expect, test } from 'vitest';
import { ConfigError, UserError } from '../../src/errors.ts';
import { notBegunMarkdown } from '../../src/report/error-summary.ts';
import { summaryMarkdown } from '../../src/report/summary.ts';
import { NO_DOMAINS } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE, type RunUsage } from '../../src/report/usage.ts';
import { NO_USAGE } from '../../src/shared/usage.ts';
import { judged } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';
import {
  ABOUT,
  ALL_WELL,
  AUDIT,
  BLOCKED,
  factsOf,
  LEFT_OVERS,
  modelUsage,
  NO_ENGINE,
  OVER_BUDGET,
  REFUSED,
  TIMEOUT,
  usageOf,
  type Case,
} from './summary-cases.ts';
import { render } from './summary-judge.ts';

const summary = (one: Case = {}): string => summaryMarkdown(factsOf(one));

const headingOf = (markdown: string): string | undefined => /^## .*/m.exec(markdown)?.[0];

/** The cells of each table row, split as a renderer does: at each bar without a backslash in front. */
function rows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const ofDomain = (domain: string, reason = 'not-listed'): string =>
  summary({ domains: { blocked: [judged(domain, 1, { reason })] } });

const ALL = { ALL_WELL, REFUSED, NO_ENGINE, TIMEOUT, BLOCKED, OVER_BUDGET, AUDIT, LEFT_OVERS };

describe('the heading and the verdict', () => {
  test.each<[keyof typeof ALL, string, string]>([
    [
      'ALL_WELL',
      '✅ AWF · Review the pull request',
      '**Finished in 2 min 41 s** with exit code 0. Nothing was refused.',
    ],
    [
      'REFUSED',
      '⛔ AWF · Fix the failing test: 6 domains refused',
      '**Failed after 1 min 13 s** with exit code 1. 13 requests were refused: the command asked for domains',
    ],
    ['TIMEOUT', '⏱️ AWF · Review the pull request: stopped after 30 s', 'because of `timeout-minutes: 0.5`'],
    ['BLOCKED', '⛔ AWF · Review the pull request: 2 requests refused', 'because `fail-on-blocked` is set.'],
    ['OVER_BUDGET', '⛔ AWF · Review the pull request: budget used up', 'raise `max-requests`'],
    [
      'AUDIT',
      '🔎 AWF · Review the pull request: 2 domains would be refused',
      'This was an audit: nothing was refused.',
    ],
    ['NO_ENGINE', '❌ AWF · Review the pull request: the sandbox did not start', '**No Docker engine answers.**'],
    ['LEFT_OVERS', '✅ AWF', '**Finished in'],
  ])('of %s', (name, heading, verdict) => {
    const markdown = summary(ALL[name]);
    expect(headingOf(markdown)).toBe(`## ${heading}`);
    expect(markdown).toContain(verdict);
  });

  test.each<[string, Case, string]>([
    ['a failure', { facts: { outcome: 'failure', exitCode: 3 } }, '❌ AWF · Review the pull request: exit code 3'],
    [
      'a run that failed',
      { facts: { outcome: 'error', error: new Error('x') } },
      '❌ AWF · Review the pull request: the run failed',
    ],
    [
      'a run of which nothing is known',
      { facts: { traffic: { domains: undefined, usage: undefined }, egress: undefined } },
      '⚠️ AWF · Review the pull request: what was refused is unknown',
    ],
    [
      'side traffic alone',
      { config: REFUSED.config, domains: { blocked: [judged('statsig.anthropic.com', 1)] } },
      '✅ AWF · Review the pull request',
    ],
  ])('of %s', (_, one, heading) => {
    expect(headingOf(summary(one))).toBe(`## ${heading}`);
  });

  test('has numbers as people say them', () => {
    expect(summary(ALL_WELL)).toContain('**3 domains reached · 31 model requests · 412 k tokens · about $0.61**');
  });
});

test.each(Object.entries(ALL))('%s has only tables of two columns, nothing empty, and harmless HTML', (_, one) => {
  const markdown = summary(one);
  expect(rows(markdown).filter((cells) => cells.length !== 2)).toEqual([]);
  expect(rows(markdown).filter(([first]) => first === '' || first === '` `')).toEqual([]);
  const html = render(markdown);
  const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, name]) => name));
  const known = [
    'h2',
    'h3',
    'p',
    'strong',
    'em',
    'a',
    'code',
    'pre',
    'table',
    'thead',
    'tbody',
    'tr',
    'th',
    'td',
    'ul',
    'li',
  ];
  expect(
    [...tags].filter((tag) => ![...known, 'details', 'summary', 'b', 'sub', 'br', 'wbr', 'blockquote'].includes(tag!)),
  ).toEqual([]);
  expect(html).not.toMatch(/<(p|td|li|summary|h2)>\s*<\/\1>/);
});

describe('what to add', () => {
  const markdown = summary(REFUSED);

  test('is a list to paste, in which the unknown is a comment', () => {
    expect(markdown).toContain(
      '```yaml\nallow-domains: |\n  docs.python.example\n  never-asked.example\n  github\n  npm\n  pypi\n  # cdn.evil.example\n```',
    );
  });

  test('the network has what each preset on the list became', () => {
    const markdown = summaryMarkdown(factsOf({ config: { egress: allowing('a.example\nrubygems') } }));
    expect(markdown).toContain('What the presets are on this machine:');
    expect(markdown).toMatch(/^- `rubygems`: .*rubygems/m);
    expect(summaryMarkdown(factsOf())).not.toContain('What the presets are');
  });

  test('what was refused comes with the preset that has it, or a question mark', () => {
    expect(rows(markdown).slice(0, 5)).toEqual([
      ['Refused', 'Requests'],
      ['<code>release-<wbr>assets.<wbr>githubusercontent.<wbr>com</code> (github)', '4'],
      ['`cdn.evil.example` ❓', '3'],
      ['<code>files.<wbr>python.<wbr>example</code> (pypi)', '2'],
      ['`packages.example` (npm)', '1'],
    ]);
  });

  test('an address is not shown like a name that could be allowed', () => {
    expect(rows(markdown)).toContainEqual([
      '`10.1.2.3`<br><sub>an address: use a name, with `add-hosts` if need be</sub>',
      '2',
    ]);
    expect(/```yaml[^`]*/.exec(markdown)?.[0]).not.toContain('10.1.2.3');
  });

  test('a model whose key is missing is named with the input for it', () => {
    expect(markdown).toContain(
      "`api.openai.com` is OpenAI's own host, and this step has no key for it. Set `openai-api-key`",
    );
    expect(markdown).not.toContain('# api.openai.com');
  });

  test('side traffic is harmless, if the program has a key here', () => {
    expect(markdown).toContain('<summary>2 more are harmless: telemetry of Claude Code</summary>');
    const keyless = summary({ ...REFUSED, config: {} });
    expect(keyless).not.toContain('harmless');
    expect(keyless).toContain('`api.anthropic.com` is Anthropic');
    expect(rows(keyless)).toContainEqual(['<code>statsig.<wbr>anthropic.<wbr>com</code> ❓', '1']);
  });

  test('what is expected is no matter', () => {
    const known = summary({
      config: { knownBlocked: [{ host: 'a.example', match: 'domain' }] },
      domains: { blocked: [judged('x.a.example', 1, { reason: 'not-listed' })] },
    });
    expect(headingOf(known)).toMatch(/^## ✅/);
    expect(known).toContain('1 more was expected, by <code>known-blocked</code>');
  });

  test.each<[string, string]>([
    ['denied', 'denied by `*.a.example` (`deny-domains, line 2`)'],
    ['private-address', 'its address is private: name it in `add-hosts`'],
    ['not-tls', 'no TLS inside the tunnel'],
  ])('what no list can allow says why: %s', (reason, text) => {
    const rule = { entry: '*.a.example', from: 'deny-domains, line 2', preset: null };
    const shown = summary({ domains: { blocked: [judged('x.a.example', 1, { reason, rule })] } });
    expect(rows(shown)[1]?.[0]).toBe(`\`x.a.example\`<br><sub>${text}</sub>`);
  });

  test('requests at named hosts come with their lines', () => {
    expect(summary(BLOCKED)).toContain('```yaml\nhost-rules: |\n  api.github.com POST /repos/octo/hello/issues\n```');
  });

  test('a line that could end its block is not to paste', () => {
    const refused = [{ host: 'a.example', option: 'host-rules', line: 'a.example POST /x`y', requests: 1 }] as const;
    expect(summary({ usage: { refused } })).not.toContain('```yaml');
  });
});

describe('what one may open', () => {
  test('the entries that decided, and those that nothing used', () => {
    const markdown = summary(ALL_WELL);
    expect(markdown).toContain('by `packages.example` (preset `npm`, `allow-domains, line 1`)');
    expect(markdown).toContain('Nothing used these entries: `never-asked.example` (`allow-domains, line 1`).');
  });

  test('one table per model, with its cached share and its cost', () => {
    expect(rows(summary(ALL_WELL))).toEqual(
      expect.arrayContaining([
        ['`claude-sonnet-4-5`', 'Anthropic'],
        ['requests, none failed', '31'],
        ['tokens in, 361 k of them from a cache', '398 k'],
        ['tokens out', '14 k'],
        ['estimated cost', '$0.61'],
      ]),
    );
  });

  test('requests that name no model have no empty cell', () => {
    expect(summary(OVER_BUDGET)).toContain('Anthropic: 2 requests without a model; 2 of them failed or were refused.');
  });

  test('a timeline, with the first request for what was refused', () => {
    const times = rows(summary(REFUSED)).filter(([at]) => /^\d+:\d\d$/.test(at ?? ''));
    expect(times.map((cells) => cells.join(' '))).toEqual([
      '0:00 images (0.2 s)',
      '0:00 networks (0.5 s)',
      '0:00 containers and pre-flight check (1.9 s)',
      '0:02 **the command starts**',
      '0:04 ⛔ `packages.example`',
      '0:06 ⛔ <code>files.<wbr>python.<wbr>example</code>',
      '0:07 ⛔ `api.openai.com`',
      expect.stringMatching(/^0:09 ⛔ <code>release/),
      '0:41 ⛔ `cdn.evil.example`',
      '0:50 ⛔ `10.1.2.3`',
      '1:11 **exit code 1** after 1 min 9 s',
      '1:11 clean-up (0.9 s)',
    ]);
  });

  test('a few of many refusals, and how many there are', () => {
    const blocked = Array.from({ length: 40 }, (_, index) =>
      judged(`h.n${index}.example`, 1, { reason: 'not-listed' }),
    );
    expect(summary({ domains: { blocked } })).toContain('28 more names refused; `access.jsonl`');
  });

  test('warnings, as plain text', () => {
    expect(summary(REFUSED)).toContain(
      '- The command runs as root (without capabilities) because root owns the workspace.',
    );
  });
});

test.each<[Partial<RunUsage>, string]>([
  [{ droppedLines: 2 }, "The api-proxy's log had no room for 2 lines."],
  [{ unreadableLines: 1 }, "1 line of the api-proxy's log could not be read."],
  [{ estimated: true, inputTokens: 1, models: [modelUsage()] }, 'Some token counts are estimates'],
  [{ ...usageOf(modelUsage({ costUsd: 0.00123 })) }, 'about $0.0012'],
  [{ ...usageOf(modelUsage(), modelUsage({ model: 'x', costUsd: null })) }, 'at least $0.61'],
  [{ ...usageOf(modelUsage({ costUsd: null })) }, '⚠️ unknown price'],
  [{ ...usageOf(modelUsage({ costUsd: null })) }, 'cost unknown'],
  [{ unpriced: [{ provider: 'openai', model: 'x' }] }, 'No price is known for 1 model,'],
  [{ ...usageOf(modelUsage({ ...NO_USAGE, model: null, requests: 1, costUsd: 0 })) }, '1 request without a model.'],
])('usage of %j is explained', (usage, text) => {
  expect(summary()).not.toContain(text);
  expect(summary({ usage })).toContain(text);
});

describe('a log that could not be read', () => {
  test('does not count as empty: nothing is reported about what was refused or used', () => {
    const markdown = summary({ facts: { traffic: { domains: undefined, usage: undefined }, egress: undefined } });
    expect(markdown).toContain('Which requests were refused is unknown');
    expect(markdown).toContain("Squid's log could not be read.");
    expect(markdown).toContain("The api-proxy's log could not be read.");
    expect(markdown).not.toMatch(/[Nn]othing was refused|never used the model/);
  });

  test('in part is reported with its number of lines', () => {
    expect(summary({ domains: { unreadableLines: 7 } })).toContain("7 lines of Squid's log could not be read");
    expect(summary()).not.toContain('could not be read');
  });
});

describe('a sandbox that did not start', () => {
  const markdown = summary(NO_ENGINE);

  test('has the reason, the remedy and the words of Docker, and no empty section or path', () => {
    expect(markdown).toContain('**No Docker engine answers.** The command did not run.');
    expect(markdown).toContain('**Do this:** Start one (systemctl start docker)');
    expect(markdown).toContain('<summary>What Docker said</summary>\n\n> Cannot connect to the Docker daemon');
    expect(markdown).not.toMatch(/Network|Model|Timeline|refused|Logs/);
  });

  test('quotes what others said as code', () => {
    const error = new UserError('Squid ended.\n<img src=x> `a` ![x](y)\n```\n## Heading\u202e', {
      cause: new Error('```\n</details>\n<script>'),
    });
    const html = render(summary({ facts: { ...NO_ENGINE.facts, error } }));
    expect(html).not.toMatch(/<(img|script|h[3-6])|\u202e/);
    expect(html.match(/<h2>/g)).toHaveLength(1);
    expect(html.match(/<\/details>/g)).toHaveLength(1);
  });
});

describe('a step that never began', () => {
  const problems = [
    new UserError('allow-domains, line 3: "https://x.org/a" has a path.', { hint: 'Write "https://x.org".' }),
    new UserError('memory: "much" is not a size.', { hint: 'Write a number with k, m or g.' }),
  ];

  test('names all invalid inputs, and what to write', () => {
    const markdown = notBegunMarkdown(new ConfigError(problems), 'inputs', ABOUT);
    expect(headingOf(markdown)).toBe('## ❌ AWF · Review the pull request: the inputs are not valid');
    expect(markdown).toContain('**Nothing ran.** Correct these 2 problems in the workflow:');
    expect(markdown).toContain('- memory: "much" is not a size. **Write a number with k, m or g.**');
    expect(markdown.match(/^- /gm)).toHaveLength(2);
  });

  test('names the only one', () => {
    expect(notBegunMarkdown(problems[1], 'inputs', ABOUT)).toContain('Correct this in the workflow:');
  });

  test('says what else was in the way', () => {
    const markdown = notBegunMarkdown(new UserError('GITHUB_STATE cannot be written.'), 'start', ABOUT);
    expect(headingOf(markdown)).toContain('the step could not begin');
    expect(markdown).toContain('**GITHUB\\_STATE cannot be written.** Nothing ran.');
  });
});

describe('the last line', () => {
  test('has the artifact, its days, a page and the version', () => {
    expect(summary(ALL_WELL)).toMatch(
      /<sub>Logs: artifact `awf-logs-21f6bab2`, 30 days · \[What do these numbers mean\?\]\(<https:\S+#the-job-summary>\) · AWF 1\.4\.0<\/sub>\n$/,
    );
  });

  test('has paths where there is no artifact, and no page that is not on the web', () => {
    const markdown = summary({ facts: { logs: { paths: ['/tmp/squid-logs-1'] }, pageAt: () => undefined } });
    expect(markdown).toContain('<sub>Logs: `/tmp/squid-logs-1` · AWF 1.4.0</sub>');
    expect(summary({ facts: { logs: undefined } })).not.toContain('Logs:');
  });
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
    ['letters from right to left', 'a\u202eelpmaxe.b\u2066'],
    ['the end of what one may open', 'a</details>'],
    ['an underscore', 'a_b_c.example'],
  ])('stays one cell with %s', (_, domain) => {
    const [head, row] = rows(ofDomain(domain, 'odd-name'));
    expect(head).toEqual(['No list entry can allow', 'Requests']);
    expect(row).toEqual([expect.stringMatching(/^`[\x20-\x5f\x61-\x7e]+`<br><sub>[a-z ]+<\/sub>$/), '1']);
  });

  test.each([
    ['an image', '![x](https://evil.example/pixel.png)'],
    ['a link', '[x](https://evil.example)'],
    ['HTML', '<img src=https://evil.example/x>'],
    ['a script', '</code><script>'],
    ['a mention', '@octocat'],
    ['a heading', '# x'],
    ['a word with www', 'www.a-name-that-is-long-enough-to-wrap.example'],
  ])('is code and nothing else: %s', (_, domain) => {
    const html = render(ofDomain(domain)).replaceAll(/<code>.*?<\/code>|<pre>[^]*?<\/pre>/g, '');
    expect(html).not.toMatch(/evil|script|octocat|www\./);
    expect(html.match(/<a /g) ?? []).toHaveLength(1);
    expect(html.match(/<h[1-6]>/g)).toHaveLength(1);
  });

  test('is cut if it is long', () => {
    const [, [cell = ''] = []] = rows(ofDomain('a'.repeat(5_000)));
    expect(cell.length).toBeLessThanOrEqual(200);
    expect(cell).toMatch(/a\.\.\.`<br>/);
  });

  test('copied from a cell, is the name', () => {
    const name = 'a-very-long-name.with-a-label-of-more-than-twenty-letters.abcdefghijklmnopqrstuvwxyz.example.com';
    const [, [cell = ''] = []] = rows(ofDomain(name));
    expect(
      render(cell)
        .replaceAll(/<[^>]*>|❓/g, '')
        .trim(),
    ).toBe(name);
  });

  test('of 10,000 leaves the summary short', () => {
    const blocked = Array.from({ length: 10_000 }, (_, index) =>
      judged(`${'a'.repeat(50)}${index}.example`, 1, { reason: index % 2 === 0 ? 'not-listed' : 'odd-name' }),
    );
    const markdown = summary({ domains: { blocked, allowed: blocked, unresolvable: blocked } });
    expect(markdown).toContain('4950 more are in the logs.');
    expect(markdown.match(/^ {2}# /gm)).toHaveLength(50);
    expect(markdown.length).toBeLessThan(50_000);
  });

  test('of a model is code in its table, and stays out of titles', () => {
    const markdown = summary({ usage: usageOf(modelUsage({ model: '</summary><img src=x>`|' })) });
    expect(render(markdown)).not.toContain('<img');
    expect(rows(markdown)).toContainEqual(['`\\x3c/summary\\x3e\\x3cimg src=x\\x3e\\x60\\x7c`', 'Anthropic']);
  });
});

test.each([
  ['# Heading', '## ✅ AWF · ` # ` Heading'],
  ['a\n## b', '## ✅ AWF · a ` ## ` b'],
  ['<img src=x> **b** `c`', '## ✅ AWF · \\<img src=x\\> \\*\\*b\\*\\* \\`c\\`'],
  ['Review #12 of @me', '## ✅ AWF · Review ` #12 ` of ` @me `'],
])('the label %j is plain text in the heading', (label, heading) => {
  const markdown = summary({ facts: { label } });
  expect(headingOf(markdown)).toBe(heading);
  expect(render(heading)).not.toMatch(/<(img|strong)/);
});

describe('a summary over the limit', () => {
  const facts = factsOf({ ...ALL_WELL, facts: { commandSummary: `> ${'x'.repeat(20_000)}` } });

  test.each([
    [10_000, 'What the command wrote is left out', '**Timeline**'],
    [1_000, 'The details are left out', '<sub>'],
    [420, 'Only the verdict is shown', '**Finished'],
  ])('of %i bytes leaves something out', (limit, text) => {
    const markdown = summaryMarkdown(facts, limit);
    expect(markdown).toContain(text);
    expect(markdown).toContain('**Finished in 2 min 41 s**');
    expect(markdown).not.toContain('xxxx');
  });

  test('has a limit that is GitHub’s', () => {
    expect(summaryMarkdown(facts)).toContain('x'.repeat(20_000));
    const huge = { ...facts, commandSummary: `> ${'x'.repeat(2 * 1024 * 1024)}` };
    expect(Buffer.byteLength(summaryMarkdown(huge))).toBeLessThan(1024 * 1024);
  });
});

test('requests for names beyond those that are counted are in the verdict', () => {
  const others = { allowed: 3, blocked: 40, audited: 0, unresolvable: 5, unreachable: 0 };
  const markdown = summary({
    domains: { ...NO_DOMAINS, blocked: [judged('a.example', 2, { reason: 'not-listed' })], others },
  });
  expect(markdown).toContain('42 requests were refused');
  expect(markdown).toContain('40 refused, 3 allowed, 5 without an address');
});

test('a run that nothing outside answered says where to look', () => {
  const unreachable = [judged('a.example', 1, { reason: 'no-answer' })];
  const markdown = summary({ domains: { ...NO_DOMAINS, unreachable, isCutOff: true } });
  expect(markdown).toContain('no answer came');
  expect(markdown).toContain('Nothing outside answered. If this machine itself reaches');
});

test('an unused key is mentioned', () => {
  expect(summary({ config: ALL_WELL.config })).toContain('The command never used the model.');
  expect(summary({ config: ALL_WELL.config, usage: { ...NO_MODEL_USAGE, ...ALL_WELL.usage } })).not.toContain(
    'never used',
  );
});
