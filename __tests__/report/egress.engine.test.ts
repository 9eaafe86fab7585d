import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EgressRequest } from '../../src/report/requests.ts';
import type { RunResult } from '../../src/run/report.ts';
import { addBridgeAddress } from '../../testing/engine/engine.ts';
import { startSandbox } from '../../testing/engine/sandbox-run.ts';
import { ROOT } from '../../testing/root.ts';

const NAMES = ['listed.example', 'other.example', 'denied.example'];
const ask = (url: string): string => `echo "${url} $(curl -s -o /dev/null -w '%{http_code}' "${url}")"`;
const SCRIPT = [...NAMES.map((name) => `http://${name}/`), 'http://10.9.9.9/', 'http://other.example:8080/']
  .map(ask)
  .join('\n');

const SCHEMA = JSON.parse(readFileSync(join(ROOT, 'schema', 'access.schema.json'), 'utf8')) as {
  required: string[];
  properties: Record<string, { enum?: unknown[]; anyOf?: { enum?: unknown[] }[] }>;
};

let bridge: ReturnType<typeof addBridgeAddress>;
let servers: Server[];
beforeAll(async () => {
  bridge = addBridgeAddress();
  servers = [80, 8080].map((port) => createServer((_, response) => response.end('here')).listen(port, bridge.address));
  await Promise.all(servers.map((server) => once(server, 'listening')));
});
afterAll(() => {
  for (const server of servers) server.close();
  bridge.remove();
});

interface Seen {
  readonly result: RunResult;
  readonly statuses: Readonly<Record<string, string>>;
  readonly requests: readonly EgressRequest[];
  readonly policy: { readonly mode: string; readonly proposal: { allowDomains: string[] } | null };
}

async function runWith(options: Readonly<Record<string, string>>): Promise<Seen> {
  const run = startSandbox({
    options: {
      ...{ 'allow-domains': 'listed.example\nidle.example', 'deny-domains': 'denied.example' },
      'add-hosts': NAMES.map((name) => `${name}:${bridge.address}`).join('\n'),
      ...options,
    },
    ...{ credentials: {}, script: SCRIPT, resolver: '198.51.100.53', files: {} },
  });
  const result = await run.done;
  if (result.error !== undefined) throw result.error as Error;
  const squid = result.logs?.squid ?? '';
  const requests = readFileSync(join(squid, 'access.jsonl'), 'utf8').trimEnd().split('\n');
  const seen = {
    result,
    statuses: Object.fromEntries(
      run
        .stdout()
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    ),
    requests: requests.map((line) => JSON.parse(line) as EgressRequest),
    policy: JSON.parse(readFileSync(join(squid, 'policy.json'), 'utf8')) as Seen['policy'],
  };
  run.removeFiles();
  return seen;
}

const told = ({ requests }: Seen) =>
  requests.map(({ host, port, verdict, reason, rule }) => [
    `${host}:${String(port)}`,
    verdict,
    reason,
    rule?.entry ?? null,
  ]);

describe('an audit', () => {
  let seen: Seen;
  beforeAll(async () => {
    seen = await runWith({ 'egress-policy': 'audit' });
  });

  test('lets pass what a list would refuse, except for what is denied or private', () => {
    expect(seen.statuses).toEqual({
      'http://listed.example/': '200',
      'http://other.example/': '200',
      'http://denied.example/': '403',
      'http://10.9.9.9/': '403',
      'http://other.example:8080/': '200',
    });
  });

  test('tells each request with its verdict and the entry that decides', () => {
    expect(told(seen)).toEqual([
      ['listed.example:80', 'allowed', null, 'listed.example'],
      ['other.example:80', 'audited', 'not-listed', null],
      ['denied.example:80', 'refused', 'denied', 'denied.example'],
      ['10.9.9.9:80', 'refused', 'private-address', null],
      ['other.example:8080', 'audited', 'http-port', null],
    ]);
  });

  test('proposes a list, and is a success', () => {
    expect(seen.result).toMatchObject({ outcome: 'success', exitCode: 0 });
    expect(seen.policy).toMatchObject({
      mode: 'audit',
      unused: [{ entry: 'idle.example', from: 'allow-domains, line 2' }],
      proposal: { allowDomains: ['listed.example', 'idle.example', '# other.example'] },
    });
  });

  test('writes records as the schema has them', () => {
    for (const request of seen.requests) {
      expect(Object.keys(request).toSorted()).toEqual(SCHEMA.required.toSorted());
      for (const [name, value] of Object.entries(request)) {
        const { anyOf = [], enum: values = anyOf[0]?.enum } = SCHEMA.properties[name] ?? {};
        if (values !== undefined) expect(values).toContain(value);
      }
    }
  });
});

describe('fail-on-blocked', () => {
  test('fails a run whose command succeeded', async () => {
    const seen = await runWith({ 'fail-on-blocked': 'true' });
    expect(seen.result).toMatchObject({ outcome: 'blocked', exitCode: 1 });
    expect(seen.result.egress?.unexpected).toEqual(['other.example', '10.9.9.9', 'denied.example']);
    expect(seen.statuses['http://other.example/']).toBe('403');
  });

  test('does not count what is known', async () => {
    const { result } = await runWith({ 'fail-on-blocked': 'true', 'known-blocked': '*.example, 10.9.9.9' });
    expect(result).toMatchObject({ outcome: 'success', exitCode: 0 });
  });
});
