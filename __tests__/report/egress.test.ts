import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { egressReport, writePolicy } from '../../src/report/egress.ts';
import { NO_DOMAINS } from '../../src/report/traffic.ts';
import { NO_MODEL_USAGE } from '../../src/report/usage.ts';
import { aConfig, given, judged, temporaryDirectory } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

const config = aConfig({
  secrets: given('GEMINI_API_KEY'),
  egress: allowing('mine.example'),
  knownBlocked: [
    { host: 'known.example', match: 'domain' },
    { host: '10.0.0.1', match: 'host' },
  ],
});
const blocked = ['evil.example', 'x.known.example', '10.0.0.1', 'play.googleapis.com'].map((domain) =>
  judged(domain, 1, { reason: 'not-listed' }),
);
const request = { host: 'api.example', option: 'host-rules', line: 'api.example POST /x', requests: 1 } as const;
const usage = {
  ...NO_MODEL_USAGE,
  refused: [request, { ...request, host: 'known.example', line: 'known.example GET /' }],
};

describe('what nobody expected', () => {
  test('leaves out known-blocked and the side traffic of agent programs', () => {
    const { unexpected, proposal } = egressReport(config, { ...NO_DOMAINS, blocked }, usage, () => []);
    expect(unexpected).toEqual(['evil.example', 'api.example POST /x']);
    expect(proposal?.lines).toEqual(['mine.example', '# evil.example']);
  });

  test('has what looks like side traffic, if the program has no key here', () => {
    const { unexpected } = egressReport({ ...config, providers: [] }, { ...NO_DOMAINS, blocked }, usage, () => []);
    expect(unexpected).toContain('play.googleapis.com');
  });

  test('is nothing in an audit that refused nothing', () => {
    const audited = [judged('evil.example', 1, { reason: 'not-listed' })];
    const report = egressReport(config, { ...NO_DOMAINS, audited }, undefined, () => []);
    expect(report.unexpected).toEqual([]);
    expect(report.proposal?.unknown).toBe(1);
  });
});

test('policy.json has the entries, what they did, and the list', () => {
  const squid = temporaryDirectory();
  const domains = { ...NO_DOMAINS, blocked };
  writePolicy(
    { squid },
    config,
    domains,
    egressReport(config, domains, undefined, () => []),
  );
  expect(JSON.parse(readFileSync(join(squid, 'policy.json'), 'utf8'))).toMatchObject({
    ...{ version: 1, mode: 'block', deny: [] },
    allow: [{ entry: 'mine.example', from: 'allow-domains, line 1', preset: null }],
    refused: blocked.map(({ domain }) => ({ domain, requests: 1, rule: null, reason: 'not-listed', port: 443 })),
    proposal: { allowDomains: ['mine.example', '# evil.example'], leftOut: 0 },
  });
});
