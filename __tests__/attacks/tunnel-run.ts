/** A run whose command opens connections to Squid, tunnels to an allowed host among them, beside requests to a provider. */

import { startSandbox, type OwnResolver, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { startOutside, type Outside } from '../../testing/outside/outside.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';

/** RFC 5737 reserves 198.51.100.0/24 for documentation: it belongs to nobody. */
export const RESOLVER = '198.51.100.53';
export const TUNNEL = { name: 'tunnel.example', address: '198.51.100.7' };
export const PROVIDER = { name: 'api.openai.com', address: '198.51.100.8' };
const OTHER_PROVIDERS = ['api.anthropic.com', 'generativelanguage.googleapis.com'];
const CREDENTIALS = {
  OPENAI_API_KEY: 'sk-proj-tunnels-sentinel-0f1e2d3c',
  ANTHROPIC_API_KEY: 'sk-ant-tunnels-sentinel-0f1e2d3c',
  GEMINI_API_KEY: 'AIzatunnels-sentinel-0f1e2d3c',
};

interface TunnelRunOptions {
  readonly engine?: OwnResolver;
  /** The host at the tunnels' end sends without end. */
  readonly isEndless?: boolean;
  /** For the workspace, beside the program. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Starts such a run, and what is outside.
 *
 * @param program for Node.js, in the sandbox. It waits for the file `go`, which is there once the outside is.
 */
export async function startTunnelRun(
  program: string,
  { engine, isEndless = false, files = {} }: TunnelRunOptions = {},
): Promise<{ readonly run: SandboxRun; readonly outside: Outside }> {
  const ca = await createTestCa();
  const others = OTHER_PROVIDERS.map((name) => ({ ...PROVIDER, name }));
  const run = startSandbox({
    options: {
      'allow-domains': TUNNEL.name,
      'add-hosts': [TUNNEL, PROVIDER, ...others].map(({ name, address }) => `${name}:${address}`).join('\n'),
      'upstream-ca': 'ca.pem',
    },
    credentials: CREDENTIALS,
    script: 'echo started; ulimit -n "$(ulimit -Hn)"; node program.cjs',
    resolver: RESOLVER,
    ...(engine && { engine }),
    files: { ...files, 'ca.pem': ca.certPem, 'program.cjs': program },
  });
  try {
    await untilSaid(run, 'started');
    const world = {
      ...(await ca.issue([TUNNEL.name, PROVIDER.name, ...OTHER_PROVIDERS])),
      resolver: RESOLVER,
      names: {},
      pointer: '',
    };
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
