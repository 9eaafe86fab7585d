/** A job summary as a browser shows it: GitHub's Markdown, and an imitation of its style sheet. */

import type { Browser, Page } from 'puppeteer-core';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

export const THEMES = ['light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** What GitHub's pages look like. It sets what decides about space: fonts, sizes, margins, what wraps and what scrolls. */
const STYLE = `
  :root { --fg: #1f2328; --bg: #fff; --muted: #59636e; --line: #d1d9e0; --code: #818b981f; --block: #f6f8fa; --link: #0969da; }
  :root[data-theme=dark] { --fg: #f0f6fc; --bg: #0d1117; --muted: #9198a1; --line: #3d444d; --code: #656c7633; --block: #151b23; --link: #4493f8; }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--bg); color: var(--fg); }
  main { padding: 16px; font: 16px/1.5 'Segoe UI', 'Liberation Sans', 'DejaVu Sans', 'Noto Color Emoji', sans-serif; overflow-wrap: break-word; }
  main > :first-child { margin-top: 0; }
  h2, h3 { margin: 24px 0 16px; font-weight: 600; line-height: 1.25; }
  h2 { padding-bottom: .3em; font-size: 1.5em; border-bottom: 1px solid var(--line); }
  h3 { font-size: 1.25em; }
  p, blockquote, ul, ol, table, pre, details { margin: 0 0 16px; }
  ul, ol { padding-left: 2em; }
  a { color: var(--link); text-decoration: underline; }
  blockquote { padding: 0 1em; color: var(--muted); border-left: .25em solid var(--line); }
  code, pre { font: 85% ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', monospace; }
  code { padding: .2em .4em; white-space: break-spaces; background: var(--code); border-radius: 6px; }
  pre { padding: 16px; overflow: auto; line-height: 1.45; background: var(--block); border-radius: 6px; }
  pre code { padding: 0; font-size: 100%; white-space: pre; background: none; }
  table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse; font-variant: tabular-nums; }
  th, td { padding: 6px 13px; border: 1px solid var(--line); }
  th { font-weight: 600; }
  tr:nth-child(2n) td { background: var(--block); }
  summary { cursor: pointer; }
  sub { font-size: 75%; line-height: 0; position: relative; vertical-align: baseline; bottom: -.25em; }
  td sub { line-height: 1.4; }
`;

/** Shows a summary, with everything opened that one may open. @param width of the page, in pixels */
export async function showSummary(browser: Browser, markdown: string, width: number, theme: Theme): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 800, deviceScaleFactor: 2 });
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  await page.setContent(
    `<!doctype html><html lang="en" data-theme="${theme}"><meta charset="utf-8"><style>${STYLE}</style><main>${html}</main></html>`,
  );
  return page;
}

/** Opens or closes everything that one may open. */
export async function setOpen(page: Page, isOpen: boolean): Promise<void> {
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = ${String(isOpen)};`);
}

/** The elements in which something does not fit, each with its text and by how many pixels. */
export async function cutOff(page: Page): Promise<string[]> {
  return (await page.evaluate(`
    [document.documentElement, ...document.querySelectorAll('main, main *')].flatMap((one) => {
      const over = one.scrollWidth - one.clientWidth;
      // What is in a line has no width of its own; its block is measured.
      const isBlock = one.clientWidth > 0 && getComputedStyle(one).display !== 'inline';
      return isBlock && over > 1 ? [one.tagName.toLowerCase() + ' by ' + over + ' px: ' + one.textContent.trim().slice(0, 80)] : [];
    })`)) as string[];
}
