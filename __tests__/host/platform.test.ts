import { expect, test } from 'vitest';
import { describeError } from '../../src/errors.ts';
import { requireLinux } from '../../src/host/platform.ts';

test('Linux is supported', () => {
  expect(() => {
    requireLinux('linux');
  }).not.toThrow();
});

test.each(['darwin', 'win32', 'freebsd'])('%s is rejected, with the remedy', (platform) => {
  let message = '';
  try {
    requireLinux(platform);
  } catch (error) {
    message = describeError(error);
  }
  expect(message).toContain(`needs Linux, and this is ${platform}`);
  expect(message).toContain('runs-on: ubuntu-latest');
});
