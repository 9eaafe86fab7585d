import { describe, expect, test } from 'vitest';
import { allowProposal, isAllowable } from '../../src/report/allow-proposal.ts';
import type { JudgedDomain } from '../../src/report/traffic.ts';
import { judged } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

const { allow } = allowing('mine.example\n*.also.example');
const presetsOf = (host: string): string[] => (host.endsWith('.things.example') ? ['things'] : []);
const refused = (domain: string, detail: Partial<JudgedDomain> = {}) =>
  judged(domain, 1, { reason: 'not-listed', ...detail });

const propose = (...blocked: readonly JudgedDomain[]) => allowProposal(allow, blocked.filter(isAllowable), presetsOf);
const linesFor = (...blocked: readonly JudgedDomain[]) => propose(...blocked)?.lines.slice(allow.length);

test('keeps the entries that are there, and names a preset once', () => {
  expect(propose(refused('a.things.example'), refused('b.things.example'))).toEqual({
    ...{ lines: ['mine.example', '*.also.example', 'things'], unknown: 0, leftOut: 0, added: ['things'] },
    covered: new Map(['a', 'b'].map((name) => [`${name}.things.example`, 'things'])),
  });
});

test('keeps the entries for internationalised names, in the form that every program reads alike', () => {
  const { allow: own } = allowing('bücher.example\nhttps://*.müller.example:8443\n=größe.example');
  expect(allowProposal(own, [refused('a.example')], presetsOf)?.lines).toEqual([
    ...['xn--bcher-kva.example', 'https://*.xn--mller-kva.example:8443', '=xn--gre-6ka8i.example', '# a.example'],
  ]);
});

describe('a name that no preset covers', () => {
  test('is a comment, so that pasting it allows nothing', () => {
    expect(propose(refused('evil.example'))).toMatchObject({ unknown: 1 });
    expect(linesFor(refused('evil.example'))).toEqual(['# evil.example']);
  });

  test('is folded with at least two others of its domain, but never below a public suffix', () => {
    const three = ['a', 'b', 'c'];
    expect(linesFor(...three.map((name) => refused(`${name}.cdn.example.com`)))).toEqual(['# example.com']);
    expect(linesFor(refused('a.example.com'), refused('b.example.com'))).toEqual([
      '# a.example.com',
      '# b.example.com',
    ]);
    const strangers = three.map((name) => `${name}.github.io`);
    expect(linesFor(...strangers.map((name) => refused(name)))).toEqual(strangers.map((name) => `# ${name}`));
    const above = three.map((name) => `${name}.amazonaws.com`);
    expect(linesFor(...above.map((name) => refused(name)))).toEqual(above.map((name) => `# ${name}`));
  });

  test('stands for itself alone if it is or has a public suffix', () => {
    const lines = linesFor(refused('github.io'), refused('amazonaws.com', { port: 8443, reason: 'port' })) ?? [];
    expect(lines).toEqual(['# =github.io', '# https://=amazonaws.com:8443']);
    expect(() => allowing(lines.map((line) => line.slice(2)).join('\n'))).not.toThrow();
  });

  test('has a line of its own for each unusual port', () => {
    const ports = [443, 8443, 9443].map((port) => refused('a.example', { port, reason: 'port' }));
    expect(linesFor(...ports)).toEqual(['# a.example', '# https://a.example:8443', '# https://a.example:9443']);
  });

  test('keeps its port', () => {
    expect(linesFor(refused('a.example', { port: 8443, reason: 'port' }))).toEqual(['# https://a.example:8443']);
  });
});

test('a preset is proposed for the port that it allows', () => {
  const ofPort = (host: string, port: number): string[] => (host === 'a.example' && port === 8443 ? ['own'] : []);
  const wanted = [refused('a.example', { port: 8443, reason: 'port' })];
  expect(allowProposal([], wanted, ofPort)?.lines).toEqual(['own']);
  expect(allowProposal([], [refused('a.example', { port: 80 })], ofPort)?.lines).toEqual(['# a.example']);
});

test.each<[string, JudgedDomain]>([
  ['a denied name', refused('a.example', { reason: 'denied' })],
  ['a private destination', refused('a.example', { reason: 'private-address' })],
  ['an address', refused('192.0.2.7', { reason: 'port' })],
  ['HTTP at another port', refused('a.example', { reason: 'http-port', port: 8080 })],
  ['a name that could end the block', refused('a.example\n```')],
  ['a name without a dot', refused('npm')],
  ['a name that a list should not have unread', refused('a_b.example')],
])('proposes nothing for %s', (_, one) => {
  expect(propose(one)).toBeUndefined();
});

test('has at most 50 new lines, and counts the others', () => {
  const many = Array.from({ length: 80 }, (_, index) => refused(`host.n${String(index)}.example`));
  expect(propose(...many)).toMatchObject({ unknown: 50, leftOut: 30 });
});
