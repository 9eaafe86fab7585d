import { afterEach, describe, expect, test, vi } from 'vitest';
import { filtered, stderrReporter, type Reporter } from '../src/reporter.ts';
import type { LogLevel } from '../src/shared/log-level.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

function sayAll({ debug, info, warning, error }: Reporter): void {
  debug('d');
  info('i');
  warning('w');
  error('e');
}

describe('filtered', () => {
  test.each<[LogLevel, string[]]>([
    ['error', ['error e']],
    ['warn', ['warning w', 'error e']],
    ['info', ['info i', 'warning w', 'error e']],
    ['debug', ['debug d', 'info i', 'warning w', 'error e']],
  ])('at %s: %j', (level, expected) => {
    const said: string[] = [];
    const to = (kind: string) => (message: string) => void said.push(`${kind} ${message}`);
    sayAll(filtered({ debug: to('debug'), info: to('info'), warning: to('warning'), error: to('error') }, level));
    expect(said).toEqual(expected);
  });
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
  ]);
  expect(stdout).not.toHaveBeenCalled();
});
