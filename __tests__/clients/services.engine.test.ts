/** Services of the job and servers on the runner, as programs in the sandbox use them, and what stays closed. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { builtImageNames } from '../../src/docker/images.ts';
import { docker } from '../../testing/engine/engine.ts';
import { startSandbox } from '../../testing/engine/sandbox-run.ts';
import { imageWithTools } from '../../testing/engine/test-image.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { give, ordinaryUser } from '../../testing/runner/program.ts';
import { ROOT } from '../../testing/root.ts';

const images = builtImageNames(join(ROOT, 'dist'));
const NAME = `store-${randomBytes(4).toString('hex')}`;
const NETWORK = `github_network_${randomBytes(8).toString('hex')}`;
/** A port that belongs to a system's own servers, and one that does not. */
const [LOW, HIGH] = [389, 6379];

/** Two servers: one that echoes octets and closes when the client has ended its side, one that answers each line. */
const SERVER = `const net = require('net');
  net.createServer({ allowHalfOpen: true }, (s) => { let n = 0; s.on('error', () => {});
    s.on('data', (c) => { n += c.length; }); s.on('end', () => s.end('got ' + n)); }).listen(${String(LOW)});
  net.createServer((s) => { s.on('error', () => {}); s.on('data', (c) => s.write('+' + c)); }).listen(${String(HIGH)});
  net.createServer((s) => s.end('closed port')).listen(7000);`;

/** PostgreSQL's own programs, where Debian and Ubuntu have them. */
const POSTGRES = globSync('/usr/lib/postgresql/*/bin').at(-1);

let sections: Record<string, string>;
/** The same, in an image. */
let inImage: Record<string, string>;
let database: Database | undefined;
let http: HttpServer;
let other: Server;
let container = '';

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Asks over bash's own TCP, which knows nothing of proxies. */
const ask = (host: string, port: number): string =>
  `exec 3<> /dev/tcp/${host}/${String(port)} && echo PING >&3 && head -1 <&3`;

const SCRIPT = (page: number, closed: number, address: string): string =>
  sectionedScript({
    'by name': ask(NAME, HIGH),
    'at loopback': ask('127.0.0.1', HIGH),
    'half-close': `node -e "
      const s = require('net').connect({ port: ${String(LOW)}, host: '${NAME}', allowHalfOpen: true });
      s.pipe(process.stdout); s.end(Buffer.alloc(5000000));"`,
    'many at once': `for i in $(seq 100); do (${ask(NAME, HIGH)}) & done | grep -c +PING; wait`,
    'http by name of the runner': `curl -sS http://localhost:${String(page)}/`,
    psql: `psql -h 127.0.0.1 -p ${String(database?.port)} -U tester postgres -Atc 'select 6 * 7'`,
    NO_PROXY: 'echo "$NO_PROXY" "$JAVA_TOOL_OPTIONS"',
    'another port of the service': ask(NAME, 7000),
    'another port of the runner': ask('127.0.0.1', closed),
    'the service itself': `timeout 5 bash -c '${ask(address, HIGH)}'; echo "exit $?"`,
    'processes afterwards': 'sleep 0.5; ls /proc | grep -c "^[0-9]"; cat /proc/[0-9]*/comm | grep -c forward-servic',
    'own files': 'touch /tmp/awf-services/x; rm -f /tmp/awf-services/*; ls /tmp/awf-services | wc -l',
  });

/** A server of PostgreSQL on the runner. */
interface Database {
  readonly port: number;
  readonly stop: () => void;
}

