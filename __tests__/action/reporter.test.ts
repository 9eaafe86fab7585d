import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { actionReporter } from '../../src/action/reporter.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';

let output = '';

beforeEach(() => {
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    output += String(chunk);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('everything begins with AWF', () => {
  actionReporter.info('i');
  actionReporter.debug('d');
  actionReporter.group('1.0', []);
  actionReporter.group('policy', ['reach nothing']);
  actionReporter.warning('w');
  expect(output).toBe(
    'AWF: i\nAWF debug: d\nAWF 1.0\n::group::AWF policy\nreach nothing\n::endgroup::\n::warning title=AWF::w\n',
  );
});

test('nothing in a message or in a group is a log command', () => {
  const forged = ['::error::a', '  ::add-mask::b', 'c ##[error]d', ':::error::e', '\u0085\u00a0::set-output name=x::f'];
  actionReporter.group('policy', forged);
  actionReporter.info(['lead', ...forged].join('\n'));
  actionReporter.debug(forged.join('\n'));
  expect(logCommands(output).map(({ name }) => name)).toEqual(['group', 'endgroup']);
});
