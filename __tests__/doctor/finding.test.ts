import { describe, expect, test } from 'vitest';
import { foreign, host, nameless, path, plain, problemOf, words } from '../../src/doctor/finding.ts';
import { UserError } from '../../src/errors.ts';

test('a report for strangers has no names, and the one for the user has all', () => {
  const text = words`The workspace ${path('/home/me/proj')} reaches ${host('api.corp.example')} in ${3} s`;
  expect(plain(text)).toBe('The workspace /home/me/proj reaches api.corp.example in 3 s');
  expect(nameless(text)).toBe('The workspace <path> reaches <host> in 3 s');
});

test.each([
  ['cannot read /home/me/x.pem.', 'cannot read <path>'],
  ['The client is set to ssh://me@build.corp.', 'The client is set to <url>'],
  ['proxy.corp.example is 10.1.2.3, not fd00::1.', '<host> is <address>, not <address>.'],
  ['.github/awf.yml, line 3: "my secret" is wrong', '.github/awf.yml, line 3: <text> is wrong'],
  ['HTTPS_PROXY: proxy:3128 of alice', 'HTTPS_PROXY: proxy:3128 of <user>'],
  ['See docs/policy.md and awf logs --prune.', 'See docs/policy.md and awf logs --prune.'],
  ['Docker 20.10.24 is too old', 'Docker 20.10.24 is too old'],
])('%s', (text, shown) => {
  expect(nameless(foreign(text, [{ value: 'alice', as: '<user>' }]))).toBe(shown);
  expect(plain(foreign(text))).toBe(text);
});

describe('an error', () => {
  test('keeps its remedy and its cause', () => {
    const { status, text, hint } = problemOf(
      new UserError('It failed.', { hint: 'Do this.', cause: new Error('why?') }),
    );
    expect([status, plain(text), plain(hint ?? [])]).toEqual(['problem', 'It failed. Cause: why.', 'Do this.']);
  });

  test('leaves a terminal harmless, on one line', () => {
    expect(plain(problemOf(new Error('a\n  b\u001b[31m\u202e')).text)).toBe('a b\\x1b[31m\\xe2\\x80\\xae');
  });
});
