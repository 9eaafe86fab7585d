import { expect, test } from 'vitest';
import { isWrongCredential, unreachedText } from '../../src/report/unreached.ts';

test.each([
  ['upstream-proxy-407', "the network's proxy answered 407: it does not accept the credential", true],
  ['upstream-proxy-403', "the network's proxy answered 403", false],
  ['upstream-proxy-502', "no way through the network's proxy (502)", false],
  ['no-connection', 'nobody accepted a connection', false],
  ['no-answer', 'no answer came', false],
  // Of a record that somebody else wrote.
  ['upstream-proxy-\u001b[2J', 'nobody accepted a connection', false],
  [null, 'nobody accepted a connection', false],
])('%s', (reason, text, isCredential) => {
  expect(unreachedText(reason)).toBe(text);
  expect(isWrongCredential(reason)).toBe(isCredential);
});
