import { describe, expect, test } from 'vitest';
import { paintFor } from '../../src/log/paint.ts';
import { reachedGroup, refusalBlocks, refusedAnnotation } from '../../src/log/refusals.ts';
import { NO_NETWORK } from '../../src/config/network.ts';
import { egressReport } from '../../src/report/egress.ts';
import { NO_DOMAINS, type DomainTraffic } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE, type RunUsage } from '../../src/report/usage.ts';
import { aConfig, given, judged, type ConfigOverrides } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

const refused = (domain: string, requests: number, reason = 'not-listed') => judged(domain, requests, { reason });

function told(domains: Partial<DomainTraffic>, overrides: ConfigOverrides = {}, usage: Partial<RunUsage> = {}) {
  const config = aConfig({ secrets: given('ANTHROPIC_API_KEY'), ...overrides });
  const all = { ...NO_DOMAINS, ...domains };
  const presetsOf = (host: string): string[] => (host === 'packages.example' ? ['npm'] : []);
  const egress = egressReport(config, all, { ...NO_MODEL_USAGE, ...usage }, presetsOf);
  return { blocks: refusalBlocks(config, all, egress, paintFor(false)), annotation: refusedAnnotation(egress) };
}

describe('the end of a log', () => {
  test('nothing was refused: not a word', () => {
    expect(told({})).toEqual({ blocks: [], annotation: undefined });
  });

  test('has the lines to add: presets first, the unknown commented out', () => {
    const blocked = [
      refused('cdn.evil.example', 3),
      refused('packages.example', 1),
      refused('statsig.anthropic.com', 2),
    ];
    const { blocks, annotation } = told({ blocked });
    expect(blocks).toEqual([
      [
        '⛔ 2 domains were refused. If the command needs them, add to allow-domains:',
        '    npm                 # packages.example, 1 request',
        '    # cdn.evil.example  # 3 requests, unknown to AWF: look first',
        '  Side traffic of Claude Code, which works without: statsig.anthropic.com.',
      ],
    ]);
    expect(annotation?.title).toBe('AWF refused 2 domains');
    expect(annotation?.text).toMatch(/^cdn\.evil\.example, packages\.example\. /);
  });

  test('side traffic alone is no annotation', () => {
    const { blocks, annotation } = told({ blocked: [refused('statsig.anthropic.com', 2)] });
    expect(blocks).toHaveLength(1);
    expect(annotation).toBeUndefined();
  });

  test('the host of a provider without a key is not told as side traffic', () => {
    const { blocks } = told({ blocked: [refused('api.openai.com', 1)] });
    const text = "api.openai.com is OpenAI's own host. Do not allow it: set openai-api-key";
    expect(blocks.flat().join('\n')).toContain(text);
  });

  test('an address is not told like a name that could be allowed', () => {
    const { blocks } = told({ blocked: [refused('10.1.2.3', 2, 'address')] });
    const why = expect.stringMatching(/^ {2}10\.1\.2\.3: 2 requests; an address: use a name, with add-hosts/) as string;
    expect(blocks).toEqual([['⛔ 1 destination was refused.', why]]);
  });

  test('requests at named hosts, and names without an address', () => {
    const request = { host: 'api.example', option: 'host-rules', line: 'api.example POST /x', requests: 1 } as const;
    const { blocks } = told({ unresolvable: [judged('typo.example', 1)] }, {}, { refused: [request] });
    expect(blocks).toEqual([
      [
        '⛔ 1 request had no rule and got 403. If the command needs that, add to host-rules:',
        '    api.example POST /x',
      ],
      [
        '⚠ Allowed, but without an address: typo.example. Check the spelling, and the DNS of this machine. dns-servers names another server.',
      ],
    ]);
  });

  test('names on no list without an address, which an audit asks for', () => {
    const { blocks } = told({
      unresolvable: [judged('a.example', 1), judged('b.example', 1, { reason: 'not-listed' })],
    });
    expect(blocks.map(([line]) => line?.split('. ')[0])).toEqual([
      '⚠ Allowed, but without an address: a.example',
      '⚠ On no list, and without an address: b.example',
    ]);
  });

  test('what the network’s own proxy refused, with its status and what to do', () => {
    const upstreamProxy = {
      host: 'proxy.corp.example',
      port: 3128,
      isSecure: false,
      user: 'x',
      direct: [],
      origin: 'HTTPS_PROXY',
    };
    const unreachable = [
      judged('a.example', 2, { reason: 'upstream-proxy-407' }),
      judged('b.example', 1, { reason: 'upstream-proxy-403' }),
      judged('c.example', 1, { reason: 'no-connection' }),
    ];
    const { blocks } = told({ unreachable }, { network: { ...NO_NETWORK, upstreamProxy } });
    const why = "Why: the network's proxy answered";
    expect(blocks.flat()).toEqual([
      `⚠ Allowed, but not reached: a.example. ${why} 407: it does not accept the credential. Check the user name and the password in HTTPS_PROXY.`,
      `⚠ Allowed, but not reached: b.example. ${why} 403. Ask whoever runs the proxy of HTTPS_PROXY.`,
      '⚠ Allowed, but not reached: c.example. Why: nobody accepted a connection. Check the host, and the proxy of HTTPS_PROXY.',
    ]);
  });

  test('what nobody answered, and where to look if nothing answers', () => {
    const unreachable = [judged('a.example', 1, { reason: 'no-answer' })];
    const { blocks } = told({ unreachable, isCutOff: true });
    expect(blocks.flat()).toEqual([
      '⚠ Allowed, but not reached: a.example. Why: no answer came. Check the host.',
      expect.stringMatching(/^⚠ Nothing outside answered\. .*its containers have no way out/),
    ]);
  });

  test('hostile names stay few, on their lines, and without escape sequences', () => {
    const odd = Array.from({ length: 10_000 }, (_, at) => refused(`\u001b[2J\n::error::${String(at)}`, 1, 'odd-name'));
    const many = Array.from({ length: 5_000 }, (_, at) => refused(`x${String(at)}.evil${String(at)}.example`, 1));
    const lines = told({ blocked: [...odd, ...many] }).blocks.flat();
    expect(lines.length).toBeLessThan(60);
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f]/);
  });

  test('an audit says what is on no list', () => {
    const { blocks } = told(
      { audited: [refused('packages.example', 1)] },
      { egress: { ...allowing(''), mode: 'audit' } },
    );
    expect(blocks[0]?.[0]).toBe('⛔ 1 domain was on no list. With egress-policy: block, add to allow-domains:');
  });
});

