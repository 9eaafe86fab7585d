import { expect, test } from 'vitest';
import { TerminalState } from '../../src/command-line/terminal-state.ts';

function undone(...chunks: readonly string[]): string {
  const state = new TerminalState();
  for (const chunk of chunks) state.push(Buffer.from(chunk));
  return state.undo().replaceAll('\u001b', 'ESC');
}

test.each([
  ['nothing for plain text', ['hello\n\u001b[31mred\u001b[0m'], ''],
  ['nothing for what the program undid', ['\u001b[?1049h', 'x', '\u001b[?1049l'], ''],
  ['the alternate screen and the cursor', ['\u001b[?1049h\u001b[?25l'], 'ESC[?1049lESC[?25hESC[0m'],
  ['several modes of one sequence', ['\u001b[?1000;1006h'], 'ESC[?1000lESC[?1006lESC[0m'],
  ['a sequence that two chunks share', ['\u001b[?10', '49h'], 'ESC[?1049lESC[0m'],
  ['a sequence in pieces of one octet', Array.from('\u001b[?2004h'), 'ESC[?2004lESC[0m'],
  ['the keyboard protocol', ['\u001b[>1u\u001b[>5u'], 'ESC[<2u'],
  ['a popped keyboard', ['\u001b[>1u', '\u001b[<u'], ''],
  ['other keys and the keypad', ['\u001b[>4;2m\u001b='], 'ESC[>4;0mESC>'],
  ['nothing after a reset', ['\u001b[?1049h\u001b=\u001bc'], ''],
  ['no mode that it does not know', ['\u001b[?31337h'], ''],
])('%s', (_, chunks, expected) => {
  expect(undone(...chunks)).toBe(expected);
});
