import fc from 'fast-check';
import { expect, test } from 'vitest';
import { harm } from './summary-judge.ts';

/** Another seed gives other texts: `AWF_SEED=7 npm run test:slow -- agent-summary`. A failure prints its seed. */
const seed = Number(process.env['AWF_SEED'] ?? 1);

/** What Markdown and GitHub react to. */
const PIECES = [
  ...['`', '``', '```', '~~~', '*', '**', '_', '~~', '#', '# ', '> ', '- ', '1. ', '|', '\n', '\n\n', '\n    ', '\n\t'],
  ...['[', ']', '(', ')', '![', '](', '[x]: ', '<', '>', '<img src=x>', '<!--', '-->', '</blockquote>', '<details>'],
  ...['\\', '&lt;', '$', '$$', '@a', 'a@b.c', '#1', 'http://e.x/a', 'www.e.x', ':', '!', '=', '---', '===', '|-|-|'],
  ...[
    'a',
    'b c',
    ' ',
    '  ',
    '\u202e',
    '\u0000',
    '\r',
    '\u2028',
    '\u{1f600}',
    '\u200d',
    '[!NOTE]',
    '[^1]',
    '```mermaid',
  ],
];

test('no combination of Markdown’s special characters has an effect', () => {
  const text = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 3 })), { maxLength: 40 });
  fc.assert(
    fc.property(text, (pieces) => {
      expect(harm(`${pieces.join('')}\nx`)).toEqual([]);
    }),
    { seed, numRuns: 2_000 },
  );
});
