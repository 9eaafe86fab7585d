import { expect, test } from 'vitest';
import { HostRules } from '../../src/shared/rule-matcher.ts';

const rules = new HostRules([
  { method: 'GET', path: '/secret/**', refuse: true },
  { method: 'GET', path: '/a/*', query: 'x=*' },
  { method: 'POST', path: '/b/**' },
  { method: 'GET', path: '/**' },
  { method: 'PUT', path: '/Case', ignoreCase: true },
]);

test.each<[string, string, string, string | undefined]>([
  ['GET', '/a/1', '?x=2', '/a/*'],
  ['HEAD', '/a/1', '?x=2', '/a/*'],
  ['GET', '/a/1', '', '/**'],
  ['POST', '/b', '', '/b/**'],
  ['POST', '/b/c/d', '?any=1', '/b/**'],
  ['POST', '/bc', '', undefined],
  ['PUT', '/cASE', '', '/Case'],
  ['DELETE', '/', '', undefined],
  ['GET', '/secret/1', '', undefined],
  // A server may decode the slash, and then another rule decides.
  ['GET', '/secret%2F1', '', undefined],
  ['GET', '/a/1%2F2', '?x=1', undefined],
  ['GET', '/c/1%2F2', '', '/**'],
])('%s %s%s', (method, path, query, expected) => {
  expect(rules.find({ method, path, query })?.path).toBe(expected);
});
