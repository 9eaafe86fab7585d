import { describe, expect, test } from 'vitest';
import { SUMMARY_FILE_LIMIT } from '../../src/agent/command-files.ts';
import { agentSummary } from '../../src/report/agent-summary.ts';
import { given, SENTINELS } from '../../testing/builders.ts';
import { harm, inSummary, render, sanitised } from './summary-judge.ts';

describe('nothing that the command wrote has an effect', () => {
  test.each([
    ['an image', '![x](https://evil.example/pixel.png)'],
    ['an image by reference', '![x][1]\n\n[1]: https://evil.example/pixel.png'],
    ['an image in a link', '[![x](https://evil.example/a)](https://evil.example/b)'],
    ['an image in HTML', '<img src="https://evil.example/pixel.png">'],
    ['a picture', '<picture><source srcset="https://evil.example/a"></picture>'],
    ['a disguised link', '[https://github.com](https://evil.example)'],
    ['a link with a title', '[log in](https://evil.example "GitHub")'],
    ['a link over two lines', '[log\nin](https://evil.example)'],
    ['a bare link', 'see https://evil.example and www.evil.example'],
    ['a link in angles', '<https://evil.example> <mailto:a@evil.example>'],
    ['a mention and an issue', '@octocat #1 octo/repo#12 a@b.example'],
    ['a comment that is never closed', 'x <!-- y'],
    ['the end of the section', '</details></blockquote></td></table>\n\n## Agentic Workflow Firewall'],
    ['a heading', '# Agentic Workflow Firewall\n\nAgentic Workflow Firewall\n===\n\n**success**'],
    ['a table', '| Domain | Verdict |\n| --- | --- |\n| x | ![x](https://evil.example/a) |\n\na|b\n-|-\nc|d'],
    ['a fence that is never closed', '```\n</code></pre><img src=x>\n\n![x](https://evil.example/a)'],
    ['a fence within a fence', '~~~\n```\n![x](https://evil.example/a)\n~~~\n![x](https://evil.example/a)'],
    ['a rendered language', '```mermaid\ngraph TD; click A "https://evil.example"\n```\n```math\n\\href{x}{y}\n```'],
    ['formulas', '$\\href{https://evil.example}{x}$ $$x$$ $`x`$'],
    ['an alert', '[!CAUTION]\n> [!NOTE]\n> x'],
    ['a footnote', 'x[^1]\n\n[^1]: ![x](https://evil.example/a)'],
    ['a task', '- [ ] a\n- [x] b'],
    ['code spans that touch', '`x`@`![a](http://evil.example/a)'],
    ['code spans of several lengths', '``a`b`` ```c``d``` `e`@`f`![g](http://evil.example/a)'],
    ['code in bold and bold in code', '**`a`** `**b**` **c`d**e`f**'],
    ['escapes', '\\![x](https://evil.example/a) \\\\![x](https://evil.example/a) \\`\\'],
    ['entities', '&lt;img src=x&gt; &#33;&#91;x&#93;&#40;https://evil.example/a&#41; &colon;//'],
    ['deep lists', '- a\n  - b\n    - ![x](https://evil.example/a)\n            - c\n1. d\n   2) e'],
    ['code by indentation', '    ![x](https://evil.example/a)\n\t<img src=x>'],
    ['other line breaks', 'a\r# b\r\n![x](https://evil.example/a)\u2028# c\u0085# d\u000b# e\u000c# f'],
    ['bidirectional and invisible characters', '\u202egnp.exe\u202c a\u200bb\u2066c\u2069\ufeff\u00ad\u{e0041}'],
    ['control characters', '\u0000\u0007\u001b[31mred\u001b]8;;https://evil.example\u0007x\u009b'],
  ])('%s', (_, text) => {
    expect(harm(text)).toEqual([]);
  });

  test('control: the judge detects each of them if nothing is done about it', () => {
    const html = render('![a](https://x/a) [b](https://x/b) <img src=x>\n# c\nwww.x.example\n- [ ] d\n\na|b\n-|-');
    for (const tag of ['<img src="https', '<a href="https://x/b', '<img src=x>', '<h1>', '"http://www', '<input']) {
      expect(html).toContain(tag);
    }
    expect(html).toContain('<table>');
  });
});

