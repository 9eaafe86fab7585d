import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import type { EgressRequest } from '../../src/report/requests.ts';
import type { ContainerSpec } from '../../src/docker/spec.ts';
import { startProviderServer, type ProviderServer } from '../../testing/provider/server.ts';
import { addBridgeAddress, docker } from '../../testing/engine/engine.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { listen, type Listening } from '../../testing/listen.ts';
import { startParentProxy, type ParentProxy } from '../../testing/outside/parent-proxy.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';

const KEY = 'sk-ant-api03-upstream-sentinel-0a1b2c3d';
/** Everything that a file of settings could stumble over. */
const LOGIN = { user: 'DOMAIN\\build user', password: `p@ss: w"or'd%20#\\é$x` };

/** Squid's DNS server is one that the test has. */
class ServerOf extends DockerEngine {
  readonly #address: string;

  constructor(address: string) {
    super(() => undefined);
    this.#address = address;
  }

  override create(spec: ContainerSpec): Promise<void> {
    return super.create(spec.name.startsWith('awf-squid') ? { ...spec, dns: [this.#address] } : spec);
  }
}

const SCRIPT = `
say() { echo "$1: $(shift; "$@" 2>&1 | tr '\\n' ' ')"; }
page() { curl -sS -k --max-time 60 -o /dev/null -w '%{http_connect} %{http_code}' "$1"; }
say tunnel curl -sS -k --max-time 60 https://allowed.example/tunnel
say plain curl -sS --max-time 60 http://allowed.example/plain
say forged curl -sS --max-time 60 --proxy-header 'Proxy-Authorization: Basic Zm9yZ2Vk' http://allowed.example/forged
say refused page https://refused.example/
say literal page https://10.1.2.3/
say pinned curl -sS -k --max-time 60 https://pinned.example/pinned
say direct page http://git.corp.example/
say unknown page http://unknown.example/
say cut curl -sS -k --max-time 60 https://unknown.example/
say model curl -sS --max-time 60 -o /dev/null -w '%{http_code}' -H 'content-type: application/json' -H "x-api-key: $ANTHROPIC_API_KEY" \\
  -H 'anthropic-version: 2023-06-01' -d '{"model":"claude-opus-4-5","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}' \\
  "$ANTHROPIC_BASE_URL/v1/messages"
env
echo all done
until [ -e go ]; do sleep 0.05; done
`;

let run: SandboxRun;
let parent: ParentProxy;
let provider: ProviderServer;
let web: Listening[] = [];
let dns: Socket;
/** The names that Squid looked up. */
const queries: string[] = [];
/** What arrived at the web server. */
const arrived: string[] = [];
let seen: { readonly inspected: string; readonly arguments: string; readonly logs: string };

const addresses: ReturnType<typeof addBridgeAddress>[] = [];

/** Another address of the host's, which the sandbox's proxy reaches. */
function address(): string {
  const added = addBridgeAddress();
  addresses.push(added);
  return added.address;
}

beforeAll(async () => {
  const ca = await createTestCa();
  const here = address();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    arrived.push(request.url ?? '');
    response.end(`from ${request.url ?? ''}\n`);
  };
  const plain = await listen(createHttpServer(answer), '127.0.0.1', 0);
  const issued = await ca.issue(['allowed.example', 'pinned.example']);
  const secure = await listen(createHttpsServer(issued, answer), '127.0.0.1', 0);
  const pinned = await listen(createHttpsServer(issued, answer), here, 443);
  web = [plain, secure, pinned];
  provider = await startProviderServer({ ca, keys: { anthropic: KEY } });
  parent = await startParentProxy({
    host: here,
    login: LOGIN,
    places: {
      'allowed.example:443': { host: '127.0.0.1', port: secure.port },
      'allowed.example:80': { host: '127.0.0.1', port: plain.port },
      'api.anthropic.com:443': { host: '127.0.0.1', port: provider.port },
    },
  });
  dns = createSocket('udp4', (message) => {
    // Each label follows its length (RFC 1035, section 4.1.2).
    queries.push([...message.toString('latin1', 12).matchAll(/[a-z][a-z0-9-]*/g)].join('.'));
  });
  dns.bind(53, here);
  await once(dns, 'listening');
  const login = [LOGIN.user, LOGIN.password].map(encodeURIComponent).join(':');
  run = startSandbox({
    options: {
      'allow-domains': 'allowed.example, unknown.example, corp.example, pinned.example',
      'add-hosts': `pinned.example:${here}`,
      'upstream-ca': 'ca.pem',
    },
    credentials: { ANTHROPIC_API_KEY: KEY },
    script: SCRIPT,
    resolver: here,
    files: { 'ca.pem': ca.certPem },
    engine: new ServerOf(here),
    hostVariables: { HTTPS_PROXY: `http://${login}@${here}:${parent.port}`, NO_PROXY: '10.0.0.0/8,.corp.example' },
    environment: { HTTPS_PROXY: `http://${login}@${here}:${parent.port}` },
  });
  await untilSaid(run, 'all done');
  const { squid, 'api-proxy': apiProxy, agent } = run.containers();
  const logs = run.logs()!;
  seen = {
    inspected: docker(['inspect', squid, apiProxy, agent]),
    arguments: readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => textOf(`/proc/${pid}/cmdline`))
      .join('\n'),
    logs: [logs.squid, logs.apiProxy]
      .flatMap((directory) => readdirSync(directory).map((name) => textOf(join(directory, name))))
      .join('\n'),
  };
  run.writeFile('go', '');
  const { error } = await run.done;
  if (error !== undefined) throw error as Error;
});

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

afterAll(async () => {
  run.removeFiles();
  dns.close();
  await parent.close();
  await provider.close();
  for (const server of web) await server.close();
  for (const { remove } of addresses) remove();
});

const said = (what: string): string | undefined => new RegExp(`^${what}: (.*?) *$`, 'm').exec(run.stdout())?.[1];
const asked = (target: string) => parent.asked.filter((one) => one.target === target);

describe('with a parent proxy that demands a password, and a DNS server that never answers', () => {
  test('a tunnel of the command reaches the host through it', () => {
    expect(said('tunnel')).toBe('from /tunnel');
    expect(asked('allowed.example:443')).toMatchObject([{ method: 'CONNECT', status: 200 }]);
  });

  test('a plain request of the command does too, and the parent gets the one credential', () => {
    expect([said('plain'), said('forged')]).toEqual(['from /plain', 'from /forged']);
    expect([...asked('http://allowed.example/plain'), ...asked('http://allowed.example/forged')]).toMatchObject([
      { method: 'GET', status: 200 },
      { method: 'GET', status: 200 },
    ]);
  });

  test('a request of the api-proxy does too, with the real key', () => {
    expect(said('model')).toBe('200');
    expect(provider.requests.map(({ credential }) => credential)).toEqual(['accepted']);
    expect(asked('api.anthropic.com:443').length).toBeGreaterThan(0);
  });

  test('what is not allowed never leaves Squid', () => {
    expect([said('refused'), said('literal')]).toEqual([
      expect.stringMatching(/403 000$/) as string,
      expect.stringMatching(/403 000$/) as string,
    ]);
    expect(parent.asked.filter(({ target }) => /refused|10\.1/.test(target))).toEqual([]);
  });

  test('a name with an address of the user’s is reached without the parent', () => {
    expect(said('pinned')).toBe('from /pinned');
    expect(parent.asked.filter(({ target }) => target.includes('pinned'))).toEqual([]);
  });

  test('the parent’s own refusal arrives', () => {
    expect(said('unknown')).toBe('000 403');
    expect(asked('http://unknown.example/')).toMatchObject([{ status: 403 }]);
  });

  test('the parent’s refusal of a tunnel is in the report, with its status; the command only sees that TLS was cut', () => {
    expect(said('cut')).toMatch(/^curl: \(35\)/);
    expect(asked('unknown.example:443')).toMatchObject([{ method: 'CONNECT', status: 403 }]);
    const requests = textOf(join(run.logs()!.squid, 'access.jsonl'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as EgressRequest)
      .filter(({ host, scheme }) => host.endsWith('.example') && scheme === 'https');
    expect(requests.filter(({ host }) => host === 'unknown.example')).toMatchObject([
      { verdict: 'unreachable', reason: 'upstream-proxy-403', status: 403, rule: { entry: 'unknown.example' } },
    ]);
    // Control: a tunnel that it opened is one request, and reached its host.
    expect(requests.filter(({ host }) => host === 'allowed.example')).toMatchObject([
      { verdict: 'allowed', status: 200 },
    ]);
  });

  // Squid also looks up the hosts of its tunnels, to measure the way there. Nothing waits for that.
  test('a name that NO_PROXY lists is looked up here, and a refused one nowhere', () => {
    expect(said('direct')).toBe('000 503');
    expect(queries.filter((name) => name.startsWith('git.corp.example')).length).toBeGreaterThan(0);
    expect(queries.filter((name) => name.startsWith('refused'))).toEqual([]);
    expect(parent.asked.filter(({ target }) => target.includes('corp'))).toEqual([]);
  });

  test('an entry of NO_PROXY that cannot be kept is a warning', () => {
    expect(run.warnings.filter((text) => text.startsWith('NO_PROXY'))).toEqual([
      expect.stringContaining('10.0.0.0/8 has no effect') as string,
    ]);
  });

  test('the password is in no argument, no setting of a container, no log, and not in the sandbox', () => {
    const { user, password } = LOGIN;
    const spellings = [password, encodeURIComponent(password), hex(password), base64(`${user}:${password}`)];
    for (const text of [seen.inspected, seen.arguments, seen.logs, run.stdout()]) {
      expect(spellings.filter((spelling) => text.includes(spelling))).toEqual([]);
    }
    // Control: the same texts have what they are expected to have.
    expect(seen.inspected).toContain('awf-squid');
    expect(seen.arguments).toContain('docker');
    expect(seen.logs).toContain('allowed.example');
    expect(run.stdout()).toContain('HTTPS_PROXY=http://172.');
  });
});

const hex = (text: string): string => Buffer.from(text).toString('hex').replace(/../g, '%$&');
const base64 = (text: string): string => Buffer.from(text).toString('base64');
