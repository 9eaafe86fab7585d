import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, UserError } from '../../src/errors.ts';
import { notBegunMarkdown } from '../../src/report/error-summary.ts';
import { summaryMarkdown } from '../../src/report/summary.ts';
import { HAS_BROWSER, startBrowser } from '../../testing/browser/browser.ts';
import { cutOff, setOpen, showSummary, THEMES } from '../../testing/browser/summary-page.ts';
import { judged } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import * as cases from './summary-cases.ts';

/** The pictures stay here, for those who want to see what was measured. */
const PICTURES = join(ROOT, '.scratch', 'screenshots');

/** A narrow phone, and GitHub's page on a desktop. Pixels. */
const WIDTHS = [340, 1012];

const of = (one: cases.Case): string => summaryMarkdown(cases.factsOf(one));

const SUMMARIES: Readonly<Record<string, string>> = {
  'all-well': of(cases.ALL_WELL),
  refused: of(cases.REFUSED),
  'sandbox-error': of(cases.NO_ENGINE),
  timeout: of(cases.TIMEOUT),
  blocked: of(cases.BLOCKED),
  'over-budget': of(cases.OVER_BUDGET),
  audit: of(cases.AUDIT),
  'left-overs': of(cases.LEFT_OVERS),
  'invalid-inputs': notBegunMarkdown(
    new ConfigError([
      new UserError('allow-domains, line 3: "https://x.example/a" has a path.', { hint: 'Write "https://x.example".' }),
      new UserError('memory: "much" is not a size.', { hint: 'Write a number with k, m or g, for example "6g".' }),
    ]),
    'inputs',
    cases.ABOUT,
  ),
};

/** A line to paste must not wrap, so a long one scrolls. */
const isLongLine = (found: string): boolean => found.startsWith('pre ') && /^.{34,}$/m.test(found);

let browser: Browser;
let page: Page | undefined;
beforeAll(async () => {
  if (HAS_BROWSER) browser = await startBrowser();
  mkdirSync(PICTURES, { recursive: true });
}, FETCH_LIMIT);
afterAll(async () => {
  if (HAS_BROWSER) await browser.close();
});
afterEach(async () => {
  await page?.close();
  page = undefined;
});

describe.skipIf(!HAS_BROWSER).each(WIDTHS)('at %i pixels', (width) => {
  describe.each(THEMES)('%s', (theme) => {
    test.each(Object.entries(SUMMARIES))('%s fits, closed and open', async (name, markdown) => {
      page = await showSummary(browser, markdown, width, theme);
      for (const state of ['closed', 'open']) {
        await setOpen(page, state === 'open');
        const shown = await page.$('main');
        await shown?.screenshot({ path: join(PICTURES, `${name}-${width}-${theme}-${state}.png`) });
        expect([state, ...(await cutOff(page)).filter((found) => !isLongLine(found))]).toEqual([state]);
      }
    });
  });

  test('hostile names scroll in their table, and nothing else moves', async () => {
    const names = [
      'a|b`</details>',
      'w'.repeat(300),
      '\u202e'.repeat(50),
      `${'x-'.repeat(31)}.example`,
      '`'.repeat(90),
    ];
    const blocked = names.map((name) => judged(name, 1, { reason: 'not-listed' }));
    const markdown = of({
      domains: { blocked, allowed: blocked, unresolvable: blocked },
      usage: cases.usageOf(cases.modelUsage({ model: 'm'.repeat(200) })),
      facts: { label: 'L'.repeat(80), warnings: ['W'.repeat(900)] },
    });
    page = await showSummary(browser, markdown, width, 'light');
    await setOpen(page, true);
    expect((await cutOff(page)).filter((found) => !/^(table|pre) /.test(found))).toEqual([]);
  });

  test('what does not fit is found', async () => {
    page = await showSummary(browser, `| a | b |\n| --- | --- |\n| \`${'x'.repeat(200)}\` | 1 |`, width, 'light');
    expect(await cutOff(page)).toEqual([expect.stringMatching(/^table by \d+ px/)]);
  });
});