/** @param bin the directory with its programs, which refuse to run as root */
function startDatabase(bin: string, port: number): Database {
  const user = ordinaryUser();
  const data = mkdtempSync(join(tmpdir(), 'awf-pg-'));
  give(data, user);
  const control = (program: string, ...words: string[]): void => {
    const [first = '', ...rest] = [...user.prefix, join(bin, program), '-D', join(data, 'db'), ...words];
    execFileSync(first, rest, { cwd: data, stdio: 'ignore' });
  };
  control('initdb', '--auth=trust', '--username=tester');
  control('pg_ctl', 'start', '-w', '-o', `-p ${String(port)} -k ${data} -c listen_addresses=127.0.0.1`);
  return {
    port,
    stop: () => {
      control('pg_ctl', 'stop', '-m', 'immediate');
      rmSync(data, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function sandboxed(script: string, options: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const run = startSandbox({
    ...{ options, script, credentials: {}, files: {} },
    resolver: '127.0.0.1',
    engine: new DockerEngine(() => undefined),
  });
  const { error } = await run.done;
  run.removeFiles();
  if (error !== undefined) throw error as Error;
  return sectionsOf(run.stdout());
}

beforeAll(async () => {
  http = createHttpServer((_, response) => response.end('page of the runner'));
  other = createServer((socket) => socket.end('closed port'));
  for (const server of [http, other]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  docker(['network', 'create', NETWORK]);
  const start = ['run', '--detach', '--rm', `--network=${NETWORK}`, `--network-alias=${NAME}`, '--user=0:0'];
  container = docker([...start, '--entrypoint=node', images['api-proxy'], '-e', SERVER]);
  const format = `--format={{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`;
  const address = docker(['inspect', format, container]);
  database = POSTGRES === undefined ? undefined : startDatabase(POSTGRES, await freePort());
  const onRunner = [portOf(http), ...(database === undefined ? [] : [database.port])];
  const services = [
    ...[LOW, HIGH].map((port) => `${NAME}:${String(port)}`),
    ...onRunner.map((port) => `localhost:${String(port)}`),
  ];
  const options = { 'allow-services': services.join('\n') };
  const script = SCRIPT(portOf(http), portOf(other), address);
  sections = await sandboxed(script, options);
  inImage = await sandboxed(script, { ...options, 'agent-image': imageWithTools('api-proxy') });
});
afterAll(() => {
  database?.stop();
  http.close();
  other.close();
  if (container !== '') docker(['rm', '--force', container]);
  docker(['network', 'rm', NETWORK]);
});

describe('a service', () => {
  test('is at its name and at 127.0.0.1', () => {
    expect([sections['by name'], sections['at loopback']]).toEqual(['+PING', '+PING']);
  });

  test('gets all octets, and answers after the client has ended its side', () => {
    expect(sections['half-close']).toBe('got 5000000');
  });

  test('has many connections at a time, and no process is left of them', () => {
    expect(sections['many at once']).toBe('100');
    expect(Number(sections['processes afterwards']?.split('\n')[1])).toBe(1);
  });

  test('on the runner answers programs that use proxies', () => {
    expect(sections['http by name of the runner']).toBe('page of the runner');
    expect(sections['NO_PROXY']).toMatch(new RegExp(`,${NAME} .*nonProxyHosts=\\S*\\|${NAME}`));
  });
});

test('a service is there in an image too', () => {
  const names = ['by name', 'at loopback', 'half-close', 'many at once'];
  expect(names.map((name) => inImage[name])).toEqual(['+PING', '+PING', 'got 5000000', '100']);
  expect(inImage['another port of the runner']).toContain('Connection refused');
});

test.skipIf(POSTGRES === undefined && process.env['CI'] === undefined)(
  'psql works with PostgreSQL on the runner',
  () => {
    expect(sections['psql']).toBe('42');
  },
);

describe('what nobody allowed stays closed', () => {
  test.each(['another port of the service', 'another port of the runner'])('%s', (name) => {
    expect(sections[name]).toContain('Connection refused');
  });

  test('the address of the service', () => {
    expect(sections['the service itself']).not.toContain('PING');
    expect(sections['the service itself']).toMatch(/exit (1|124)$/);
  });

  test('the sockets are not the command’s to remove', () => {
    expect(sections['own files']).toMatch(/\n[34]$/);
  });
});
