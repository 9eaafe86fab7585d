/** Hosts with TLS that programs in a sandbox try to reach, and what came out of it. */

import { createServer, type Server } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { expect } from 'vitest';
import type { RunAuthority } from '../../src/authority/authority.ts';
import { bridgeAddress } from '../../testing/engine/engine.ts';
import { startSandbox, type RunOptions } from '../../testing/engine/sandbox-run.ts';
import { listen } from '../../testing/listen.ts';
import { startGateway } from '../../testing/outside/outside.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';

/** An address in Squid's own network namespace. */
const NOWHERE = '127.0.0.80';
const RESOLVER = '127.0.0.53';

/** A certificate's chain, and its key. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What the certificates of an authority look like to a server. */
export const identityOf = ({ chains, key }: RunAuthority, host: string): Identity => ({ cert: chains[host]!, key });

export interface TrustRun {
  /** The hosts and paths of the requests that arrived: `named.example/curl`. */
  readonly requests: ReadonlySet<string>;
  /** The server names of all handshakes, those of clients that then refused the certificate included. */
  readonly hellos: readonly string[];
  readonly stdout: string;
  readonly warnings: readonly string[];
}

/** A server for `hosts`. A client sends a request only if it trusts the host's certificate. */
function serverFor(hosts: Readonly<Record<string, Identity>>, requests: Set<string>, hellos: string[]): Server {
  const contexts = new Map(Object.entries(hosts).map(([host, identity]) => [host, createSecureContext(identity)]));
  const SNICallback = (name: string, done: (error: Error | null, context?: SecureContext) => void): void => {
    hellos.push(name);
    done(null, contexts.get(name));
  };
  return createServer({ SNICallback }, ({ url = '', headers }, response) => {
    requests.add(`${headers.host ?? ''}/${url.split('/')[1]?.replace(/\?.*/, '') ?? ''}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"awf","dl":"https://x.example"}');
  });
}

/**
 * Runs a script in a sandbox in which `hosts` can be reached.
 *
 * @param script bash, or what the image's `sh` understands
 */
export async function trustRun(
  hosts: Readonly<Record<string, Identity>>,
  script: string,
  { options = {}, ...more }: Partial<RunOptions>,
): Promise<TrustRun> {
  const requests = new Set<string>();
  const hellos: string[] = [];
  const address = bridgeAddress();
  const server = await listen(serverFor(hosts, requests, hellos), address, 0);
  const run = startSandbox({
    ...{ credentials: {}, resolver: RESOLVER, files: {}, ...more },
    options: {
      'allow-domains': Object.keys(hosts).join('\n'),
      'add-hosts': Object.keys(hosts)
        .map((host) => `${host}:${NOWHERE}`)
        .join('\n'),
      ...options,
    },
    script: `echo waiting\nuntil [ -e ready ]; do sleep 0.05; done\n${script}`,
  });
  try {
    await untilSaid(run, 'waiting');
    const gateway = startGateway(run.containers().squid, run.images, `${address}:${server.port}`);
    await gateway.set({ port: 443, mode: 'open' });
    run.writeFile('ready', '');
    const { error } = await run.done;
    await gateway.stop();
    expect(error, run.stdout()).toBeUndefined();
    return { requests, hellos, stdout: run.stdout(), warnings: run.warnings };
  } finally {
    run.writeFile('ready', '');
    await run.done;
    await server.close();
    run.removeFiles();
  }
}
