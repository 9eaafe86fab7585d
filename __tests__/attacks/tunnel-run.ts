/** A run whose command opens connections to Squid, tunnels to an allowed host among them, beside requests to a provider. */

import { startSandbox, type OwnResolver, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { startOutside, type Outside } from '../../testing/outside/outside.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';

/** RFC 5737 reserves 198.51.100.0/24 for documentation: it belongs to nobody. */
export const RESOLVER = '198.51.100.53';
export const TUNNEL = { name: 'tunnel.example', address: '198.51.100.7' };
export const PROVIDER = { name: 'api.openai.com', address: '198.51.100.8' };

/**
 * Starts such a run, and what is outside.
 *
 * @param program for Node.js, in the sandbox. It waits for the file `go`, which is there once the outside is.
 * @param options `isEndless`: the host at the tunnels' end sends without end
 */
export async function startTunnelRun(
  program: string,
  { engine, isEndless = false }: { readonly engine?: OwnResolver; readonly isEndless?: boolean } = {},
): Promise<{ readonly run: SandboxRun; readonly outside: Outside }> {
  const ca = await createTestCa();
  const run = startSandbox({
    options: {
      'allow-domains': TUNNEL.name,
      'add-hosts': [TUNNEL, PROVIDER].map(({ name, address }) => `${name}:${address}`).join('\n'),
      'upstream-ca': 'ca.pem',
    },
    credentials: { OPENAI_API_KEY: 'sk-proj-tunnels-sentinel-0f1e2d3c' },
    script: 'echo started; ulimit -n "$(ulimit -Hn)"; node program.cjs',
    resolver: RESOLVER,
    ...(engine && { engine }),
    files: { 'ca.pem': ca.certPem, 'program.cjs': program },
  });
  try {
    await untilSaid(run, 'started');
    const world = { ...(await ca.issue([TUNNEL.name, PROVIDER.name])), resolver: RESOLVER, names: {}, pointer: '' };
    const { squid } = run.containers();
    const addresses = [TUNNEL.address, PROVIDER.address];
    const endless = isEndless ? { endless: TUNNEL.address } : {};
    const outside = await startOutside(squid, run.images, { ...world, ...endless }, addresses);
    run.writeFile('go', '');
    return { run, outside };
  } catch (error) {
    run.removeFiles();
    throw error;
  }
}
