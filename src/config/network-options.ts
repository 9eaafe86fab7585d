import { PROXY_VARIABLE } from '../shared/proxy-variables.ts';
import { hostEntry } from './entries.ts';
import type { Option } from './option.ts';
import { certificates } from './parsers.ts';
import { dnsServer, privateNetwork, subnetPool } from './network-ranges.ts';
import { PROXY_OPTION_VARIABLE, upstreamProxy } from './upstream-proxy.ts';

/** The options about the network that the host is in. */
export const NETWORK = [
  {
    name: 'allow-private-networks',
    kind: 'commas',
    parse: privateNetwork,
    description: 'private networks (CIDR) that allowed names may lead to',
  },
  {
    name: 'add-hosts',
    kind: 'lines',
    parse: hostEntry,
    description: 'name:address, permitted for that name even if it is private',
  },
  {
    name: 'upstream-proxy',
    kind: 'text',
    parse: upstreamProxy,
    variable: PROXY_OPTION_VARIABLE,
    description: `the network's own proxy, http(s)://host:port, or none; ${PROXY_VARIABLE.https} by default`,
  },
  {
    name: 'dns-servers',
    kind: 'commas',
    parse: dnsServer,
    description: "addresses of DNS servers; the host's by default",
  },
  {
    name: 'subnet',
    kind: 'text',
    parse: subnetPool,
    description: "a private network for the run's own networks, /24 or wider; any free one by default",
  },
  {
    name: 'upstream-ca',
    kind: 'text',
    parse: certificates,
    description: 'PEM file of CAs that the api-proxy trusts beside the public ones',
  },
] as const satisfies readonly Option[];
