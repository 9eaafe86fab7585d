import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';
import { valuesOf } from '../../testing/options.ts';

const read = (text: string) => valuesOf({ 'host-rules': text })['host-rules'];

describe('host-rules', () => {
  test('one per line, with comments', () => {
    expect(
      read('# packages\nRegistry.Example.com. GET /a/*/b\n\napi.example.com POST /**?scope=public&page=* # pages'),
    ).toEqual([
      { name: 'registry.example.com', rule: { method: 'GET', path: '/a/*/b', source: 'host-rules, line 2' } },
      {
        name: 'api.example.com',
        rule: { method: 'POST', path: '/**', query: 'scope=public&page=*', source: 'host-rules, line 4' },
      },
    ]);
  });

  test.each([
    ['a.example GET /', '/'],
    ['a.example GET /a/', '/a/'],
    ['a.example GET /@scope%2fname', '/@scope%2Fname'],
    ['a.example WEBSOCKET /socket', '/socket'],
    ['a.example GET /a/x*y', '/a/x*y'],
  ])('takes %s', (text, path) => {
    expect(read(text)[0]?.rule.path).toBe(path);
  });

  test('an empty query is one: no parameter may be there', () => {
    expect(read('a.example POST /graphql?')[0]?.rule.query).toBe('');
  });

  test.each([
    ['a.example GET', 'is not a rule'],
    ['a.example GET /a b', 'is not a rule'],
    ['a.example get /a', 'has no method'],
    ['a.example CONNECT /a', 'has no method'],
    ['a.example GET a', 'has a path'],
    ['a.example GET https://a.example/a', 'has a path'],
    ['a.example GET /a//b', 'has a path'],
    ['a.example GET /a/../b', 'has a path'],
    ['a.example GET /**/b', 'has a path'],
    ['a.example GET /a**', 'has a path'],
    ['a.example GET /a?b', 'has a query'],
    ['*.example.com GET /a', 'has a wildcard in its host'],
    ['https://a.example GET /a', 'has a scheme'],
    ['a.example:8443 GET /a', 'has a port'],
    ['10.0.0.1 GET /a', 'begins with no host name'],
    ['a/b GET /a', 'begins with no host name'],
  ])('refuses %s', (text, problem) => {
    const error = thrown(() => read(`# comment\n${text}`));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(`host-rules, line 2: "${text}" ${problem}`);
    expect(error.hint).not.toBe('');
  });
});
