/**
 * Two real sidecars, one with the providers' own targets and one with custom ones, and an upstream that records octets.
 */

import { startSidecarProcess, type SidecarProcess } from '../testing/sidecar/process.ts';
import { startRawUpstream, type RawUpstream } from '../testing/sidecar/raw-upstream.ts';
import { startTestTunnelProxy } from '../testing/sidecar/tunnel-proxy.ts';
import { configured } from '../testing/sidecar/configured.ts';
import { createTestCa } from '../testing/tls.ts';
import { PROVIDER_TOOLS } from '../src/shared/provider-tools.ts';
import { PROVIDERS, type Provider } from '../src/shared/providers.ts';
import type { SidecarConfig } from '../src/shared/sidecar-config.ts';
import type { Lane } from './oracle.ts';

export interface World {
  readonly lanes: readonly Lane[];
  readonly upstream: RawUpstream;
  readonly sidecars: readonly SidecarProcess[];
  readonly close: () => Promise<void>;
}

/** Small enough that some cases exceed it. */
const MAX_BODY_BYTES = 2_000;
const CUSTOM_PORT = 8443;
const BASE_PATH = '/gateway/v9';

const credentialOf = ({ id }: Provider, isCustom: boolean): string =>
  `real-${isCustom ? 'custom' : 'usual'}-credential-of-${id}`;
const hostOf = ({ id, defaultTarget }: Provider, isCustom: boolean): string =>
  isCustom ? `${id}.gateway.example` : defaultTarget;

export async function createWorld(): Promise<World> {
  const ca = await createTestCa();
  const upstream = await startRawUpstream(
    ca,
    PROVIDERS.flatMap((provider) => [hostOf(provider, false), hostOf(provider, true)]),
  );
  const proxy = await startTestTunnelProxy(upstream.port);
  const configFor = (isCustom: boolean): SidecarConfig => ({
    providers: Object.fromEntries(
      PROVIDERS.map((provider) => [
        provider.id,
        configured(provider.id, credentialOf(provider, isCustom), {
          host: hostOf(provider, isCustom),
          port: isCustom ? CUSTOM_PORT : 443,
          basePath: isCustom ? BASE_PATH : '',
        }),
      ]),
    ),
    proxyUrl: proxy.url,
    upstreamCa: ca.certPem,
    maxBodyBytes: MAX_BODY_BYTES,
    // The octets that are sent need not be JSON.
    allowProviderTools: PROVIDER_TOOLS,
  });
  const variants = [false, true];
  const sidecars = await Promise.all(variants.map((isCustom) => startSidecarProcess(configFor(isCustom))));
  const lanes = variants.flatMap((isCustom, i) =>
    PROVIDERS.map((provider): Lane => {
      const host = hostOf(provider, isCustom);
      return {
        ...{ provider, host, isCustom, maxBodyBytes: MAX_BODY_BYTES, maxHeaderLines: 100 },
        sidecar: i,
        port: sidecars[i]?.ports[provider.id] ?? 0,
        authority: isCustom ? `${host}:${CUSTOM_PORT}` : host,
        basePath: isCustom ? BASE_PATH : '',
        credential: credentialOf(provider, isCustom),
      };
    }),
  );
  return {
    ...{ lanes, upstream, sidecars },
    close: async () => {
      await Promise.all(sidecars.map(({ stop }) => stop()));
      await proxy.close();
      await upstream.close();
    },
  };
}
