import { afterEach, describe, expect, test, vi } from 'vitest';
import { filtered, harmless, Queue, stderrReporter, usesColour, type RunReporter } from '../src/reporter.ts';
import type { LogLevel } from '../src/shared/log-level.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function sayAll({ debug, info, warning, error, group }: RunReporter): void {
  debug('d');
  info('i');
  warning('w');
  error('e');
  group('g', ['1', '2']);
}

describe('filtered', () => {
  test.each<[LogLevel, string[]]>([
    ['error', ['error e']],
    ['warn', ['warning w', 'error e']],
    ['info', ['info i', 'warning w', 'error e', 'group g']],
    ['debug', ['debug d', 'info i', 'warning w', 'error e', 'group g']],
  ])('at %s: %j', (level, expected) => {
    const said: string[] = [];
    const to = (kind: string) => (message: string) => void said.push(`${kind} ${message}`);
    const every = {
      debug: to('debug'),
      info: to('info'),
      warning: to('warning'),
      error: to('error'),
      group: to('group'),
    };
    sayAll(filtered(every, level));
    expect(said).toEqual(expected);
  });
});

test.each([
  [
    'AWF\u2019s own colours',
    '\u001b[31m\u26d4\u001b[39m \u001b[33m\u26a0\u001b[39m',
    '\u001b[31m\u26d4\u001b[39m \u001b[33m\u26a0\u001b[39m',
  ],
  ['hidden text', '\u001b[8mx', String.raw`\u001b[8mx`],
  ['lines and tabs', 'a\n\tb\rc', String.raw`a${'\n\t'}b\u000dc`],
  ['what reverses, tags and separates', '\u202e\u{e0041}\u2028', String.raw`\u202e\udb40\udc41\u2028`],
])('what a terminal would obey is shown instead: %s', (_, text, expected) => {
  expect(harmless(text)).toBe(expected);
});

test('stderrReporter writes one line per message to standard error, and none to standard output', () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  sayAll(stderrReporter);
  expect(stderr.mock.calls.map(([text]) => text)).toEqual([
    'awf: debug: d\n',
    'awf: i\n',
    'awf: warning: w\n',
    'awf: error: e\n',
    'awf: g\n  1\n  2\n',
  ]);
  expect(stdout).not.toHaveBeenCalled();
});

test('what is said while a queue is closed follows in order', () => {
  const said: string[] = [];
  const to = (kind: string) => (message: string) => void said.push(`${kind} ${message}`);
  const queue = new Queue();
  let isClosed = true;
  sayAll(
    queue.in(
      { debug: to('debug'), info: to('info'), warning: to('warning'), error: to('error'), group: to('group') },
      () => isClosed,
    ),
  );
  expect(said).toEqual([]);
  isClosed = false;
  queue.flush();
  expect(said).toEqual(['debug d', 'info i', 'warning w', 'error e', 'group g']);
});

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ TERM: 'dumb' }, true, false],
])('%j, on a terminal: %s; in colour: %s', (environment, isTerminal, expected) => {
  expect(usesColour(environment, isTerminal)).toBe(expected);
});