describe('what is readable stays readable', () => {
  test.each([
    ['text', 'It works: 3 < 4 & 5 > 2, "really".', '<p>It works: 3 &lt; 4 &amp; 5 &gt; 2, &quot;really&quot;.</p>'],
    ['paragraphs', 'a\nb\n\nc', '<p>a\nb</p>\n<p>c</p>'],
    ['headings as bold', '# Title\ntext', '<p><strong>Title</strong></p>\n<p>text</p>'],
    ['bold', 'a **b c** d', '<p>a <strong>b c</strong> d</p>'],
    ['code', 'run `npm ci`', '<p>run <code>npm ci</code></p>'],
    ['lists', '- a\n* b\n  - c', '<ul>\n<li>a</li>\n<li>b\n<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>'],
    ['numbers', '1. a\n2. b', '<ol>\n<li>a</li>\n<li>b</li>\n</ol>'],
    ['code spans that touch', '`a``b`', '<p><code>a</code> <code>b</code></p>'],
    ['code blocks', '```ts\nconst a = `b`;\n```', '<pre><code>const a = `b`;\n</code></pre>'],
    ['tables as code', '| a | b |\n| - | - |', '<pre><code>| a | b |\n| - | - |\n</code></pre>'],
    ['where a link leads', '[here](https://e.example/x)', '<p><code>[here](https://e.example/x)</code></p>'],
    ['an address', 'at https://e.example/a_b', '<p>at <code>https://e.example/a_b</code></p>'],
    ['other scripts', 'Grüße, 日本 👩‍💻', '<p>Grüße, 日本 👩‍💻</p>'],
    ['what looks like Markdown', 'a_b_c *x* 1) # snake_case', 'a_b_c *x* 1) <code>#</code> snake_case'],
  ])('%s', (_, text, html) => {
    expect(inSummary(text)).toContain(html);
  });
});

test('says who wrote it, and whether it is complete', () => {
  expect(sanitised('x')).toMatch(/^> \*Written by the command, not by AWF\. [^]*\*\n>\n> x$/);
  expect(sanitised('x')).not.toContain('beginning');
  expect(sanitised('x', true)).toContain('It is longer than 64 KiB; this is its beginning.');
});

test.each(['', '\n', ' \t\r\n', '\u200b\u0000'])('an empty summary is left out: %j', (text) => {
  expect(agentSummary({ text, isCut: false }, new Map())).toBeUndefined();
});

test('a credential is masked, even with invisible characters in it', () => {
  const key = SENTINELS.get('OPENAI_API_KEY')!;
  const text = `${key} ${key.slice(0, 5)}\u200b${key.slice(5)}`;
  const markdown = agentSummary({ text, isCut: false }, given('OPENAI_API_KEY'))!;
  expect(markdown).toContain('> \\*\\*\\* \\*\\*\\*');
  expect(markdown.replaceAll('\\', '')).not.toContain(key);
});

describe('a hostile text', () => {
  test.each([
    ...[
      '`',
      '```\n',
      '[',
      '![',
      '**',
      '**a',
      '[](',
      '# ',
      '#',
      '|\n',
      '|\nx\n',
      '- ',
      '@ ',
      '\n',
      '$',
      '    ',
      '\\',
      '~~~\n```\n',
    ],
    ...['`a``', '[a](', '*a*', '1. ', '# # ', ' #', '\t'],
  ])('of %j takes little time and grows at most sixfold', (piece) => {
    const text = piece.repeat(SUMMARY_FILE_LIMIT / piece.length);
    const before = process.cpuUsage();
    const { length } = Buffer.from(sanitised(text));
    // Linear work takes milliseconds. Anything worse takes many seconds at this length. This measures processor time,
    // because other tests run meanwhile.
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
    expect(length).toBeLessThan(6 * SUMMARY_FILE_LIMIT + 300);
  });
});
