import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { commandLine, quoteWord } from '../../src/shared/shell.ts';

const WORDS = [
  ...[
    'run',
    '--name=awf-agent',
    '--mount=type=bind,source=/a b',
    '',
    '$HOME',
    '`id`',
    '"',
    "it's",
    '\\',
    '*',
    '#',
    '~',
  ],
  ...['x\n::stop-commands::y', 'a\r\nb', '\u001b[31m', 'a\u2028b', "'\n\\'", 'é', '\u0085'],
];

describe('commandLine', () => {
  test('bash reads the words that were given', () => {
    const script = `printf '%s\\0' ${commandLine(WORDS)}`;
    const output = execFileSync('bash', ['-c', script], { encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } });
    expect(output.split('\0').slice(0, -1)).toEqual(WORDS);
  });

  test('is one line without control characters', () => {
    expect(commandLine(WORDS)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  });

  test('leaves plain words as they are', () => {
    expect(commandLine(['docker', 'run', '--user=1001:1001', '-t', '1'])).toBe('docker run --user=1001:1001 -t 1');
  });
});

test('quoteWord: sh reads the text that was given', () => {
  for (const word of WORDS) {
    expect(execFileSync('sh', ['-c', `printf %s ${quoteWord(word)}`], { encoding: 'utf8' })).toBe(word);
  }
});
