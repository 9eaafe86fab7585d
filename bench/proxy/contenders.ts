/** The contenders: the direct path, the floor, AWF as it runs in production, and the peers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';
import { configured } from '../../testing/sidecar/configured.ts';
import type { Endpoint } from './client.ts';
import { listening } from './containers.ts';
import { installPeers, PEERS, versionOf } from './peers.ts';
import type { World } from './world.ts';

export interface Contender {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Undefined for the direct path, which has no process in between. */
  readonly pid?: number;
}

export const DIRECT = 'direct';
export const FLOOR = 'floor';
export const OURS = 'awf';
/** AWF with a target that is not the provider's own. The guard is on if the credential counts as a secret. */
export const GUARD = { on: 'awf, guard on', off: 'awf, guard off' } as const;

const CREDENTIAL = 'sk-proj-bench-4f1d6f3a9c2e8b7c2d1e0f9a5e4d3c2b';
/** Shorter than what the reflection guard takes for a secret. */
const NO_SECRET = 'sk-1234';
const CHAT = '/v1/chat/completions';
/** The sidecar's providers, which lead to the same upstream in three ways. */
const ROLES = { openai: OURS, anthropic: GUARD.on, copilot: GUARD.off } as const;
const PATHS = { openai: CHAT, anthropic: '/v1/messages', copilot: '/chat/completions' } as const;
const MODULES = '/node_modules';
const PORTS = { floor: 9001, portkey: 9002, llms: 9003, httpxy: 9004 } as const;

/** @returns all contenders, listening, in the order of the tables */
export async function startContenders(world: World): Promise<Contender[]> {
  const { targets, address, providerAddress, ca } = world;
  const direct: Contender = {
    name: DIRECT,
    endpoint: {
      url: `https://${targets[0].host}:${targets[0].port}${CHAT}`,
      ca: ca.certPem,
      address: providerAddress.replace(/:\d+$/, ''),
    },
  };
  const [target, gateway] = targets;
  const sidecar = await world.startSidecar({
    openai: configured('openai', CREDENTIAL, target),
    anthropic: configured('anthropic', CREDENTIAL, gateway),
    copilot: configured('copilot', NO_SECRET, gateway),
  });
  const ours = (Object.keys(ROLES) as (keyof typeof ROLES)[]).map((id): Contender => ({
    name: ROLES[id],
    endpoint: { url: `http://${address}:${portOf(id)}${PATHS[id]}` },
    pid: sidecar,
  }));
  const least = await floor(world);
  const others = await Promise.all(peers(world, await installPeers()));
  for (const { endpoint } of [least, ...ours, ...others]) await listening(address, Number(new URL(endpoint.url).port));
  return [direct, least, ...ours, ...others];
}

const portOf = (id: ProviderId): number => PROVIDERS.find((provider) => provider.id === id)!.port;

const CA_PATH = '/bench/ca.pem';

function environment({ proxyUrl, targets: [{ host, port }] }: World, listenOn: number): Record<string, string> {
  return {
    PORT: String(listenOn),
    HTTPS_PROXY: proxyUrl,
    TARGET: `${host}:${port}`,
    CREDENTIAL,
    NODE_EXTRA_CA_CERTS: CA_PATH,
    NODE_ENV: 'production',
  };
}

async function floor(world: World): Promise<Contender> {
  // Strip the types in advance. Stripping them in the process would cost memory that the floor does not need.
  const program = join(world.scratch, 'floor.mjs');
  writeFileSync(program, stripTypeScriptTypes(readFileSync(join(import.meta.dirname, 'floor.ts'), 'utf8')));
  const pid = await world.startGuest({
    name: 'floor',
    argv: ['/bench/floor.mjs'],
    environment: environment(world, PORTS.floor),
    files: { '/bench/floor.mjs': program, [CA_PATH]: world.caFile },
  });
  return { name: FLOOR, endpoint: { url: `http://${world.address}:${PORTS.floor}${CHAT}` }, pid };
}

function peers(world: World, modules: string): Promise<Contender>[] {
  const [{ host, port }] = world.targets;
  const start = async (
    peer: keyof typeof PEERS,
    argv: string[],
    { more = {}, ...endpoint }: Partial<Endpoint> & { more?: Record<string, string> } = {},
  ): Promise<Contender> => {
    const pid = await world.startGuest({
      name: peer,
      argv,
      environment: { ...environment(world, PORTS[peer]), ...more },
      files: { [MODULES]: modules, '/bench/peers': join(import.meta.dirname, 'peers'), [CA_PATH]: world.caFile },
    });
    return {
      name: `${PEERS[peer]} ${versionOf(peer)}`,
      endpoint: { url: `http://${world.address}:${PORTS[peer]}${CHAT}`, ...endpoint },
      pid,
    };
  };
  return [
    start(
      'portkey',
      [`${MODULES}/@portkey-ai/gateway/build/start-server.js`, '--headless', `--port=${PORTS.portkey}`],
      {
        // It uses fetch and does not support a proxy. This setting makes Node 24 use one.
        more: { NODE_USE_ENV_PROXY: '1' },
        headers: {
          authorization: `Bearer ${CREDENTIAL}`,
          'x-portkey-provider': 'openai',
          'x-portkey-custom-host': `https://${host}:${port}/v1`,
        },
      },
    ),
    start('llms', ['/bench/peers/llms.js'], { modelPrefix: 'bench,' }),
    start('httpxy', ['/bench/peers/httpxy.js']),
  ];
}
