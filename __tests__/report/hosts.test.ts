import { expect, test } from 'vitest';
import { newRecord } from '../../containers/api-proxy/src/log.ts';
import { HostCounter } from '../../src/report/hosts.ts';
import type { RequestRecord } from '../../src/shared/request-record.ts';

const record = (fields: Partial<RequestRecord>, path = '/a'): RequestRecord => ({
  ...newRecord(null, 'GET', path, 'a.example'),
  ...{ status: 200, rule: 'host-rules, line 1', ...fields },
});

function counted(records: readonly RequestRecord[]) {
  const counter = new HostCounter();
  for (const one of records) counter.add(one);
  return counter.result();
}

test('requests are counted by host and rule', () => {
  expect(
    counted([
      record({}),
      record({ status: 404 }),
      record({ status: 0 }),
      record({ rule: 'x' }),
      { ...newRecord('openai', 'POST', '/v1/responses'), status: 200 },
      { ...newRecord('openai', 'POST', '/v1/responses', 'api.openai.com'), status: 200 },
    ]),
  ).toEqual({
    hosts: [
      { host: 'a.example', rule: 'host-rules, line 1', requests: 3, failed: 2 },
      { host: 'a.example', rule: 'x', requests: 1, failed: 0 },
    ],
    ...{ refused: [], otherRefused: 0 },
  });
});

test('refused ones are counted by the line that would allow them', () => {
  const refused = { status: 403, rule: null, error: 'request_not_allowed' } as const;
  const endpoint = { ...newRecord('openai', 'GET', '/v1/files', 'api.openai.com'), status: 403 };
  expect(
    counted([record(refused), record(refused), record(refused, '/b'), { ...endpoint, error: 'endpoint_not_allowed' }]),
  ).toMatchObject({
    hosts: [],
    refused: [
      { option: 'host-rules', line: 'a.example GET /a', requests: 2 },
      { option: 'host-rules', line: 'a.example GET /b', requests: 1 },
      { option: 'allow-endpoints', line: 'openai GET /v1/files', requests: 1 },
    ],
  });
});

test('any number of paths is counted in bounded memory', () => {
  const refused = { status: 403, rule: null, error: 'request_not_allowed' } as const;
  const { refused: lines, otherRefused } = counted(
    Array.from({ length: 1_500 }, (_, index) => record(refused, `/${index}`)),
  );
  expect([lines.length, otherRefused]).toEqual([1_000, 500]);
});
