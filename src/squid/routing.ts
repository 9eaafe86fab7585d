import { HOST_PORTS, type Addresses } from '../shared/network.ts';
import { upstreamPeer, type Upstream } from './upstream.ts';

/** What decides where a request goes. */
export interface Routes {
  readonly addresses: Addresses;
  readonly namedHosts: readonly string[];
  readonly upstream?: Upstream | undefined;
}

/** The peers of Squid, and which requests go to which. */
export function routing({ addresses, namedHosts, upstream }: Routes, peekPort: number): string[] {
  const peer = 'no-query no-digest no-netdb-exchange';
  return [
    ...(namedHosts.length === 0
      ? []
      : [
          `cache_peer ${addresses['api-proxy']} parent ${HOST_PORTS.connect} 0 ${peer} name=to_api_proxy`,
          'cache_peer_access to_api_proxy allow to_named',
          'cache_peer_access to_api_proxy deny all',
        ]),
    `cache_peer 127.0.0.1 parent ${peekPort} 0 ${peer} default name=to_peek`,
    // Only an audit lets tunnels to further ports pass. What is in them need not be TLS.
    'acl agent_tunnel all-of agent CONNECT tunnel_port !to_models',
    'cache_peer_access to_peek deny to_named',
    'cache_peer_access to_peek allow agent_tunnel',
    'cache_peer_access to_peek deny all',
    'never_direct allow agent_tunnel',
    ...(upstream === undefined ? ['always_direct allow !agent_tunnel'] : upstreamPeer(upstream)),
    // Squid probes its peers before its own peek port and the api-proxy listen, and takes a peer for dead that does not
    // answer. Attempts are 50 ms apart. With 2 of them, a quarter of the starts failed on the api-proxy.
    `connect_retries ${namedHosts.length === 0 ? 2 : 10}`,
  ];
}
