import { Command as Program } from 'commander';
import { describe, expect, test } from 'vitest';
import { loadCliArgs } from '../../src/command-line/args.ts';
import { helpRow, withRows } from '../../src/command-line/columns.ts';
import { help } from '../../src/command-line/help.ts';
import { LOGS } from '../../src/command-line/logs.ts';

const WORDS = 'one two three four five six seven eight nine ten eleven twelve';

describe('a row of a help', () => {
  test('has its description beside the term, below its own first line', () => {
    expect(helpRow('--a', 5, WORDS, 52).split('\n')).toEqual([
      '  --a    one two three four five six seven eight',
      '         nine ten eleven twelve',
    ]);
  });

  test('has it below the term where there are few columns', () => {
    expect(helpRow('--a', 5, WORDS, 40).split('\n')).toEqual([
      '  --a',
      '      one two three four five six seven',
      '      eight nine ten eleven twelve',
    ]);
  });

  test('is not broken where the terminal is too narrow for words', () => {
    expect(helpRow('--a', 5, WORDS, 20).split('\n')).toEqual(['  --a', `      ${WORDS}`]);
  });
});

test.each([40, 60, 80, 200])('no line of a help is longer than a terminal of %i columns', (columns) => {
  const program = withRows(new Program('awf').option('--allow <value>', WORDS).argument('[place]', WORDS));
  program.configureOutput({ getOutHelpWidth: () => columns });
  for (const line of program.helpInformation().split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
});

test('the commands stand below each other in front of the options', () => {
  const text = help({ subcommands: [LOGS] });
  expect(text).toMatch(/^Commands:\n {2}logs \[options\] \[PLACE\] {2}shows what/m);
  expect(text.indexOf('Commands:')).toBeLessThan(text.indexOf('Options:'));
});

test('the help of a run has no commands', () => {
  expect(loadCliArgs(['--help'])).toMatchObject({ text: expect.not.stringContaining('Commands:') as unknown });
});
