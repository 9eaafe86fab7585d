/** The data for a plan. None of it exists on this machine. */

import type { Claimed } from '../../src/run/claim.ts';
import { namesFor } from '../../src/shared/network.ts';
import { planRun, type RunPlan } from '../../src/run/plan.ts';
import type { Prepared } from '../../src/run/prepare.ts';
import { aConfig, ENGINE, NO_SECRETS, USER, type ConfigOverrides } from '../../testing/builders.ts';

export const RUN_ID = 'feedf00d';

export const IMAGES = { squid: 'awf-squid:0', 'api-proxy': 'awf-api-proxy:0', agent: 'awf-agent:0' };

export const PREPARED: Prepared = {
  mark: { runId: RUN_ID, owner: undefined, isKept: false },
  images: IMAGES,
  workDirectory: '/nonexistent/awf-feedf00d',
  logs: {
    squid: '/nonexistent/squid-logs',
    apiProxy: '/nonexistent/api-proxy-logs',
    agent: '/nonexistent/agent-logs',
  },
  agentUser: USER,
  sidecarUser: { uid: 2001, gid: 2002 },
  home: USER.home,
  input: '',
};

export const CLAIMED: Claimed = {
  subnet: '172.30.0.0/24',
  outerSubnet: '10.214.0.0/24',
  outerName: 'awf-outer-0123abcd',
  upstreamHost: undefined,
  proxyTrust: undefined,
  names: namesFor(RUN_ID, '172.30.0.0/24'),
  agentImage: undefined,
  guards: [{ kind: 'bind', source: '/workspace/.git/hooks', target: '/workspace/.git/hooks', writable: false }],
  userMounts: [{ kind: 'bind', source: '/data', target: '/data', writable: false }],
  host: {
    environment: {},
    toolchain: [{ kind: 'bind', source: '/usr', target: '/usr', writable: false }],
    below: { hidden: [], credentials: [], views: [], fileSystems: [] },
    etc: undefined,
    toolDirectories: new Map(),
    programDirectories: [],
    umask: '0022',
    kinds: new Map(),
    links: new Map(),
    identities: new Map(),
    corepack: undefined,
    temporary: [],
    claudeJson: undefined,
    identity: [],
    trust: undefined,
    event: {},
  },
  hostAddresses: [],
  hasIpv6: true,
  engine: ENGINE,
  authority: undefined,
};

export function plan(overrides: ConfigOverrides = {}, claimed: Partial<Claimed> = {}): RunPlan {
  return planRun(aConfig(overrides), overrides.secrets ?? NO_SECRETS, PREPARED, { ...CLAIMED, ...claimed });
}
