import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { actionReporter } from '../../src/action/reporter.ts';
import { StoppedCommands } from '../../src/action/relay.ts';
import { logCommands } from '../../testing/runner/log-commands.ts';

let output = '';

beforeEach(() => {
  output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const FORGED = Buffer.from('::error::forged\n');

test('messages wait until the commands are on again', () => {
  const relay = new StoppedCommands();
  const reporter = relay.deferring(actionReporter);
  reporter.warning('before');
  void relay.stdout(FORGED);
  reporter.warning('meanwhile');
  void relay.stderr(FORGED);
  relay.end();
  reporter.warning('after');
  expect(logCommands(output)).toEqual(['before', 'meanwhile', 'after'].map((value) => ({ name: 'warning', value })));
});

test('a warning that must not wait is shown at once, as text while the commands are off, and as an annotation later', () => {
  const relay = new StoppedCommands();
  const warnNow = relay.warningNow(actionReporter);
  warnNow('before');
  expect(output).toBe('::warning title=AWF::before\n');
  void relay.stdout(FORGED);
  warnNow('most of it is used');
  expect(output).toContain('\nAWF: most of it is used\n');
  relay.end();
  expect(logCommands(output)).toEqual(['before', 'most of it is used'].map((value) => ({ name: 'warning', value })));
});

test('nothing is switched off for a command that prints nothing', () => {
  const relay = new StoppedCommands();
  relay.deferring(actionReporter).warning('before');
  relay.end();
  expect(output).toBe('::warning title=AWF::before\n');
});

test('output after the end is dropped, because it would switch the commands off for good', () => {
  const relay = new StoppedCommands();
  void relay.stdout(FORGED);
  relay.end();
  void relay.stdout(Buffer.from('late\n'));
  actionReporter.error('the report');
  expect(logCommands(output)).toEqual([{ name: 'error', value: 'the report' }]);
  expect(output).not.toContain('late');
});

test('a colour or hidden text that the command does not end is ended', () => {
  const relay = new StoppedCommands();
  void relay.stdout(Buffer.from('\u001b[8mhidden\n'));
  relay.end();
  expect(output).toMatch(/hidden\n\u001b\\\u001b\[0m\n::[\w-]+::\n$/);
});

test('groups wait like messages', () => {
  const relay = new StoppedCommands();
  const reporter = relay.deferring(actionReporter);
  void relay.stdout(FORGED);
  reporter.group('policy', ['reach nothing']);
  expect(output).not.toContain('policy');
  relay.end();
  expect(output.replaceAll('\r', '')).toMatch(/::group::AWF policy\nreach nothing\n::endgroup::\n$/);
});
