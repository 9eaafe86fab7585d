import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../src/config/target.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';

describe('parseTarget', () => {
  test.each([
    ['api.example.com', { host: 'api.example.com', port: 443, basePath: '' }],
    ['API.Example.com.', { host: 'api.example.com', port: 443, basePath: '' }],
    ['api.example.com:8443', { host: 'api.example.com', port: 8443, basePath: '' }],
    ['api.example.com/', { host: 'api.example.com', port: 443, basePath: '' }],
    ['api.example.com/openai/v1', { host: 'api.example.com', port: 443, basePath: '/openai/v1' }],
    ['api.example.com:1/a//', { host: 'api.example.com', port: 1, basePath: '/a' }],
    ['gateway:65535/~team/a.b', { host: 'gateway', port: 65535, basePath: '/~team/a.b' }],
  ])('%s', (text, target) => {
    expect(parseTarget('openai-api-target', text)).toEqual(target);
  });

  test.each([
    ['nothing', ''],
    ['a scheme', 'https://api.example.com'],
    ['an address', '10.0.0.1'],
    ['an address in hexadecimal', '0x7f.1'],
    ['an IPv6 address', '[::1]'],
    ['a user', 'user@api.example.com'],
    ['port 0', 'api.example.com:0'],
    ['a port above 65535', 'api.example.com:65536'],
    ['a port that is no number', 'api.example.com:https'],
    ['an empty port', 'api.example.com:'],
    ['a query', 'api.example.com/a?key=1'],
    ['a fragment', 'api.example.com/a#b'],
    ['a dot segment', 'api.example.com/a/../b'],
    ['a single dot', 'api.example.com/./b'],
    ['an empty segment', 'api.example.com/a//b'],
    ['an encoded slash', 'api.example.com/a%2fb'],
    ['an encoded dot segment', 'api.example.com/%2e%2e'],
    ['a backslash', 'api.example.com\\evil.example'],
    ['a backslash in the path', 'api.example.com/a\\b'],
    ['a space', 'api.example.com /a'],
    ['a line break', 'api.example.com\nacl all src all'],
  ])('refuses %s', (_, text) => {
    const error = thrown(() => parseTarget('openai-api-target', text));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(`openai-api-target: "${text}"`);
    expect(error.hint).toContain('host[:port][/base/path]');
  });
});
