import { describe, expect, test } from 'vitest';
import { canonicalHost, looksLikeAddress } from '../../src/config/domain.ts';

describe('canonicalHost', () => {
  test.each([
    ['example.com', 'example.com'],
    ['API.Example.COM', 'api.example.com'],
    ['example.com.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['example。com', 'example.com'],
    ['my_host-1.internal', 'my_host-1.internal'],
    ['localhost', 'localhost'],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ])('%j is %j', (text, host) => {
    expect(canonicalHost(text)).toBe(host);
  });

  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['an empty label', 'a..example'],
    ['a leading dot', '.example.com'],
    ['a leading hyphen', '-a.example'],
    ['a trailing hyphen', 'a-.example'],
    ['a label of 64', `${'a'.repeat(64)}.example`],
    ['254 characters', `${'a.'.repeat(124)}abcdef`],
    ['a path', 'example.com/x'],
    ['a backslash', 'example.com\\evil.example'],
    ['a query', 'example.com?x'],
    ['a fragment', 'example.com#x'],
    ['a user', 'user@example.com'],
    ['a port', 'example.com:443'],
    ['a space', 'exam ple.com'],
    ['a tab', 'exam\tple.com'],
    ['a line break', 'example.com\nhttp_access allow all'],
    ['a NUL', 'example.com\0'],
    ['a percent sign', 'ex%61mple.com'],
    ['a wildcard', '*.example.com'],
    ['an address', '10.0.0.1'],
    ['an address in other digits', '１０.0.0.1'],
    ['an address in hexadecimal', '0x7f.1'],
    ['an IPv6 address', '[::1]'],
  ])('%s is not a host', (_, text) => {
    expect(canonicalHost(text)).toBeUndefined();
  });
});

describe('looksLikeAddress', () => {
  test.each(['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0X7F.1', '0177.0.0.1', '127.0.0.1.', '::1', '[::1]'])(
    '%s does',
    (text) => {
      expect(looksLikeAddress(text)).toBe(true);
    },
  );

  test.each(['example.com', '1.example', '127.0.0.1.example', '0xample.com', 'deadbeef'])('%s does not', (text) => {
    expect(looksLikeAddress(text)).toBe(false);
  });
});
