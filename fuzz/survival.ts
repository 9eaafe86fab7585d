/**
 * Sends octets of all kinds to every port of the api-proxy, while its upstreams answer with others, and looks for what
 * throws where nobody catches it: that ends the process, and a run with it. What the octets mean is of no interest here.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import fc from 'fast-check';
import { startSidecar, type Sidecar } from '../containers/api-proxy/src/server.ts';
import type { SidecarConfig, SidecarRuledHost } from '../src/shared/sidecar-config.ts';
import { PROVIDER_TOOLS } from '../src/shared/provider-tools.ts';
import { PROVIDERS } from '../src/shared/providers.ts';
import { configured } from '../testing/sidecar/configured.ts';
import { createTestCa } from '../testing/tls.ts';
import { reaction } from './answers.ts';
import { fuzzCase } from './grammar.ts';
import { latin1 } from './octets.ts';
import { hello, NAMED_HOST, question, strangeRequest } from './strangers.ts';

/**
 * An address for each of two sidecars, so that a port that is free for UDP is free for TCP too. The second reads bodies,
 * and refuses most of these.
 */
const ADDRESSES = ['127.0.7.55', '127.0.7.56'];
/** Cases that are drawn, and sent, at a time. */
const BATCH = 200;
const AT_A_TIME = 32;
/** Milliseconds in which there may be an answer. */
const PATIENCE_MS = 150;
/** Octets that are shown of what was sent last before a crash. */
const SHOWN = 300;
/** All waits are short: most cases end by one. */
const LIMITS = {
  ...{ lingerMs: 50, connectRetryMs: 5, headTimeoutMs: 500, upstreamIdleMs: 800, handshakeMs: 500 },
  ...{ connectTimeoutMs: 500, checkIntervalMs: 100, tunnelIdleMs: 500 },
};
const TOKEN = 'registry-token-0123456789';
const RULES: SidecarRuledHost['rules'] = [
  { method: 'WEBSOCKET', path: '/socket', credential: 0, source: 'sockets' },
  ...(['GET', 'POST', 'PUT'] as const).map((method) => ({ method, path: '/**', credential: 0, source: 'all' })),
];

/** How octets are sent: in two parts, and with an end before the answer or none. */
const manner = fc.record({ cut: fc.nat(400), end: fc.constantFrom('wait', 'wait', 'end', 'destroy') });
type Manner = { readonly cut: number; readonly end: string };
type Case = { readonly to: string; readonly octets: string; readonly manner: Manner };

const to = (place: string, octets: fc.Arbitrary<string>): fc.Arbitrary<Case> =>
  fc.record({ to: fc.constant(place), octets, manner });

const cases: fc.Arbitrary<Case> = fc.oneof(
  ...PROVIDERS.map((provider) =>
    to(
      provider.id,
      fuzzCase(provider).map(({ octets }) => octets),
    ),
  ),
  ...['http', 'http', 'http', 'connect', 'host', 'host', 'host', 'host'].map((place) => to(place, strangeRequest)),
  ...['tls', 'direct'].map((place) => to(place, hello)),
  ...['dns', 'dns over TCP'].map((place) => to(place, question)),
  to('ssh', latin1(60)),
);

export interface SurvivalReport {
  readonly executions: number;
  /** What arrived at an upstream, or at Squid's place for programs that ask no proxy. */
  readonly upstream: number;
  /** Stack traces, each with what was sent last. */
  readonly findings: readonly string[];
}

/** Sends octets, and perhaps ends the connection before there can be an answer. */
function send(socket: Socket, octets: string, { cut, end }: Manner): void {
  socket.write(octets.slice(0, cut), 'latin1');
  setTimeout(() => {
    if (socket.destroyed || !socket.writable) return;
    socket.write(octets.slice(cut), 'latin1');
    if (end === 'end') socket.end();
    if (end === 'destroy') socket.destroy();
  }, 2);
}

const quiet = <T extends Socket>(socket: T): T => socket.on('error', () => undefined).on('data', () => undefined);

/** Squid's place and the upstreams' at once: tunnels lead to a TLS server that reacts, other requests get a reaction. */
async function startOutside(names: readonly string[], react: (request: string, socket: Socket) => void) {
  const ca = await createTestCa();
  const certificate = await ca.issue(names);
  const listening = async (server: Server): Promise<number> => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const reacts = (socket: Socket): void => {
    quiet(socket).on('data', (data: Buffer) => {
      react(data.toString('latin1'), socket);
    });
  };
  const upstream = createTlsServer({ ...certificate, ALPNProtocols: ['http/1.1'] }, reacts);
  upstream.on('tlsClientError', () => undefined);
  const upstreamPort = await listening(upstream);
  const proxy = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data: Buffer) => {
      if (!data.toString('latin1').startsWith('CONNECT ')) {
        reacts(socket);
        socket.emit('data', data);
        return;
      }
      const way = connect(upstreamPort, '127.0.0.1').on('error', () => undefined);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(way).pipe(socket);
      socket.on('close', () => way.destroy());
      way.on('close', () => socket.destroy());
    });
  });
  const proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
  return { ca, certificate, proxyUrl, close: () => [proxy, upstream].forEach((server) => server.close()) };
}

