import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ProxyError } from '../../../../containers/api-proxy/src/errors.ts';
import { MembersJudge } from '../../../../containers/api-proxy/src/judge/members.ts';

const JUDGE = new MembersJudge({ event: ['COMMENT'] }, 'github-access comment');

function judge(body: string | Buffer, size = Infinity): string {
  const octets = Buffer.from(body as string);
  const judgement = JUDGE.begin('request body');
  try {
    for (let at = 0; at < octets.length; at += size) judgement.push(octets.subarray(at, at + size));
    judgement.end(octets);
    return 'passes';
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    return error.code;
  }
}

test.each([
  ['the allowed value', '{"body":"b","event":"COMMENT"}'],
  ['no such member', '{"body":"b","comments":[{"path":"a","body":"c"}]}'],
  ['the member further inside', '{"comments":[{"event":"APPROVE"}],"a":{"event":"APPROVE"}}'],
  ['null, which is no value', '{"event":null}'],
  ['no body', ''],
])('%s passes', (_, body) => {
  expect(judge(body)).toBe('passes');
  expect(judge(body, 1)).toBe('passes');
});

test.each([
  ['another value', '{"event":"APPROVE"}'],
  ['another value, escaped', '{"\\u0065vent":"\\u0041PPROVE"}'],
  ['another case', '{"event":"comment"}'],
  ['a list', '{"event":["COMMENT","APPROVE"]}'],
  ['an object', '{"event":{"COMMENT":1}}'],
  ['a number', '{"event":1}'],
  ['a second value behind the first', '{"event":"COMMENT","event":"APPROVE"}'],
  ['a second value before the first', '{"event":"APPROVE","event":"COMMENT"}'],
  ['the same value twice', '{"event":"COMMENT","event":"COMMENT"}'],
  ['a list of objects', '[{"event":"APPROVE"}]'],
  ['a value behind a large one', `{"body":"${'a'.repeat(100_000)}","event":"APPROVE"}`],
])('%s is refused', (_, body) => {
  expect(judge(body)).toBe('request_not_allowed');
  expect(judge(body, 7)).toBe('request_not_allowed');
});

test.each([
  ['a form', 'event=APPROVE'],
  ['compressed octets', gzipSync('{"event":"APPROVE"}')],
  ['a byte order mark', '\ufeff{"event":"COMMENT"}'],
  ['what does not end', '{"event":"COMMENT"'],
])('%s cannot be judged', (_, body) => {
  expect(judge(body)).toBe('body_unreadable');
});

test('a refusal names the rule, the member and what it may be', () => {
  const judgement = JUDGE.begin('request body');
  expect(() => judgement.push(Buffer.from('{"event":"APPROVE"}'))).toThrow(
    'The rule "github-access comment" does not allow "APPROVE" for "event" in the request body, only COMMENT.',
  );
});
