/** What GitHub would make of a summary that the command wrote. */

import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { agentSummary } from '../../src/report/agent-summary.ts';

export const sanitised = (text: string, isCut = false): string => agentSummary({ text, isCut }, new Map()) ?? '';

/** Renders by the specification of GitHub's Markdown. GitHub's additions to it are searched for in the text. */
export function render(markdown: string, allowDangerousHtml = true): string {
  return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml });
}

const HEAD = '<h2>Ours</h2>\n<blockquote>\n';
const TAIL = '\n</blockquote>\n<h3>Ours again</h3>\n<p>| a |</p>\n';

/** The text within a job summary, rendered. */
export function inSummary(text: string): string {
  return render(`## Ours\n\n${sanitised(text)}\n\n### Ours again\n\n| a |\n`);
}

/** What the rendered text contains besides harmless text. Empty if it is safe. */
export function harm(text: string): string[] {
  const markdown = sanitised(text);
  const html = inSummary(text);
  const inner = html.slice(HEAD.length, html.length - TAIL.length);
  const elements = [...inner.matchAll(/<\/?([a-z0-9]+)([^>]*)>/g)].map(([whole, name = '', rest = '']) =>
    /^ start="\d+"$/.test(rest) || rest === '' ? name : whole,
  );
  const allowed = ['p', 'em', 'strong', 'code', 'pre', 'ul', 'ol', 'li', 'br'];
  const outsideOfCode = inner.replaceAll(/<code>[^]*?<\/code>/g, '');
  return [
    ...(html.startsWith(HEAD) && html.endsWith(TAIL) ? [] : [`it left the quote: ${html}`]),
    ...elements.filter((name) => !allowed.includes(name)),
    ...(render(markdown) === render(markdown, false) ? [] : ['raw HTML']),
    ...(/[@#$]|:\/\/|www\.|\[!/i.exec(outsideOfCode) ?? []),
    ...(/[\p{Cc}\p{Cf}\u2028\u2029]/u.exec(markdown.replace(/[\n\u200d]/g, '')) ?? []),
  ];
}
