/**
 * A whole run with named hosts, and an upstream of the test's behind Squid. What the test sends to one of its ports leaves
 * from the agent's container.
 */

import { once } from 'node:events';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createAuthority, type RunAuthority } from '../../src/authority/authority.ts';
import { API_PROXY_LOG_FILE } from '../../src/shared/contract.ts';
import { HOST_PORTS } from '../../src/shared/network.ts';
import type { RequestRecord } from '../../src/shared/request-record.ts';
import { startGateway } from '../outside/outside.ts';
import { relayTo } from '../outside/relay.ts';
import { waitFor } from '../runner/action.ts';
import { untilSaid } from '../runner/run-entry.ts';
import { openConnect } from '../sidecar/tunnel-client.ts';
import { startTestUpstream, type TestUpstream } from '../sidecar/upstream.ts';
import { createTestCa, type TestCa } from '../tls.ts';
import { bridgeAddress } from './engine.ts';
import { relayProgram, startSandbox, type SandboxRun } from './sandbox-run.ts';

/** An address in Squid's own network namespace. Nothing sent to it leaves the namespace. */
export const NOWHERE = '127.0.0.80';
/** The message of a handshake that did not come to its end. */
export const CUT = 'The tunnel was cut.';
const RESOLVER = '127.0.0.53';

export interface NamedWorldSetup {
  /** All names that lead to the upstream, which has a certificate for them. */
  readonly hosts: readonly string[];
  /** Those that the run names. */
  readonly named: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  readonly credentials?: Readonly<Record<string, string>>;
  /** The caller's variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface NamedWorld {
  readonly run: SandboxRun;
  /** The upstream's. */
  readonly ca: TestCa;
  readonly authority: RunAuthority;
  readonly upstream: TestUpstream;
  /** Loopback ports that lead through the agent's container to Squid and to the api-proxy's two ports for named hosts. */
  readonly ports: Readonly<Record<'squid' | 'connect' | 'direct', number>>;
  /** Runs a bash script as the command. @returns what it printed */
  readonly command: (script: string) => Promise<string>;
  /** Opens TLS in a tunnel through Squid, whoever's certificate comes. @throws Error if either is refused */
  readonly open: (target: string, options?: ConnectionOptions) => Promise<TLSSocket>;
  /** What the api-proxy has logged of requests. */
  readonly records: () => RequestRecord[];
  readonly stop: () => Promise<void>;
}

const SCRIPT = `ulimit -n "$(ulimit -Hn)"
node relay.mjs "$PWD/squid.sock" "\${https_proxy#http://}" \
  "$PWD/connect.sock" "$AWF_API_PROXY_IP:${HOST_PORTS.connect}" "$PWD/direct.sock" "$AWF_API_PROXY_IP:${HOST_PORTS.direct}" &
job=1
until [ -e done ]; do
  if [ -e job-$job.sh ]; then
    bash job-$job.sh > job-$job.part 2>&1 || :
    mv job-$job.part job-$job.out
    job=$((job + 1))
  else
    sleep 0.02
  fi
done
`;

/** Runs scripts one after the other. */
function commander(run: SandboxRun): NamedWorld['command'] {
  let jobs = 0;
  return async (script) => {
    const at = (end: string): string => join(run.workspace, `job-${jobs}.${end}`);
    jobs++;
    run.writeFile(`job-${jobs}.new`, script);
    renameSync(at('new'), at('sh'));
    const output = at('out');
    await waitFor(`the end of ${script}`, () => existsSync(output), 60_000);
    return readFileSync(output, 'utf8');
  };
}

async function tlsIn(port: number, target: string, options: ConnectionOptions): Promise<TLSSocket> {
  const { status, socket } = await openConnect(port, target.includes(':') ? target : `${target}:443`);
  if (status !== 200) {
    socket.destroy();
    throw new Error(`CONNECT was answered ${status}`);
  }
  const secure = connectTls({ socket, servername: target.replace(/:.*/, ''), rejectUnauthorized: false, ...options });
  try {
    await once(secure, 'secureConnect');
  } catch (cause) {
    throw new Error(CUT, { cause });
  }
  return secure.on('error', () => undefined);
}

export async function startNamedWorld(setup: NamedWorldSetup): Promise<NamedWorld> {
  const ca = await createTestCa();
  const address = bridgeAddress();
  const upstream = await startTestUpstream(ca, setup.hosts, { address });
  const authority = createAuthority(setup.named);
  const run = startSandbox({
    options: {
      'add-hosts': setup.hosts.map((host) => `${host}:${NOWHERE}`).join('\n'),
      'upstream-ca': 'ca.pem',
      ...setup.options,
    },
    credentials: setup.credentials ?? {},
    environment: setup.environment ?? {},
    script: SCRIPT,
    resolver: RESOLVER,
    files: { 'ca.pem': ca.certPem, 'relay.mjs': relayProgram() },
    authority,
  });
  await untilSaid(run, 'relaying');
  const gateway = startGateway(run.containers().squid, run.images, `${address}:${upstream.port}`);
  for (const port of [443, 80]) await gateway.set({ port, mode: 'open' });
  const relays = new Map<string, Server>();
  for (const name of ['squid', 'connect', 'direct']) {
    const relay = relayTo(join(run.workspace, `${name}.sock`)).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    relays.set(name, relay);
  }
  const portOf = (name: string): number => (relays.get(name)!.address() as AddressInfo).port;
  const ports = { squid: portOf('squid'), connect: portOf('connect'), direct: portOf('direct') };
  return {
    ...{ run, ca, authority, upstream, ports, command: commander(run) },
    open: (target, options = {}) => tlsIn(ports.squid, target, options),
    records: () =>
      readFileSync(join(run.logs()!.apiProxy, API_PROXY_LOG_FILE), 'utf8')
        .split('\n')
        .flatMap((line) => (line.startsWith('{"event":"request"') ? [JSON.parse(line) as RequestRecord] : [])),
    stop: async () => {
      run.writeFile('done', '');
      await run.done;
      await gateway.stop();
      for (const relay of relays.values()) relay.close();
      await upstream.close();
      run.removeFiles();
    },
  };
}
