import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROVIDERS, type Provider, type ProviderId } from '../../src/shared/providers.ts';
import { addBridgeAddress, bridgeAddress } from '../engine/engine.ts';
import { ROOT } from '../root.ts';
import { startProviderServer, type ProviderServer, type ProviderServerOptions } from '../provider/server.ts';
import { runEntry, type EntryResult, type RunningEntry } from './run-entry.ts';
import { copyAction, give, runProgram, type OrdinaryUser } from './program.ts';
import { createRunner, type Runner, type RunnerOptions, type RunnerStep } from './files.ts';
import { createTestCa, type TestCa } from '../tls.ts';

/** The prefix of each provider's keys. */
const FORMS: Partial<Record<ProviderId, string>> = {
  openai: 'sk-proj-',
  anthropic: 'sk-ant-api03-',
  copilot: 'ghu_',
  gemini: 'AIzaSy',
};

/** Keys that look real but belong to nobody. */
export const TEST_KEYS = Object.fromEntries(
  PROVIDERS.map(({ id }) => [id, `${FORMS[id] ?? ''}sentinel${id}4f1d6f3a9c2e`]),
) as Readonly<Record<ProviderId, string>>;

/** A token of a Claude subscription, which is the key of that provider's server where it is given. */
export const TEST_OAUTH_TOKEN = 'sk-ant-oat01-sentinelanthropic4f1d6f3a9c2e';

/**
 * A provider's server that Squid's container can reach, and the inputs that send the provider's own host name to it.
 */
export interface LocalProvider {
  readonly server: ProviderServer;
  readonly ca: TestCa;
  /** The inputs for one provider: credential, upstream, address. Add `upstream-ca` with {@link caFile}. */
  readonly inputs: (id: ProviderId) => Record<string, string>;
}

/** A provider's server at the usual port, for programs that ask several hosts. Only root can have one. */
export async function startLocalProviderAt443(options: Partial<ProviderServerOptions> = {}): Promise<LocalProvider> {
  const { address, remove } = addBridgeAddress();
  const ca = await createTestCa();
  const server = await startProviderServer({ ca, keys: TEST_KEYS, ...options, host: address, port: 443 });
  return {
    ca,
    server: {
      ...server,
      close: async () => {
        await server.close();
        remove();
      },
    },
    inputs: (id) => {
      const provider = providerNamed(id);
      const hosts = [provider.defaultTarget, ...provider.otherHosts, ...provider.companions.map(({ host }) => host)];
      return {
        [provider.credentials[0]?.input ?? '']: TEST_KEYS[id],
        'add-hosts': hosts.map((host) => `${host}:${address}`).join('\n'),
        'upstream-ca': CA_FILE,
      };
    },
  };
}

function providerNamed(id: ProviderId): Provider {
  const provider = PROVIDERS.find((candidate) => candidate.id === id);
  if (!provider) throw new Error(`no provider ${id}`);
  return provider;
}

export async function startLocalProvider(options: Partial<ProviderServerOptions> = {}): Promise<LocalProvider> {
  const ca = await createTestCa();
  const host = bridgeAddress();
  const server = await startProviderServer({ ca, keys: TEST_KEYS, ...options, host });
  return {
    server,
    ca,
    inputs: (id) => {
      const provider = providerNamed(id);
      return {
        [provider.credentials[0]?.input ?? '']: TEST_KEYS[id],
        // In its own mode, Copilot CLI also asks hosts at a port that this server does not have.
        ...(provider.companions.length > 0 && { 'copilot-mode': 'provider' }),
        [provider.targetInput]: `${provider.defaultTarget}:${String(server.port)}`,
        'add-hosts': `${provider.defaultTarget}:${host}`,
        'upstream-ca': CA_FILE,
      };
    },
  };
}

const CA_FILE = 'upstream-ca.pem';

/** One `uses:` step seen from outside: inputs go in, and the exit code, files and output come out. */
export interface ActionStep {
  readonly runner: Runner;
  /** Starts `dist/main`. */
  readonly start: () => Promise<RunningEntry>;
  /** Runs `dist/main` to its end. */
  readonly main: () => Promise<EntryResult>;
  /** Runs `dist/post` to its end. */
  readonly post: () => Promise<EntryResult>;
}

export function actionStep(
  inputs: Readonly<Record<string, string>>,
  options: Pick<RunnerOptions, 'env' | 'directory'> & { readonly ca?: TestCa } = {},
): ActionStep {
  const { ca, ...rest } = options;
  const runner = createRunner({ actionFile: join(ROOT, 'action.yml'), inputs, ...rest });
  if (ca) writeFileSync(join(runner.workspace, CA_FILE), ca.certPem);
  const start = (name: 'main' | 'post', step: RunnerStep): Promise<RunningEntry> =>
    runEntry(join(ROOT, 'dist', name, 'index.js'), step.env);
  return {
    runner,
    start: () => start('main', runner.main),
    main: async () => (await start('main', runner.main)).done,
    post: async () => (await start('post', runner.post())).done,
  };
}

/** Runs `dist/main` to its end as another user, who gets a copy of the action and all files of the runner. */
export function mainAs(user: OrdinaryUser, { runner }: Pick<ActionStep, 'runner'>): Promise<EntryResult> {
  const top = dirname(runner.workspace);
  const { argv } = copyAction(top);
  give(top, user);
  return runProgram([...user.prefix, ...argv('main')], { env: runner.main.env, cwd: runner.workspace });
}

/** Waits until `condition` returns a value. @throws Error after `limitMs` */
export async function waitFor<T>(what: string, condition: () => T | undefined | false, limitMs = 30_000): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`${what} did not happen within ${String(limitMs)} ms`);
    await sleep(50);
  }
}
