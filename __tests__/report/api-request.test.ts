import { expect, test } from 'vitest';
import { newRecord } from '../../containers/api-proxy/src/log.ts';
import { apiRequest } from '../../src/report/api-request.ts';
import type { RequestRecord } from '../../src/shared/request-record.ts';

test('a record keeps its fields, apart from those of the log', () => {
  const record = newRecord('openai', 'POST', '/v1/responses');
  const { event, level, ...fields } = record;
  expect([event, level]).toEqual(['request', 'info']);
  expect(apiRequest(record, 0.5)).toEqual({ version: 1, ...fields, costUsd: 0.5 });
  expect(apiRequest(record, undefined).costUsd).toBeNull();
});

test('what a line has too much of stays there, and what it has not is nothing', () => {
  const line = {
    event: 'request',
    time: '2026-01-01T00:00:00Z',
    provider: 'openai',
    status: 200,
    requests: 1,
    usage: null,
  };
  const odd = { ...line, model: 'x'.repeat(5_000), host: 7, stranger: 'x', durationMs: 'long' };
  const request = apiRequest(odd as unknown as RequestRecord, 0);
  expect(request).toEqual({
    ...{ version: 1, time: '2026-01-01T00:00:00.000Z', durationMs: 0, id: '', provider: 'openai', host: null },
    ...{ method: '', path: '', status: 200, upstreamStatus: null, requestBytes: 0, responseBytes: 0 },
    ...{
      timeToFirstByteMs: null,
      forwarded: false,
      requests: 1,
      model: `${'x'.repeat(511)}…`,
      usage: null,
      costUsd: 0,
    },
    ...{ rule: null, error: null },
  });
});
