/**
 * One sandbox in which each build tool works twice: with a registry on the allow-list, and with one that is not on it.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '../../src/run/report.ts';
import { bridgeAddress } from '../engine/engine.ts';
import { startGateway } from '../outside/outside.ts';
import { give, ordinaryUser } from '../runner/program.ts';
import { startSandbox } from '../engine/sandbox-run.ts';
import { createTestCa } from '../tls.ts';
import type { BuildTool } from './build-tool.ts';
import { startRegistries } from './server.ts';
import { untilSaid } from '../runner/run-entry.ts';

/** An address in Squid's own network namespace, as in `provider-world.ts`. */
const NOWHERE = '127.0.0.80';
const RESOLVER = '127.0.0.53';

export const allowedHost = ({ name }: BuildTool): string => `${name}.registry.example`;
export const refusedHost = ({ name }: BuildTool): string => `${name}.refused.example`;

/** The result of a tool's work. */
export interface Work {
  readonly code: number;
  readonly output: string;
}

export interface PackageWorld {
  readonly allowed: ReadonlyMap<BuildTool, Work>;
  readonly refused: ReadonlyMap<BuildTool, Work>;
  readonly result: RunResult;
  /** What the script printed. */
  readonly stdout: string;
  /** `METHOD host/path` of every request that reached the registries. */
  readonly requests: readonly string[];
}

/** Runs in the agent. The CA variables are those that each tool documents. No setting is about a proxy. */
const SCRIPT = (node: string): string => `
export CA=$PWD/ca.pem NODE='${node}'
for name in SSL_CERT_FILE NODE_EXTRA_CA_CERTS PIP_CERT GIT_SSL_CAINFO CARGO_HTTP_CAINFO CURL_CA_BUNDLE; do
  export $name="$CA"
done
touch ~/mounts/beside ~/mounts/deep/beside ~/mounts/deep/directory/inside && echo 'beside the mount: written'
echo waiting
until [ -e ready ]; do sleep 0.05; done
for work in work/*/*; do
  (
    export REGISTRY="https://\${work##*/}"
    code=0
    cd "$work" && timeout 240 bash -e -o pipefail script > output 2>&1 || code=$?
    echo $code > code
  )
done`;

/** Runs `tools` one after the other, as an ordinary user. */
export async function workWith(tools: readonly BuildTool[]): Promise<PackageWorld> {
  const scratch = mkdtempSync(join(tmpdir(), 'test-awf-packages-'));
  const cache = join(scratch, 'cache');
  mkdirSync(cache);
  give(cache, ordinaryUser());
  const ca = await createTestCa();
  const address = bridgeAddress();
  const files: Record<string, string | Buffer> = { 'ca.pem': ca.certPem };
  const hosts = new Map(
    tools.map((tool) => {
      const directory = join(scratch, tool.name);
      mkdirSync(directory);
      const served = tool.registry(`https://${allowedHost(tool)}`, directory);
      for (const host of [allowedHost(tool), refusedHost(tool)]) {
        for (const [name, content] of Object.entries({ ...tool.project(directory), script: tool.script })) {
          files[join('work', tool.name, host, name)] = content;
        }
      }
      return [allowedHost(tool), served];
    }),
  );
  const registries = await startRegistries(ca, address, hosts, join(scratch, 'git', 'repositories'));
  const run = startSandbox({
    options: {
      'allow-domains': 'registry.example',
      // The denied registries are reachable too: only the allow-list stops them.
      'add-hosts': tools
        .flatMap((tool) => [allowedHost(tool), refusedHost(tool)].map((h) => `${h}:${NOWHERE}`))
        .join('\n'),
      mounts: [process.execPath, `${cache}:${join(homedir(), 'mounts/deep/directory')}:rw`].join('\n'),
    },
    credentials: {},
    script: SCRIPT(process.execPath),
    resolver: RESOLVER,
    files,
    owner: ordinaryUser(),
  });
  const gateways: { readonly stop: () => Promise<void> }[] = [];
  try {
    await untilSaid(run, 'waiting');
    const { squid } = run.containers();
    for (const [port, to] of [
      [443, registries.securePort],
      [80, registries.plainPort],
    ] as const) {
      const gateway = startGateway(squid, run.images, `${address}:${to}`);
      gateways.push(gateway);
      await gateway.set({ port, mode: 'open' });
    }
    run.writeFile('ready', '');
    const result = await run.done;
    const workOf = (host: (tool: BuildTool) => string): ReadonlyMap<BuildTool, Work> =>
      new Map(
        tools.map((tool) => {
          const read = (name: string): string =>
            readFileSync(join(run.workspace, 'work', tool.name, host(tool), name), 'utf8');
          return [tool, { code: Number(read('code')), output: read('output') }];
        }),
      );
    const { requests } = registries;
    return { allowed: workOf(allowedHost), refused: workOf(refusedHost), result, requests, stdout: run.stdout() };
  } finally {
    run.writeFile('ready', '');
    await run.done;
    for (const gateway of gateways) await gateway.stop();
    await registries.close();
    run.removeFiles();
    rmSync(scratch, { recursive: true, force: true });
  }
}
