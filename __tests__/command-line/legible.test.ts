import { afterEach, expect, test, vi } from 'vitest';
import { Legible } from '../../src/command-line/legible.ts';
import { stderrReporter } from '../../src/reporter.ts';

let written = '';

afterEach(() => {
  vi.restoreAllMocks();
  written = '';
});

/** What is on standard error: of a command, and of AWF behind it. */
function shown(output: readonly Buffer[]): string {
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    written += String(chunk);
    return true;
  });
  const legible = new Legible();
  const sink = legible.through(() => undefined);
  for (const chunk of output) void sink(chunk);
  const reporter = legible.in(stderrReporter);
  reporter.warning('w');
  reporter.info('i');
  return written.replaceAll('\u001b', 'ESC').replaceAll('\u000f', 'SI');
}

const RESET = 'ESC\\ESC7ESC[rESC[4lESC8ESC\\ESC[0mESC(BSI';

test.each<[string, readonly Buffer[], string]>([
  ['nothing for plain text', [Buffer.from('hello\r\n\tworld')], ''],
  ['nothing without output', [], ''],
  ['hidden text', [Buffer.from('\u001b[8m')], RESET],
  ['a title without an end', [Buffer.from('x'), Buffer.from('\u001b]0;'), Buffer.from('x')], RESET],
  ['the sequence of one character', [Buffer.from('\u009b8m')], RESET],
  ['the other character set', [Buffer.from('\u000e')], RESET],
])('what the command did to the terminal is undone before the first message: %s', (_, output, expected) => {
  expect(shown(output)).toBe(`${expected}awf: warning: w\nawf: i\n`);
});