test('what was reached', () => {
  const rule = { entry: 'a.example', from: 'allow-domains, line 1', preset: null };
  expect(reachedGroup(NO_DOMAINS)).toBeUndefined();
  expect(reachedGroup({ ...NO_DOMAINS, allowed: [judged('a.example', 22, { rule })] })).toEqual({
    title: 'reached 1 domain with 22 requests',
    lines: ['a.example  22 requests, by a.example (allow-domains, line 1)'],
  });
});

test('entries that nothing used, and presets of which nothing was used', () => {
  const ofPreset = (preset: string, entry: string) => ({ entry, from: 'allow-domains, line 2', preset });
  const unused = [
    { entry: 'b.example', from: '.github/awf.yml, line 4', preset: null },
    ...[ofPreset('npm', 'one.example'), ofPreset('go', 'two.example'), ofPreset('go', 'three.example')],
  ];
  const nothing = 'Nothing used b.example (.github/awf.yml, line 4), go (allow-domains, line 2)';
  const allowed = [judged('a.example', 1, { rule: ofPreset('npm', 'a.example') })];
  expect(reachedGroup({ ...NO_DOMAINS, allowed, unused })?.lines.at(-1)).toBe(`${nothing}.`);
  expect(reachedGroup({ ...NO_DOMAINS, unused })).toMatchObject({ title: 'reached no domain' });
  const many = Array.from({ length: 30 }, (_, at) => ({ entry: `e${String(at)}.example`, from: 'x', preset: null }));
  expect(reachedGroup({ ...NO_DOMAINS, unused: many })?.lines).toEqual([
    expect.stringMatching(/e19\.example \(x\), and 10 more\.$/),
  ]);
});
