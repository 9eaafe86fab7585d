import { describe, expect, test } from 'vitest';
import { readAnswers } from '../../fuzz/exchange.ts';
import { breach, mismatch, readRequests, type Lane } from '../../fuzz/oracle.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';
import type { RawRequest } from '../../testing/sidecar/raw-upstream.ts';

describe('the fuzzer’s oracle', () => {
  const lane: Lane = {
    provider: PROVIDERS[0]!,
    ...{ sidecar: 0, port: 0, host: 'api.openai.com', authority: 'api.openai.com', basePath: '', isCustom: false },
    ...{ credential: 'real-key', maxBodyBytes: 10, maxHeaderLines: 100 },
  };
  const client = (target = '/v1/responses', headers = '', body = '{}') =>
    readRequests(
      Buffer.from(`POST ${target} HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`),
    )[0]!;
  const sent = (...headers: string[]): string =>
    ['Host: api.openai.com', 'Authorization: Bearer real-key', 'Connection: keep-alive', ...headers].join('\r\n');
  const upstream = (target = '/v1/responses', headers = sent('Content-Length: 2'), body = '{}'): RawRequest => {
    const request = readRequests(Buffer.from(`POST ${target} HTTP/1.1\r\n${headers}\r\n\r\n${body}`))[0]!;
    const message = {
      startLine: `POST ${target} HTTP/1.1`,
      fields: request.fields,
      framing: 'length' as const,
      body: request.body,
      trailers: [],
      chunks: [],
    };
    return { serverName: lane.host, head: message, body: request.body, message, error: undefined };
  };

  test('accepts what the rules compose', () => {
    expect(mismatch(lane, client(), upstream())).toBeUndefined();
    expect(breach(lane, upstream())).toBeUndefined();
    expect(mismatch(lane, client('/v1/%72esponses'), upstream())).toBeUndefined();
  });

  test.each([
    ['another path', client('/v1/embeddings'), upstream(), 'in place of'],
    ['a path with dot segments', client('/v1/../v1/responses'), upstream(), 'must be refused'],
    ['a path outside the table', client('/v1/files'), upstream('/v1/files'), 'must be refused'],
    ['an unlisted query', client('/v1/responses?key=x'), upstream('/v1/responses?key=x'), 'must be refused'],
    ['a header that was not sent', client(), upstream(undefined, sent('Content-Length: 2', 'Accept: x')), 'Accept: x'],
    [
      'a cookie',
      client(undefined, 'Cookie: x\r\n'),
      upstream(undefined, sent('Content-Length: 2', 'Cookie: x')),
      'cookie',
    ],
    ['a lost header', client(undefined, 'Accept: x\r\n'), upstream(), 'accept: x is missing'],
    [
      'a nominated header',
      client(undefined, 'Accept: x\r\nConnection: accept\r\n'),
      upstream(undefined, sent('Content-Length: 2', 'Accept: x')),
      'accept: x',
    ],
    ['another Host', client(), upstream(undefined, sent('Content-Length: 2').replace('api', 'evil')), 'host'],
    ['another body', client(), upstream(undefined, undefined, '[]'), 'another body'],
    [
      'too large a body',
      client(undefined, '', '01234567890'),
      upstream(undefined, sent('Content-Length: 11'), '01234567890'),
      'limit',
    ],
    ['two Hosts', client(undefined, 'Host: b\r\n'), upstream(), 'not one Host'],
  ])('complains of %s', (_, asked, arrived, reason) => {
    expect(mismatch(lane, asked, arrived)?.toLowerCase()).toContain(reason.toLowerCase());
  });

  test('reports a missing or repeated credential, and what is not HTTP', () => {
    expect(breach(lane, upstream(undefined, 'Host: a\r\nContent-Length: 2'))).toContain('credential');
    expect(breach(lane, upstream(undefined, sent('Content-Length: 2', 'Accept: real-key')))).toContain('credential');
    expect(breach(lane, { ...upstream(), error: 'two lengths' })).toContain('no HTTP');
  });

  test('reports malformed answers', () => {
    for (const octets of [
      'nonsense\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc',
      'HTTP/1.1 200 OK\r\n\r\nabc',
    ]) {
      expect(() => readAnswers(Buffer.from(octets), false)).toThrow();
    }
  });
});