function configFor(
  { ca, certificate, proxyUrl }: Awaited<ReturnType<typeof startOutside>>,
  address: string,
): SidecarConfig {
  return {
    providers: Object.fromEntries(PROVIDERS.map(({ id }) => [id, configured(id, `real-credential-of-${id}`)])),
    ...{ proxyUrl, upstreamCa: ca.certPem, maxBodyBytes: 20_000 },
    hosts: [
      {
        ...{ name: NAMED_HOST, rules: RULES },
        credentials: [{ header: 'authorization', value: `Bearer ${TOKEN}`, secrets: [TOKEN] }],
      },
    ],
    tls: { key: certificate.key, chains: { [NAMED_HOST]: certificate.cert } },
    allowProviderTools: address === ADDRESSES[0] ? PROVIDER_TOOLS : [],
    transparent: { address, proxyUrl, deny: [], tlsPorts: [] },
    budget: { maxTokens: 1e12, maxCostUsd: 1e9 },
  };
}

interface Running {
  readonly address: string;
  readonly sidecar: Sidecar;
}

async function start(config: SidecarConfig, host: string): Promise<Running> {
  const sidecar = await startSidecar(config, {
    log: {
      request: (record) => void JSON.stringify(record),
      ...{ event: () => undefined, notice: () => undefined, isDebug: true, close: () => Promise.resolve() },
    },
    ...{ host, portOf: () => 0, hostPorts: { connect: 0, direct: 0 } },
    ...{ transparentPorts: { dns: 0, http: 0, ssh: 0, tls: 0 }, limits: LIMITS },
  });
  return { address: host, sidecar };
}

/** Sends a case to its port, and waits until there may have been an answer. */
async function run(
  { to: place, octets, manner: how }: Case,
  { address, sidecar }: Running,
  udp: UdpSocket,
  caPem: string,
) {
  const { transparentPorts, hostPorts } = sidecar;
  const ports: Record<string, number> = {
    ...{ ...sidecar.ports, ...transparentPorts, ...hostPorts },
    ...{ 'dns over TCP': transparentPorts!.dns, host: hostPorts!.connect },
  };
  if (place === 'dns') {
    udp.send(Buffer.from(octets, 'latin1'), ports[place], address);
    return;
  }
  const socket = quiet(connect(ports[place]!, address));
  if (place === 'host') {
    socket.write(`CONNECT ${NAMED_HOST}:443 HTTP/1.1\r\nhost: ${NAMED_HOST}:443\r\n\r\n`);
    await Promise.race([once(socket, 'data').catch(() => undefined), sleep(200)]);
    const secure = connectTls({ socket, servername: NAMED_HOST, ca: caPem }, () => {
      send(secure, octets, how);
    });
    quiet(secure);
  } else if (place === 'dns over TCP') {
    send(socket, String.fromCharCode(octets.length >> 8, octets.length & 0xff) + octets, how);
  } else {
    send(socket, octets, how);
  }
  await sleep(PATIENCE_MS);
  socket.destroy();
}

export interface SurvivalOptions {
  readonly seed: number;
  readonly milliseconds: number;
  readonly runs: number;
}

/** Takes over what nobody catches in this process, so nothing else may run in it. */
export async function survival({ seed, milliseconds, runs }: SurvivalOptions): Promise<SurvivalReport> {
  // A finding is only of use with the place where it was called from.
  Error.stackTraceLimit = 50;
  const findings = new Map<string, string>();
  const last: string[] = [];
  const note = (what: string, octets: string): void => {
    last.push(`${what}: ${JSON.stringify(octets.slice(0, SHOWN))}`);
    if (last.length > 2 * AT_A_TIME) last.shift();
  };
  for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(name, (error: unknown) => {
      const stack = error instanceof Error ? String(error.stack) : String(error);
      if (!findings.has(stack)) findings.set(stack, `${stack}\nafter\n${last.join('\n')}`);
    });
  }
  let [executions, upstream] = [0, 0];
  let reactions: ((request: string) => string)[] = [];
  const outside = await startOutside(
    [...PROVIDERS.map(({ defaultTarget }) => defaultTarget), NAMED_HOST],
    (request, socket) => {
      const octets = reactions[upstream++ % reactions.length]!(request);
      note('an answer', octets);
      send(socket, octets, { cut: octets.length >> 1, end: upstream % 3 === 0 ? 'end' : 'wait' });
    },
  );
  const sidecars = await Promise.all(ADDRESSES.map((address) => start(configFor(outside, address), address)));
  const udp = createSocket('udp4');
  const until = Date.now() + milliseconds;
  for (let batch = 0; executions < runs && Date.now() < until; batch++) {
    const sample = { seed: seed + batch, numRuns: BATCH };
    reactions = fc.sample(reaction, sample);
    const waiting = fc.sample(cases, sample).slice(0, runs - executions);
    const lane = async (): Promise<void> => {
      for (let one = waiting.shift(); one !== undefined && Date.now() < until; one = waiting.shift()) {
        executions++;
        note(one.to, one.octets);
        await run(one, sidecars[executions % sidecars.length]!, udp, outside.ca.certPem);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  }
  udp.close();
  await Promise.all(sidecars.map(({ sidecar }) => sidecar.close()));
  outside.close();
  return { executions, upstream, findings: [...findings.values()] };
}
