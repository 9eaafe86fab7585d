import { expect, test } from 'vitest';
import { parseNotice } from '../../src/shared/notice.ts';

test('a notice is read with all of its fields', () => {
  const notice = { event: 'budget-warning', limit: 'max-tokens', used: 8, allowed: 10 };
  expect(parseNotice(JSON.stringify({ ...notice, level: 'warn' }))).toMatchObject(notice);
});

test.each([
  ['a request whose path looks like one', JSON.stringify({ event: 'request', path: '{"event":"credential-refused"}' })],
  ['another event', '{"event":"listening"}'],
  ['half a line', '{"event":"budget-war'],
  ['no object', 'null'],
  ['a message of Node', 'Error: something'],
  ['nothing', ''],
])('%s is none', (_, line) => {
  expect(parseNotice(line)).toBeUndefined();
});
