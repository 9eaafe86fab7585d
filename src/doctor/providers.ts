import type { Socket } from 'node:net';
import { pinnedAddress, UPSTREAM_PROXY_SECRET } from '../config/network-build.ts';
import type { Built } from '../config/build.ts';
import { hostAddresses } from '../host/addresses.ts';
import { cidr, contains } from '../shared/cidr.ts';
import { covers } from '../shared/host-pattern.ts';
import { CREDENTIALS, isOwnHost, PROVIDERS } from '../shared/providers.ts';
import { readProxyTrust } from '../run/proxy-trust.ts';
import { privateRanges } from '../squid/private-ranges.ts';
import type { Check, CheckContext } from './context.ts';
import { addressOf, dial, secured, shake, tunnel, type Proxy } from './dial.ts';
import { host, problemOf, words, type Finding } from './finding.ts';

/** The network's own proxy, as Squid has it. */
function proxyOf({ config, secrets }: Built): Proxy | undefined {
  const { upstreamProxy } = config.network;
  if (upstreamProxy === undefined) return undefined;
  const { host: name, port, user } = upstreamProxy;
  const login = user === undefined ? undefined : { user, password: secrets.get(UPSTREAM_PROXY_SECRET) ?? '' };
  return { host: name, port, login };
}

/** Where a run finds a name. @throws UserError if the name has no address */
const addressIn = async ({ config: { addHosts, network } }: Built, name: string): Promise<string> =>
  pinnedAddress(addHosts, name) ?? (await addressOf(name, network.dnsServers));

/** Opens a connection to the network's own proxy, over TLS if it wants that. */
async function dialProxy(built: Built, { host: name, port }: Pick<Proxy, 'host' | 'port'>): Promise<Socket> {
  const socket = await dial(name, port, await addressIn(built, name));
  const trust = readProxyTrust(built.config);
  return trust === undefined ? socket : await secured(socket, name, [trust]);
}

export const PROXY: Check = {
  id: 'proxy',
  page: 'docs/self-hosted.md#a-proxy',
  limitMs: 15_000,
  find: async ({ built }) => {
    const upstream = built?.config.network.upstreamProxy;
    if (built === undefined || upstream === undefined) return [];
    const { host: name, port, origin } = upstream;
    (await dialProxy(built, upstream)).destroy();
    return [
      {
        status: 'ok',
        text: words`Requests leave through the proxy ${host(`${name}:${port}`)} (${origin}), which accepts connections`,
      },
    ];
  },
};

/** Only what the configuration names is asked, and it is sent no request and no key. */
export const REACH: Check = {
  id: 'providers',
  page: 'docs/troubleshooting.md#a-model-request-fails',
  limitMs: 30_000,
  find: async ({ built, names }) => {
    if (built === undefined) return [];
    const targets = new Map(built.config.providers.map(({ target }) => [`${target.host}:${target.port}`, target]));
    return Promise.all(
      [...targets.values()].map(async ({ host: name, port }) => {
        try {
          return await reach(name, port, built);
        } catch (error) {
          return problemOf(error, names);
        }
      }),
    );
  },
};

async function reach(name: string, port: number, built: Built): Promise<Finding> {
  const { network, addHosts, upstreamCa } = built.config;
  const proxy = proxyOf(built);
  const isDirect = network.upstreamProxy?.direct.some((pattern) => covers(pattern, name)) === true;
  if (proxy !== undefined && !isDirect) {
    const socket = await dialProxy(built, proxy);
    try {
      await tunnel(socket, `${name}:${port}`, proxy);
      await shake(socket, name, upstreamCa);
    } finally {
      socket.destroy();
    }
    return { status: 'ok', text: words`${host(name)} answers through the proxy, with TLS that AWF trusts` };
  }
  const pinned = pinnedAddress(addHosts, name);
  const address = await addressIn(built, name);
  if (pinned === undefined && isPrivate(address, network.allowPrivate)) {
    return {
      status: 'problem',
      text: words`${host(name)} has a private address here (${host(address)}), which AWF refuses.`,
      hint: words`If that is meant, give the name its address in --add-hosts, or the network in --allow-private-networks.`,
    };
  }
  const socket = await dial(name, port, address);
  try {
    await shake(socket, name, upstreamCa);
  } finally {
    socket.destroy();
  }
  const whose = pinned === undefined ? 'a public address' : 'the address of --add-hosts';
  return {
    status: 'ok',
    text: words`${host(name)} has ${whose}, port ${port} answers, and AWF trusts its certificate`,
  };
}

function isPrivate(address: string, permittedNetworks: readonly string[]): boolean {
  const ranges = privateRanges({ hostAddresses: hostAddresses(), permittedNetworks });
  return ranges.some((range) => contains(cidr(range), cidr(address)));
}

export const KEYS: Check = {
  id: 'keys',
  page: 'docs/agents.md',
  limitMs: 5_000,
  find: ({ environment, built }: CheckContext) => {
    const given = CREDENTIALS.filter(({ variable }) => (environment[variable] ?? '').trim() !== '');
    const isUnused = given.length > 0 && built?.config.apiProxy === false;
    return [
      ...given.map(({ variable, label, form }) =>
        formOf(variable, environment[variable] ?? '', { label, form, isElsewhere: isElsewhere(variable, built) }),
      ),
      ...(isUnused
        ? [
            {
              status: 'warning' as const,
              text: words`A key is set, but the api-proxy is off: no program reaches a model.`,
              hint: words`Leave out --enable-api-proxy=false.`,
            },
          ]
        : []),
    ];
  },
};

/** Gateways have keys of their own form. */
function isElsewhere(variable: string, built: Built | undefined): boolean {
  const provider = PROVIDERS.find(({ credentials }) =>
    credentials.some((credential) => credential.variable === variable),
  );
  const configured = built?.config.providers.find((one) => one.provider.id === provider?.id);
  return configured !== undefined && !isOwnHost(configured.provider, configured.target.host);
}

interface Form {
  readonly label: string;
  readonly form: { readonly value: RegExp; readonly example: string } | undefined;
  readonly isElsewhere: boolean;
}

/** The key itself appears in no finding. */
export function formOf(variable: string, text: string, { label, form, isElsewhere: atGateway }: Form): Finding {
  if (/[\r\n]\s*$/.test(text)) {
    return {
      status: 'warning',
      text: words`${variable} has a line break at its end, which AWF removes. Other programs do not.`,
      hint: words`Store it again without one.`,
    };
  }
  if (form === undefined || atGateway || form.value.test(text.trim())) {
    return {
      status: 'ok',
      text: words`${variable} ${form === undefined || atGateway ? 'is set' : `looks like ${label}`}`,
    };
  }
  return {
    status: 'warning',
    text: words`${variable} does not look like ${label} (${form.example}).`,
    hint: words`Copy it again from where it was issued.`,
  };
}
