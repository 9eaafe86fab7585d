import { expect, test } from 'vitest';
import type { Log } from '../../../../containers/api-proxy/src/log.ts';
import { newRecord } from '../../../../containers/api-proxy/src/log.ts';
import { Watch } from '../../../../containers/api-proxy/src/usage/watch.ts';
import { post } from '../../../../testing/sidecar/client.ts';
import { INFERENCE, useSidecar } from '../../../../testing/sidecar/sidecar.ts';
import type { Notice } from '../../../../src/shared/notice.ts';

/** What a provider's watch says about requests with these statuses of the provider's. */
function noticesOf(statuses: readonly (number | null)[]): Notice[] {
  const notices: Notice[] = [];
  const watch = new Watch({ notice: (notice: Notice) => notices.push(notice) } as unknown as Log);
  for (const upstreamStatus of statuses) watch.see({ ...newRecord('openai', 'POST', '/'), upstreamStatus });
  return notices;
}
const times = (count: number, status: number | null): (number | null)[] => Array.from({ length: count }, () => status);

test.each([401, 403])('the tenth %i in a row is told, and only that one', (status) => {
  const told = { event: 'credential-refused', provider: 'openai', status, times: 10 };
  expect(noticesOf(times(9, status))).toEqual([]);
  expect(noticesOf(times(30, status))).toEqual([told]);
  // Requests that got no answer of the provider's say nothing about the key.
  expect(noticesOf([...times(5, status), null, ...times(5, status)])).toEqual([told]);
});

test.each([
  ['an answer in between', [...times(9, 401), 200, ...times(9, 401)]],
  ['two kinds of refusals in turns', Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 401 : 403))],
  ['other errors', [...times(20, 500), ...times(20, 429), ...times(20, 400)]],
])('%s: nothing is told', (_, statuses) => {
  expect(noticesOf(statuses)).toEqual([]);
});

const t = useSidecar({ config: { budget: { maxRequests: 3 } } });

test('our own refusals are not the provider’s', async () => {
  t.upstream.handler = (_, response) => response.writeHead(403).end('{}');
  for (let sent = 0; sent < 15; sent++) await post(t.port('openai'), INFERENCE.openai, '{}');
  await t.records(15);
  expect(t.lines.filter((line) => 'event' in line && line.event === 'credential-refused')).toEqual([]);
});
