import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtImageNames } from '../../src/docker/images.ts';
import { addressesIn, networkNames, SQUID_PORT } from '../../src/shared/network.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { unheard, type Outcome } from '../../testing/engine/agent-outcome.ts';
import { bridgeAddress, docker } from '../../testing/engine/engine.ts';
import { READINESS_NAME } from '../../src/squid/config.ts';
import { DEBIAN_IMAGE } from '../../testing/engine/test-image.ts';
import { hostAddresses, listenOnHost, type HostListener } from './host-listener.ts';
import { isolationScript, PRIVILEGED_NAMES, PRIVILEGED_SCRIPT } from './isolation-probes.ts';
import { commandLines } from './key-search.ts';
import { untilSaid, type EntryResult } from '../../testing/runner/run-entry.ts';
import { dialProgram, runContainers } from '../../testing/engine/sandbox-run.ts';
import { sectionsOf } from '../../testing/engine/sections.ts';

/** If root starts the run, the workspace belongs to another user, as after a checkout by the runner's user. */
const IS_ROOT = process.getuid?.() === 0;
const USER = IS_ROOT ? { uid: 1001, gid: 1002 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const MARK = `awf-test-${randomBytes(6).toString('hex')}`;

/** Addresses of other hosts. They are tried only if no router forwards packets. */
const FOREIGN = {
  'X2 DNS over UDP': 'udp://8.8.8.8:53',
  'X2 DNS over TCP': 'tcp://8.8.8.8:53',
  'X2 DNS over TLS': 'tcp://8.8.8.8:853',
  'X3 QUIC': 'udp://203.0.113.7:443',
  'X4 TCP over IPv6': 'tcp://[2001:db8::7]:443',
  'X4 UDP over IPv6': 'udp://[2001:db8::7]:53',
  'X17 a direct connection': 'tcp://203.0.113.7:443',
};

const images = builtImageNames(join(ROOT, 'dist'));
let listener: HostListener;
let step: ActionStep;
let result: EntryResult;
let sections: Record<string, string>;
let agentOutcomes: Record<string, Outcome>;
let targets: { host: string[]; neighbours: string[]; own: string[] };
let controls: Record<string, Outcome>;
let heardFromControls: number;
let askedFromOutside: string[];
let pids: number[];
let internalIpv6: string;
const neighbours: string[] = [];

/** Starts another container on the host, with a web server. @returns its address */
function startNeighbour(network: string): string {
  const server = "require('http').createServer((_, response) => response.end()).listen(80)";
  const options = ['run', '--detach', '--rm', `--network=${network}`, '--user=0:0', '--entrypoint=node'];
  const container = docker([...options, images['api-proxy'], '-e', server]);
  neighbours.push(container);
  return docker(['inspect', `--format={{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container]);
}

/**
 * Asks Squid for a tunnel from a neighbour on the network that leads it out: at its address there, at its internal address
 * through a route of the neighbour's own, and so once more under the agent's address.
 */
function askFrom(network: string, squid: { internal: string; outer: string }, agent: string): string[] {
  const ask = (address: string, from = ''): string =>
    `printf 'CONNECT ${READINESS_NAME}:443 HTTP/1.1\\r\\n\\r\\n' | $b nc -w 3 ${from} ${address} ${SQUID_PORT} 2>&1 | $b head -n 1; echo`;
  const script = `b=/tmp/awf-lib/busybox
    ${ask(squid.outer)}
    $b ip route add ${squid.internal}/32 via ${squid.outer}
    ${ask(squid.internal)}
    $b ip address add ${agent}/32 dev eth0
    ${ask(squid.internal, `-s ${agent}`)}`;
  const place = ['run', '--rm', `--network=${network}`, '--user=0:0', '--cap-add=NET_ADMIN'];
  const out = docker([...place, '--entrypoint=/tmp/awf-lib/busybox', images.agent, 'sh', '-c', script]);
  return out.split('\n').filter((line) => line.trim() !== '');
}

/** Runs the agent's own program in an ordinary container. The listener in this process answers meanwhile. */
async function dialFrom(network: string, list: readonly string[]): Promise<Record<string, Outcome>> {
  const { workspace } = step.runner;
  writeFileSync(join(workspace, 'control.json'), JSON.stringify(list));
  const mount = `--mount=type=bind,source=${workspace},target=/control,readonly`;
  const program = ['/control/dial.mjs', '/control/control.json', '--control'];
  const options = ['run', '--rm', `--network=${network}`, mount, '--user=0:0', '--entrypoint=node'];
  const { stdout } = await promisify(execFile)('docker', [...options, images['api-proxy'], ...program]);
  return JSON.parse(stdout) as Record<string, Outcome>;
}

/** Every address at which a container could find the host: its interfaces, and the gateways of the run's networks. */
function hostTargets(internal: string, outer: string): string[] {
  const gateways = [internal, outer].map((network) => {
    const format = '--format={{(index .IPAM.Config 0).Subnet}} {{(index .IPAM.Config 0).Gateway}}';
    const [subnet = '', gateway = ''] = docker(['network', 'inspect', format, network]).split(' ');
    // An engine does not tell the gateway that it chose itself.
    return isIPv4(gateway) ? gateway : addressesIn(subnet).gateway;
  });
  const addresses = [...new Set([...hostAddresses(), bridgeAddress(), ...gateways])];
  return addresses.flatMap((address) => [`tcp://${address}:${listener.port}`, `udp://${address}:${listener.port}`]);
}

beforeAll(async () => {
  listener = await listenOnHost();
  step = actionStep({ run: 'bash --noprofile --norc probes.sh' });
  const { workspace, main } = step.runner;
  const { GITHUB_ENV = '', GITHUB_PATH = '', GITHUB_OUTPUT = '', GITHUB_STATE = '' } = main.env;
  const commandFiles = [GITHUB_ENV, GITHUB_PATH, GITHUB_OUTPUT, GITHUB_STATE];
  const probes = isolationScript({ mark: MARK, commandFiles, toolCache: main.env['RUNNER_TOOL_CACHE'] ?? '' });
  writeFileSync(join(workspace, 'probes.sh'), probes);
  writeFileSync(join(workspace, 'dial.mjs'), dialProgram());
  if (IS_ROOT) chownSync(workspace, USER.uid, USER.gid);

  const entry = await step.start();
  await untilSaid(entry, 'probe: the wait');
  const { runId } = JSON.parse(main.state()['awf'] ?? '{}') as { runId: string };
  const containers = runContainers(runId);
  const { internal } = networkNames(runId);
  const places = JSON.parse(
    docker(['inspect', '--format={{json .NetworkSettings.Networks}}', containers.squid]),
  ) as Record<string, { IPAddress: string }>;
  const outer = Object.keys(places).find((name) => name !== internal) ?? '';
  internalIpv6 = docker(['network', 'inspect', '--format={{.EnableIPv6}}', internal]);
  const subnet = docker(['network', 'inspect', '--format={{(index .IPAM.Config 0).Subnet}}', internal]);
  const { squid } = addressesIn(subnet);
  pids = [
    entry.pid,
    ...[containers.squid, containers['api-proxy']].map((name) =>
      Number(docker(['inspect', '--format={{.State.Pid}}', name])),
    ),
  ];
  const bridge = `tcp://${startNeighbour('bridge')}:80`;
  const service = `tcp://${startNeighbour(outer)}:80`;
  targets = {
    host: hostTargets(internal, outer),
    neighbours: [bridge, service],
    own: [`tcp://${squid}:${SQUID_PORT}`],
  };

  const reachesHost = ['tcp', 'udp'].map((kind) => `${kind}://${bridgeAddress()}:${listener.port}`);
  controls = { ...(await dialFrom('bridge', [...reachesHost, bridge])), ...(await dialFrom(outer, [service])) };
  heardFromControls = listener.peers.length;
  askedFromOutside = askFrom(
    outer,
    { internal: squid, outer: places[outer]?.IPAddress ?? '' },
    addressesIn(subnet).agent,
  );

  writeFileSync(join(workspace, 'pids'), pids.join('\n'));
  const list = [...Object.values(FOREIGN), ...Object.values(targets).flat()];
  writeFileSync(join(workspace, 'targets.json'), JSON.stringify(list));
  await untilSaid(entry, 'probe: the end');
  // A network can be removed only when no container is on it.
  docker(['rm', '--force', ...neighbours]);
  writeFileSync(join(workspace, 'end'), '');
  result = await entry.done;
  sections = sectionsOf(result.stdout);
  agentOutcomes = JSON.parse(sections['dial'] ?? '{}') as Record<string, Outcome>;
});
afterAll(() => {
  listener.close();
  step.runner.remove();
});

const linesOf = (name: string): string[] => {
  const text = sections[name];
  if (text === undefined) throw new Error(`no output of ${name} in ${result.stdout}`);
  return text.split('\n').filter((line) => line !== '');
};

describe('the agent container', () => {
  test('runs as the workspace owner, without capabilities, new privileges or unfiltered system calls', () => {
    expect(result.code, result.stdout + result.stderr).toBe(0);
    const none = '0000000000000000';
    const capabilities = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((name) => `${name}:\t${none}`);
    expect(linesOf('identity')).toEqual([
      ...[String(USER.uid), String(USER.gid)],
      ...capabilities,
      ...['NoNewPrivs:\t1', 'Seccomp:\t2'],
    ]);
  });

  test('can write only to its workspace and its own /tmp', () => {
    expect(linesOf('writable')).toEqual(['.', '/tmp']);
    expect(linesOf('root').map((line) => line.replace(/,.*/, ''))).toEqual(['/ ro', '/usr ro']);
  });
});

describe('ways out of the network', () => {
  test.each(Object.entries(FOREIGN))('%s', (_, target) => {
    expect(agentOutcomes[target]).toMatch(unheard(target));
  });

  test('control: the same program reaches what the agent should reach', () => {
    for (const target of targets.own) expect(agentOutcomes[target]).toBe('connected');
  });

  test('X1 a lookup reaches no server and fails fast', () => {
    const { own, engine, back } = JSON.parse(linesOf('X1')[0] ?? '{}') as Record<
      'own' | 'engine',
      { code: string; ms: number }
    > & { back: number };
    expect(own.code).toBe('ENOTFOUND');
    expect(own.ms).toBeLessThan(1_000);
    expect(engine.code).not.toBe('resolved');
    // What the engine's resolver forwards ends up in the container that asked.
    expect(back).toBeLessThanOrEqual(2);
    expect(linesOf('X1 getent')).toEqual(['exit 2']);
  });

  test('X4 has no IPv6 address and no IPv6 route except loopback', () => {
    expect(internalIpv6).toBe('false');
    expect(linesOf('X4').filter((line) => !/ lo$/.test(line))).toEqual([]);
  });

  test('X5 cannot reach the host at any of its addresses', () => {
    expect(targets.host.length).toBeGreaterThanOrEqual(6);
    for (const target of targets.host)
      expect([target, agentOutcomes[target]]).toEqual([target, expect.stringMatching(unheard(target))]);
    expect(listener.peers.slice(heardFromControls)).toEqual([]);
  });

  test('X5, X6 control: an ordinary container reaches the host and the other containers', () => {
    expect(Object.values(controls).sort()).toEqual(['answered', 'connected', 'connected', 'connected']);
  });

  test('X6 cannot reach any other container of the host', () => {
    for (const target of targets.neighbours)
      expect([target, agentOutcomes[target]]).toEqual([target, expect.stringMatching(unheard(target))]);
  });

  test('a neighbour of Squid’s is refused there, and cannot pass for the agent', () => {
    expect(askedFromOutside.filter((line) => /HTTP\/1\.\d/.test(line))).toEqual([
      expect.stringMatching(/^HTTP\/1\.1 403 /),
    ]);
  });

  test('X17 gets nowhere without the proxy variables', () => {
    expect(linesOf('X17').at(-1)).toBe('exit 6');
  });
});

describe('ways to the job and the host', () => {
  test('E2 leaves the command files of the job alone', () => {
    const { main } = step.runner;
    expect(main.exported()).toEqual({});
    expect(main.paths()).toEqual([]);
    expect({ ...main.outputs(), ...main.state() }).not.toHaveProperty('FORGED');
    expect(linesOf('E2 own files')).toEqual(['FORGED=1']);
  });

  test('E6 keeps nothing except the workspace', () => {
    const { env } = step.runner.main;
    expect(linesOf('E6')).toEqual([MARK, MARK, MARK, MARK]);
    expect(readdirSync(env['HOME'] ?? '', { recursive: true })).toEqual([]);
    expect(readdirSync(env['RUNNER_TOOL_CACHE'] ?? '')).toEqual([]);
    expect(existsSync(`/usr/local/bin/${MARK}`)).toBe(false);
    expect(existsSync(`/tmp/${MARK}`)).toBe(false);
    const kept = statSync(join(step.runner.workspace, 'kept'));
    expect({ uid: kept.uid, gid: kept.gid }).toEqual(USER);
  });

  test('E7, X3 is denied everything that takes a capability', () => {
    expect(linesOf('E7')).toEqual([]);
    expect(linesOf('E7 devices')).toEqual([]);
    const capable = ['SYS_ADMIN', 'SYS_CHROOT', 'MKNOD', 'NET_RAW'].map((name) => `--cap-add=${name}`);
    const open = ['seccomp', 'apparmor', 'systempaths'].map((name) => `--security-opt=${name}=unconfined`);
    const control = ['run', '--rm', '--interactive', '--user=0:0', '--network=none', '--entrypoint=bash'];
    expect(docker([...control, ...capable, ...open, DEBIAN_IMAGE, '-s'], PRIVILEGED_SCRIPT).split('\n')).toEqual(
      PRIVILEGED_NAMES,
    );
  });

  test('R9 sees neither the runner nor the sidecars', () => {
    const [, ...namespaces] = ['', ...linesOf('R9').filter((line) => /:\[\d+\]$/.test(line))];
    expect(linesOf('R9').filter((line) => /signalled|sees/.test(line))).toEqual([]);
    expect(namespaces).toHaveLength(5);
    for (const kind of ['pid', 'ipc', 'net', 'mnt', 'uts'])
      expect(namespaces).not.toContain(readlinkSync(`/proc/self/ns/${kind}`));
    expect(pids.every((pid) => pid > 100)).toBe(true);
  });

  test('D4 leaves no process behind', async () => {
    expect(Number(linesOf('D4').at(-1))).toBeGreaterThanOrEqual(15);
    const heart = join(step.runner.workspace, 'heart');
    const beats = readFileSync(heart, 'utf8');
    await sleep(500);
    expect(readFileSync(heart, 'utf8')).toBe(beats);
    expect(commandLines()).not.toContain(MARK);
  });
});
