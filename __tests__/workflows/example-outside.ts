/** What a job of an example finds around it, besides providers: servers, GitHub, its services, its network's proxy. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { addBridgeAddress, docker } from '../../testing/engine/engine.ts';
import { GITHUB_HOSTS, startGithubServer } from '../../testing/github/server.ts';
import type { GithubWorld } from '../../testing/github/world.ts';
import { listen } from '../../testing/listen.ts';
import { startParentProxy, type Asked } from '../../testing/outside/parent-proxy.ts';
import { waitFor } from '../../testing/runner/action.ts';
import type { TestCa } from '../../testing/tls.ts';
import { words } from '../../src/shared/words.ts';
import { exampleText } from './example-files.ts';

export interface OutsideOptions {
  readonly file: string;
  /** Further servers, by host. */
  readonly servers?: Readonly<Record<string, RequestListener>>;
  /** True if the sandbox reaches GitHub: where it is not, a provider has its names. */
  readonly reachesGithub?: boolean;
  /** Builds an image for each service of the job. @returns the images, by the services' names */
  readonly services?: () => Readonly<Record<string, string>>;
  /** The name of the proxy that is the only way out, and the user that it knows. */
  readonly proxy?: { readonly name: string; readonly user: string };
  /** Files of the runner's own, by absolute path. */
  readonly onRunner?: Readonly<Record<string, string>>;
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

type Ends = (() => Promise<void> | void)[];

interface Inside {
  /** What the servers have their certificates from. */
  readonly ca: TestCa;
  readonly world: GithubWorld;
  readonly jobToken: string;
  /** The address of each host of a provider's. */
  readonly providers: ReadonlyMap<string, string>;
}

/** If a part of it does not start, those before it are ended. */
export async function startOutside(options: OutsideOptions, inside: Inside): Promise<Outside> {
  const ends: Ends = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    putOnRunner(options.onRunner ?? {}, ends);
    if (options.services !== undefined) await startServices(options.file, options.services(), ends);
    return { ...(await startServers(options, inside, ends)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServers(
  { servers = {}, reachesGithub = false, proxy }: OutsideOptions,
  { ca, world, jobToken, providers }: Inside,
  ends: Ends,
): Promise<Pick<Outside, 'hosts' | 'asked'>> {
  const hosts = new Map(providers);
  const at = async <Server extends { readonly close: () => Promise<void> }>(
    names: readonly string[],
    start: (address: string) => Promise<Server>,
  ): Promise<Server> => {
    const { address, remove } = addBridgeAddress();
    ends.push(remove);
    const server = await start(address);
    ends.push(server.close);
    for (const name of names) hosts.set(name, address);
    return server;
  };
  for (const [host, listener] of Object.entries(servers)) {
    const certificate = await ca.issue([host]);
    await at([host], (address) => listen(createServer(certificate, listener), address, 443));
  }
  if (reachesGithub) {
    const github = { ca: world.ca, hub: world.hub, token: jobToken, port: 443 };
    await at(GITHUB_HOSTS, (address) => startGithubServer({ ...github, address }));
  }
  if (proxy === undefined) return { hosts, asked: [] };
  const places = Object.fromEntries([...hosts].map(([name, host]) => [`${name}:443`, { host, port: 443 }]));
  const login = { user: proxy.user, password: decodeURIComponent(PROXY_PASSWORD) };
  // Only the proxy knows the names.
  hosts.clear();
  const { asked } = await at([proxy.name], (host) => startParentProxy({ host, port: PROXY_PORT, login, places }));
  return { hosts, asked };
}

/** Writes files of the runner's. Their end takes the directories made for them along. */
function putOnRunner(files: Readonly<Record<string, string>>, ends: Ends): void {
  for (const [path, content] of Object.entries(files)) {
    const made = mkdirSync(dirname(path), { recursive: true }) ?? path;
    writeFileSync(path, content, { flag: 'wx' });
    ends.push(() => {
      rmSync(made, { recursive: true });
    });
  }
}

interface Service {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: string;
}

/**
 * Starts the services of the example's job as the runner does for a job that is not in a container: one network, the
 * service's name as an alias there. act starts none in host mode.
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/ContainerOperationProvider.cs
 */
async function startServices(file: string, images: Readonly<Record<string, string>>, ends: Ends): Promise<void> {
  const { jobs } = parse(exampleText(file)) as { jobs: Record<string, { services?: Record<string, Service> }> };
  const services = Object.values(jobs).flatMap((job) => Object.entries(job.services ?? {}));
  const network = `github_network_${randomBytes(16).toString('hex')}`;
  docker(['network', 'create', network]);
  ends.push(() => void docker(['network', 'rm', network]));
  for (const [name, { env = {}, options = '' }] of services) {
    const container = `${randomBytes(16).toString('hex')}_${name}`;
    const variables = Object.entries({ ...env, GITHUB_ACTIONS: 'true', CI: 'true' });
    docker([
      ...['create', '--name', container, '--network', network, '--network-alias', name],
      ...words(options), // no example quotes one
      ...variables.flatMap(([variable, value]) => ['-e', `${variable}=${value}`]),
      images[name] ?? `no-image-for-${name}`,
    ]);
    ends.push(() => void docker(['rm', '--force', '--volumes', container]));
    docker(['start', container]);
    const health = ['inspect', '--format={{.State.Health.Status}}', container];
    await waitFor(`the health of ${name}`, () => docker(health) === 'healthy', HEALTHY_LIMIT);
  }
}
