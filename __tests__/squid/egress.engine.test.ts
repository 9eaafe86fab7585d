import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { networkNames } from '../../src/shared/network.ts';
import { waitFor } from '../../testing/runner/action.ts';
import type { ProbeResult } from '../../testing/engine/agent-probe.ts';
import { docker } from '../../testing/engine/engine.ts';
import { NAMES, ODD_NAMES, PRIVATE_ADDRESSES, PUBLIC_ADDRESSES, ROWS } from './egress-rows.ts';
import { ALLOW_DOMAINS, PINNED, PROVIDER } from './egress-world.ts';
import { startOutside, type Outside } from '../../testing/outside/outside.ts';
import type { OutsideEvent } from '../../testing/outside/server.ts';
import { askSquid, probeProgram, startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import type { DomainTraffic } from '../../src/report/traffic.ts';
import { createTestCa } from '../../testing/tls.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';

/**
 * RFC 5737 reserves 198.51.100.0/24 for documentation. It belongs to nobody, and Squid does not count it as private.
 */
const RESOLVER = '198.51.100.53';
const KEY = 'sk-proj-egress-sentinel-0f1e2d3c';

/** Requests that are refused, and what the client reads: one line, and nothing else of Squid's. */
const PAGES: Readonly<Record<string, { readonly request: string; readonly says: string }>> = {
  'not listed': {
    request: 'GET http://refused.example/',
    says:
      'refused.example is not on the allow-list of this run. If the command needs it, its author can add this line to ' +
      'allow-domains: refused.example',
  },
  tunnel: {
    request: 'CONNECT refused.example:443',
    says:
      'refused.example is not on the allow-list of this run. If the command needs it, its author can add this line to ' +
      'allow-domains: refused.example',
  },
  'named host': {
    request: `GET http://${PROVIDER.name}/`,
    says: `${PROVIDER.name} is answered by the api-proxy, over HTTPS and under its own name only. Ask for https://${PROVIDER.name}.`,
  },
  'named host at another port': {
    request: `CONNECT ${PROVIDER.name}:8443`,
    says: `${PROVIDER.name} is answered by the api-proxy, over HTTPS and under its own name only.`,
  },
  port: {
    request: 'CONNECT allowed.example:22',
    says:
      'allowed.example is not on the allow-list of this run at port 22. If the command needs it, its author can add this ' +
      'line to allow-domains: https://allowed.example:22',
  },
  'port of HTTP': {
    request: 'GET http://allowed.example:8080/',
    says:
      'HTTP passes at port 80 only, and allowed.example was asked at port 8080. If HTTPS works there, this line in ' +
      'allow-domains allows it: https://allowed.example:8080',
  },
  address: {
    request: 'CONNECT 192.0.2.1:443',
    says:
      '192.0.2.1 is an address, and only names can be allowed. If the command needs it, its author can give it a name ' +
      'with this line in add-hosts, and add the name to allow-domains: NAME:192.0.2.1',
  },
  'IPv6 address': {
    request: 'CONNECT [2001:db8::1]:443',
    says: '[2001:db8::1] is an IPv6 address, and only names can be allowed, which are reached by IPv4.',
  },
  'odd name': {
    request: 'CONNECT a|b.allowed.example:443',
    says: 'a|b.allowed.example has a character that no name of a host has, so no line can allow it.',
  },
  'private address': {
    request: 'GET http://p0.private.example/',
    says:
      "p0.private.example leads to an address that is private or the host's own. If that is meant, its author can allow " +
      'the one address with this line in add-hosts: p0.private.example:ADDRESS',
  },
  'no address': {
    request: 'GET http://private.example/',
    says:
      'private.example is allowed, but its name has no address. If the spelling is right, its author can give it one with ' +
      'this line in add-hosts: private.example:ADDRESS',
  },
  'anything else': { request: 'GET nonsense', says: 'The firewall could not do this for' },
};

const SCRIPT = `
squid=\${https_proxy#http://}
exec 3<> "/dev/tcp/\${squid%:*}/\${squid#*:}"
printf 'CONNECT ${PINNED.name}:443 HTTP/1.1\\r\\n\\r\\n' >&3
read -r status <&3
echo "first tunnel: $status"
exec 3>&-
until [ -e go ]; do sleep 0.05; done
page() {
  exec 4<> "/dev/tcp/\${squid%:*}/\${squid#*:}"
  printf '%s HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' "$1" >&4
  tr -d '\\r' <&4 | sed -n '/^Content-Type: /p; 1,/^$/!p'
}
node probe.mjs probes.json
${Object.entries(PAGES)
  .map(([id, { request }]) => `echo "page ${id}: $(page '${request}')"`)
  .join('\n')}
node -e '
  fetch(process.env.OPENAI_BASE_URL + "/chat/completions", { method: "POST", body: "{}", headers: { "content-type": "application/json" } })
    .then(({ status }) => console.log(JSON.stringify({ id: "sidecar", statuses: [status] })));
'
`;

let run: SandboxRun;
let outside: Outside;
let domains: DomainTraffic | undefined;
let results: Map<string, ProbeResult>;
let events: readonly OutsideEvent[];
/** The addresses that a direct connection from Squid's network namespace reached. */
let reachable: string[];
/** The first line of the answer to CONNECT, by client and destination. */
const asked: Record<string, string | undefined> = {};

beforeAll(async () => {
  const ca = await createTestCa();
  run = startSandbox({
    options: {
      'allow-domains': ALLOW_DOMAINS,
      'add-hosts': [PINNED, PROVIDER].map(({ name, address }) => `${name}:${address}`).join('\n'),
      'upstream-ca': 'ca.pem',
    },
    credentials: { OPENAI_API_KEY: KEY },
    script: SCRIPT,
    resolver: RESOLVER,
    files: {
      'ca.pem': ca.certPem,
      'probe.mjs': probeProgram(),
      'probes.json': JSON.stringify(ROWS.map(({ probe }) => probe)),
    },
  });
  const ended = run.done.then(({ error, traffic }) => {
    if (error !== undefined) throw error as Error;
    domains = traffic.domains;
  });
  await untilSaid(run, 'first tunnel');

  const { squid, 'api-proxy': apiProxy } = run.containers();
  const { internal } = networkNames(run.runId);
  const world = { ...(await ca.issue([PROVIDER.name, 'outside.example'])), resolver: RESOLVER, names: NAMES };
  const addresses = [...PUBLIC_ADDRESSES, ...PRIVATE_ADDRESSES, PINNED.address, PROVIDER.address];
  outside = await startOutside(squid, run.images, { ...world, pointer: 'allowed.example' }, addresses);
  const reach = 'for a; do (: > /dev/tcp/$a/443) 2> /dev/null && echo $a; done';
  reachable = docker(['exec', squid, 'bash', '-c', reach, '-', ...addresses]).split('\n');

  const address = docker(['inspect', `--format={{(index .NetworkSettings.Networks "${internal}").IPAddress}}`, squid]);
  const ask = (from: string, ...authorities: string[]): string[] => askSquid(run.images, from, address, authorities);
  [asked['stranger, allowed']] = ask(internal, `${PINNED.name}:443`);
  [asked['api-proxy, allowed'], asked['api-proxy, target'], asked['api-proxy, another port']] = ask(
    `container:${apiProxy}`,
    ...[`${PINNED.name}:443`, `${PROVIDER.name}:443`, `${PROVIDER.name}:8443`],
  );
  const { events: soFar } = outside;
  await waitFor('the control', () => soFar.filter(({ kind }) => kind === 'connection').length >= addresses.length);
  const before = soFar.length;

  run.writeFile('go', '');
  await ended;
  await outside.stop();
  events = outside.events.slice(before);
  const lines = run.stdout().split('\n');
  const parsed = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ProbeResult);
  results = new Map(parsed.map((result) => [result.id, result]));
});
afterAll(async () => {
  await outside.stop();
  run.removeFiles();
});

