/** What a job of an example finds around it, besides providers: servers, GitHub, its services, its network's proxy. */

import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { addBridgeAddress, docker } from '../../testing/engine/engine.ts';
import { GITHUB_HOSTS, startGithubServer } from '../../testing/github/server.ts';
import type { GithubWorld } from '../../testing/github/world.ts';
import { listen } from '../../testing/listen.ts';
import { startParentProxy, type Asked } from '../../testing/outside/parent-proxy.ts';
import type { TestCa } from '../../testing/tls.ts';
import { exampleText } from './example-files.ts';

export interface OutsideOptions {
  readonly file: string;
  /** Further servers, by host. */
  readonly servers?: Readonly<Record<string, RequestListener>>;
  /** True if the sandbox reaches GitHub: where it is not, a provider has its names. */
  readonly reachesGithub?: boolean;
  /** Builds the local image of each service of the job. Its name is the service's. */
  readonly services?: () => Readonly<Record<string, string>>;
  /** The name of the proxy that is the only way out, and the user that it knows. */
  readonly proxy?: { readonly name: string; readonly user: string };
}

export interface Outside {
  /** The addresses that the sandbox is told. */
  readonly hosts: ReadonlyMap<string, string>;
  /** What the proxy was asked. */
  readonly asked: readonly Asked[];
  readonly close: () => Promise<void>;
}

/** With characters that a URL and a file of settings could stumble over. */
export const PROXY_PASSWORD = 'p%40ss%3Aw%22ord';

const PROXY_PORT = 3128;
/** Milliseconds. */
const HEALTHY_LIMIT = 60_000;

/** @param providers the address of each host of a provider's */
export async function startOutside(
  options: OutsideOptions,
  {
    ca,
    world,
    jobToken,
    providers,
  }: { ca: TestCa; world: GithubWorld; jobToken: string; providers: Map<string, string> },
): Promise<Outside> {
  const hosts = new Map(providers);
  const ends: (() => Promise<void> | void)[] = [];
  const at = async (
    names: readonly string[],
    start: (address: string) => Promise<{ readonly close: () => Promise<void> }>,
  ): Promise<void> => {
    const { address, remove } = addBridgeAddress();
    ends.push(remove, (await start(address)).close);
    for (const name of names) hosts.set(name, address);
  };
  for (const [host, listener] of Object.entries(options.servers ?? {})) {
    const certificate = await ca.issue([host]);
    await at([host], (address) => listen(createServer(certificate, listener), address, 443));
  }
  if (options.reachesGithub === true) {
    const github = { ca: world.ca, hub: world.hub, token: jobToken, port: 443 };
    await at(GITHUB_HOSTS, (address) => startGithubServer({ ...github, address }));
  }
  if (options.services !== undefined) ends.push(await startServices(options.file, options.services()));
  let asked: readonly Asked[] = [];
  if (options.proxy !== undefined) {
    const { name, user } = options.proxy;
    const places = Object.fromEntries([...hosts].map(([each, host]) => [`${each}:443`, { host, port: 443 }]));
    const login = { user, password: decodeURIComponent(PROXY_PASSWORD) };
    // Only the proxy knows the names.
    hosts.clear();
    await at([name], async (host) => {
      const proxy = await startParentProxy({ host, port: PROXY_PORT, login, places });
      ({ asked } = proxy);
      return proxy;
    });
  }
  return {
    ...{ hosts, asked },
    close: async () => {
      for (const end of ends.reverse()) await end();
    },
  };
}

interface Service {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: string;
}

/**
 * Starts the services of the example's job as the runner does for a job that is not in a container: one network, the
 * service's name as an alias there. act starts none in host mode.
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ContainerOperationProvider.cs
 *
 * @returns what removes them
 */
async function startServices(file: string, images: Readonly<Record<string, string>>): Promise<() => void> {
  const { jobs } = parse(exampleText(file)) as { jobs: Record<string, { services?: Record<string, Service> }> };
  const services = Object.values(jobs).flatMap((job) => Object.entries(job.services ?? {}));
  const network = `github_network_${randomBytes(16).toString('hex')}`;
  docker(['network', 'create', network]);
  const started: string[] = [];
  const remove = (): void => {
    for (const name of started) docker(['rm', '--force', '--volumes', name]);
    docker(['network', 'rm', network]);
  };
  try {
    for (const [name, { env = {}, options = '' }] of services) {
      const container = `${randomBytes(16).toString('hex')}_${name}`;
      const variables = Object.entries({ ...env, GITHUB_ACTIONS: 'true', CI: 'true' });
      docker([
        ...['create', '--name', container, '--network', network, '--network-alias', name],
        ...words(options),
        ...variables.flatMap(([variable, value]) => ['-e', `${variable}=${value}`]),
        images[name] ?? `no-image-for-${name}`,
      ]);
      started.push(container);
      docker(['start', container]);
      await untilHealthy(container);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

/** The words of a service's `options`. No example quotes any. */
const words = (options: string): string[] => options.split(' ').filter((word) => word !== '');

async function untilHealthy(container: string): Promise<void> {
  const health = (): string => docker(['inspect', '--format={{.State.Health.Status}}', container]);
  const end = performance.now() + HEALTHY_LIMIT;
  while (health() !== 'healthy') {
    if (performance.now() > end) throw new Error(`${container} is ${health()}: ${docker(['logs', container])}`);
    await sleep(200);
  }
}