const reached = (): Set<string> =>
  new Set(events.flatMap((event) => (event.kind === 'connection' ? [event.address] : [])));

describe('what Squid lets through', () => {
  test('control: the listener hears every address in the rows if nothing is in between', () => {
    expect(new Set(reachable)).toEqual(
      new Set([...PUBLIC_ADDRESSES, ...PRIVATE_ADDRESSES, PINNED.address, PROVIDER.address]),
    );
  });

  test('answers the very first tunnel', () => {
    expect(run.stdout()).toContain('first tunnel: HTTP/1.1 200');
  });

  test.each(ROWS)('$probe.id', ({ probe, statuses, tunnel, error, upstream, untouched }) => {
    const { id } = probe;
    expect(results.get(id)).toEqual({ id, statuses, ...(tunnel && { tunnel }), ...(error !== undefined && { error }) });
    if (upstream !== undefined) expect(reached()).toContain(upstream);
    for (const address of untouched ?? []) expect(reached()).not.toContain(address);
  });

  test.each(Object.entries(PAGES))('says in one line why: %s', (id, { says }) => {
    const [, page] = new RegExp(`\\npage ${id}: ([^]*?)(?=\\npage |\\n{|$)`).exec(run.stdout()) ?? [];
    expect(page?.trim().split('\n')).toEqual(['Content-Type: text/plain;charset=utf-8', expect.stringContaining(says)]);
    expect(run.stdout()).not.toMatch(/<html|squid-cache/i);
  });

  test('X12, X13, X14, X19 reaches only the addresses of the rows that may pass', () => {
    const permitted = ROWS.flatMap(({ upstream }) => upstream ?? []);
    expect([...reached()].filter((address) => ![...permitted, PROVIDER.address].includes(address))).toEqual([]);
  });

  test('X15 reaches a provider through the sidecar, with the real key', () => {
    expect(results.get('sidecar')?.statuses).toEqual([200]);
    const requests = events.flatMap((event) =>
      event.kind === 'request' && event.serverName === PROVIDER.name ? event : [],
    );
    expect(requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/v1/chat/completions', `Bearer ${KEY}`],
    ]);
  });

  test('X18 asks the resolver only for allowed names, and for no address', () => {
    const queries = new Set(events.flatMap((event) => (event.kind === 'query' ? event.name : [])));
    expect(queries).toContain('allowed.example');
    expect(
      [...queries].filter(
        (name) => !/(^|\.)(allowed|wild|tls-only|plain-only|private)\.example$|^platform\.openai\.com$/.test(name),
      ),
    ).toEqual([]);
    expect(queries).not.toContain('wild.example');
    expect(events.filter((event) => event.kind === 'query' && ![1, 28].includes(event.type))).toEqual([]);
  });

  test('L1 the report knows every request by the name that Squid judged', () => {
    expect(domains?.unreadableLines).toBe(0);
    const names = (list: DomainTraffic['allowed'] = []): string[] => list.map(({ domain }) => domain);
    expect(names(domains?.blocked)).toEqual(expect.arrayContaining(Object.values(ODD_NAMES)));
    expect(names(domains?.allowed).filter((name) => !/^[a-z0-9._-]+$/.test(name))).toEqual([]);
    expect(names(domains?.allowed)).toEqual(
      expect.arrayContaining(['allowed.example', '_x24-1.allowed.example', 'any.wild.example', PINNED.name]),
    );
  });

  test('X20 sends upstream the host of the request target, not the client’s Host', () => {
    const hosts = events.flatMap((event) =>
      event.kind === 'request' && event.url.startsWith('/x20') ? event.headers.host : [],
    );
    expect(new Set(hosts)).toEqual(new Set(['allowed.example']));
  });

  test('decides by client', () => {
    expect(asked).toEqual({
      'stranger, allowed': expect.stringContaining(' 403 ') as string,
      'api-proxy, allowed': expect.stringContaining(' 403 ') as string,
      'api-proxy, another port': expect.stringContaining(' 403 ') as string,
      'api-proxy, target': expect.stringContaining(' 200 ') as string,
    });
  });
});
