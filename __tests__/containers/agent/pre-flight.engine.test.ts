import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtImageNames } from '../../../src/docker/images.ts';
import { AGENT_LIB } from '../../../src/shared/contract.ts';
import { ROOT } from '../../../testing/root.ts';
import { bridgeAddress, docker } from '../../../testing/engine/engine.ts';
import { listen, type Listening } from '../../../testing/listen.ts';

/** A name that the engine's resolver knows on networks that have one. */
const KNOWN_NAME = 'known.invalid';

/** Docker's options for a network that isolates on this engine. */
const ISOLATED = ['--internal', '--ipv6=false', '--opt=com.docker.network.bridge.inhibit_ipv4=true'];

/** Docker's options for what every container of a run is told, as far as a process can see it. */
const CONFINED = [
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--read-only',
  '--tmpfs=/tmp',
  `--volume=${AGENT_LIB}`,
];

interface Check {
  readonly lines: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The engine's network. By default one from which nothing can be reached. */
  readonly network?: string;
  /** Further options of `docker run`. */
  readonly options?: readonly string[];
}

/** Runs `work` with a network of its own. */
async function withNetwork(options: readonly string[], work: (network: string) => Promise<void>): Promise<void> {
  const network = `test-awf-${randomUUID()}`;
  docker(['network', 'create', ...options, network]);
  try {
    await work(network);
  } finally {
    docker(['network', 'rm', network]);
  }
}

/** The address that an engine keeps for the host on a network. Newer ones keep none: then one that no container gets. */
function gatewayOf(network: string): string {
  const format = '{{with index .IPAM.Config 0}}{{.Subnet}} {{.Gateway}}{{end}}';
  const [subnet, gateway] = docker(['network', 'inspect', `--format=${format}`, network]).split(' ');
  return gateway === undefined ? subnet!.replace(/\.0\/\d+$/, '.254') : gateway;
}

interface Outcome {
  readonly code: number | string;
  readonly stderr: string;
}

/** Runs the check in the agent's image, as its entrypoint does. */
const preflight = (check: Check): Promise<Outcome> => inAgentImage([`${AGENT_LIB}/api-proxy-health-check.sh`], check);

/** @param command arguments of BusyBox's shell */
function inAgentImage(
  command: readonly string[],
  { lines, env = {}, network = 'none', options = [] }: Check,
): Promise<Outcome> {
  const args = [
    ...['run', '--rm', '--interactive', `--network=${network}`, `--entrypoint=${AGENT_LIB}/busybox`],
    ...(['none', 'bridge'].includes(network) ? [] : [`--network-alias=${KNOWN_NAME}`]),
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
    ...options,
    ...[builtImageNames(join(ROOT, 'dist')).agent, 'sh', ...command],
  ];
  return new Promise((resolve) => {
    const child = execFile('docker', args, (error, _, stderr) => {
      resolve({ code: error?.code ?? 0, stderr });
    });
    child.stdin?.end(['patience 5', ...lines].map((line) => `${line}\n`).join(''));
  });
}

const failure = (why: string): unknown => ({ code: 1, stderr: `pre-flight check failed: ${why}\n` });
const SUCCESS = { code: 0, stderr: '' };

/** Answers every tunnel with `status`, as Squid does in one of its states. */
function squidThatAnswers(status: number): Server {
  return createServer().on('connect', (_, socket) => {
    // The check reads only the first line.
    socket.on('error', () => socket.destroy());
    socket.end(`HTTP/1.1 ${status} Answer\r\n\r\n`);
  });
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
}

describe('the pre-flight check', () => {
  const host = bridgeAddress();
  let ready: Listening;
  let starting: Listening;
  beforeAll(async () => {
    ready = await listen(squidThatAnswers(403), host, 0);
    starting = await listen(squidThatAnswers(500), host, 0);
  });
  afterAll(async () => {
    await ready.close();
    await starting.close();
  });

  test.concurrent.each<[string, Check]>([
    ['absent', { lines: ['absent OPENAI_API_KEY'] }],
    ['placeholder', { lines: ['placeholder TOKEN the-placeholder'], env: { TOKEN: 'the-placeholder' } }],
    ['isolated', { lines: ['isolated 10.1.2.3 none.invalid'] }],
    ['confined', { lines: ['confined'], options: CONFINED }],
    ['same', { lines: [`same ${identityOf('/usr')} /usr`], options: ['--volume=/usr:/usr:ro'] }],
    ['all at once', { lines: ['absent A', 'placeholder B b', 'isolated 10.1.2.3 none.invalid'], env: { B: 'b' } }],
  ])('passes: %s', async (_, check) => {
    expect(await preflight(check)).toEqual(SUCCESS);
  });

  test.concurrent.each<[string, string, Check]>([
    [
      'a credential',
      'OPENAI_API_KEY is set; no credential may be in the sandbox',
      { lines: ['absent OPENAI_API_KEY'], env: { OPENAI_API_KEY: 'sk-secret' } },
    ],
    [
      'a credential that is empty',
      'OPENAI_API_KEY is set; no credential may be in the sandbox',
      { lines: ['absent OPENAI_API_KEY'], env: { OPENAI_API_KEY: '' } },
    ],
    [
      'a placeholder that is missing',
      'TOKEN is not set; it must hold its placeholder',
      { lines: ['placeholder TOKEN x'] },
    ],
    [
      'a placeholder that is something else',
      'TOKEN does not hold its placeholder',
      { lines: ['placeholder TOKEN x'], env: { TOKEN: 'x-secret' } },
    ],
    [
      'a route that leads out',
      'a route leads out of the internal network',
      { lines: ['isolated 10.1.2.3 none.invalid'], network: 'bridge' },
    ],
    [
      'a host that can be reached',
      `the host answers at ${host}; the internal network does not isolate on this engine`,
      { lines: [`isolated ${host} none.invalid`], network: 'bridge' },
    ],
    [
      'no Squid',
      'Squid does not answer at 127.0.0.1:1 within 5 seconds',
      { lines: ['squid 127.0.0.1:1 ready.invalid'] },
    ],
    [
      'no listener',
      'URL is http://127.0.0.1:2/v1, and nothing accepts a connection there within 5 seconds',
      { lines: ['listening URL'], env: { URL: 'http://127.0.0.1:2/v1' } },
    ],
    [
      'another directory than the runner’s',
      'the Docker engine has something else at /a b than AWF has; one of them runs in a container or a mount namespace of its own',
      { lines: [`same ${identityOf('/usr')} /a b`], options: ['--volume=/usr/lib:/a b:ro'] },
    ],
    [
      'a directory that is not there',
      'the Docker engine has something else at /none than AWF has; one of them runs in a container or a mount namespace of its own',
      { lines: ['same 1:2 /none'] },
    ],
    ['a check that it does not know', 'unknown check: nonsense', { lines: ['nonsense X'] }],
    ['no check at all', 'unknown check: ', { lines: [''] }],
    [
      'one of many',
      'C is set; no credential may be in the sandbox',
      { lines: ['absent A', 'placeholder B b', 'absent C', 'absent D'], env: { B: 'b', C: 'secret' } },
    ],
  ])('fails: %s', async (_, why, check) => {
    const result = await preflight(check);
    expect(result).toEqual(failure(why));
    expect(result.stderr).not.toContain('secret\n');
  });

  test.concurrent('fails: a resolver that answers', async () => {
    // The options keep the host from answering, or that would be the reason.
    await withNetwork(ISOLATED, async (network) => {
      const lines = [`isolated ${gatewayOf(network)} ${KNOWN_NAME}`];
      expect(await preflight({ lines, network })).toEqual(
        failure('names are resolved for the sandbox; the internal network does not isolate on this engine'),
      );
    });
  });

  test.concurrent('passes: a network that isolates', async () => {
    await withNetwork(ISOLATED, async (network) => {
      const lines = [`isolated ${gatewayOf(network)} none.invalid`];
      expect(await preflight({ lines, network, options: ['--dns=127.0.0.1'] })).toMatchObject({ code: 0 });
    });
  });

  test.concurrent('fails: a host that drops what is sent to its ports', async () => {
    await withNetwork(ISOLATED, async (network) => {
      const gateway = gatewayOf(network);
      // A second container plays the host: it has the gateway's address, and cannot send an answer to any packet.
      const ip = `${AGENT_LIB}/busybox ip`;
      const silent = `${ip} address add "$1/32" dev eth0 && ${ip} route add blackhole "$2/1" && ${ip} route add blackhole "$3/1" &&
        ${ip} route flush dev eth0; echo ready; exec ${AGENT_LIB}/busybox sleep 60`;
      const host = docker([
        ...['run', '--detach', '--rm', `--network=${network}`, '--cap-add=NET_ADMIN', '--user=0:0'],
        ...[`--entrypoint=${AGENT_LIB}/busybox`, builtImageNames(join(ROOT, 'dist')).agent, 'sh', '-c', silent],
        ...['-', gateway, '0.0.0.0', '128.0.0.0'],
      ]);
      try {
        const lines = [`isolated ${gateway} none.invalid`];
        const result = await preflight({ lines, network });
        expect(result.stderr).toContain(`the host answers at ${gateway}`);
      } finally {
        docker(['rm', '--force', host]);
      }
    });
  });

  test.concurrent('fails: a peer whose packets a firewall drops, long before the patience is over', async () => {
    await withNetwork(ISOLATED, async (network) => {
      // A second container plays the peer: it tells its hardware address, and sends no packet.
      const ip = `${AGENT_LIB}/busybox ip`;
      const mute = `${ip} route add blackhole 0.0.0.0/1; ${ip} route add blackhole 128.0.0.0/1; ${ip} route flush dev eth0;
        exec ${AGENT_LIB}/busybox sleep 60`;
      const peer = docker([
        ...['run', '--detach', '--rm', `--network=${network}`, '--cap-add=NET_ADMIN', '--user=0:0'],
        ...[`--entrypoint=${AGENT_LIB}/busybox`, builtImageNames(join(ROOT, 'dist')).agent, 'sh', '-c', mute],
      ]);
      const address = docker(['inspect', '--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', peer]);
      try {
        const why = `packets to ${address} are dropped on this machine; its firewall has no rule that lets containers reach each other`;
        const lines = ['patience 50', `squid ${address}:3128 ready.invalid`];
        expect(await preflight({ lines, network })).toEqual(failure(why));
      } finally {
        docker(['rm', '--force', peer]);
      }
    });
  });

  test.concurrent('X21 fails: an interface with an IPv6 address', async () => {
    const options = [...ISOLATED, '--ipv6=true', '--subnet=fd00:a3f0:11c5::/64'];
    await withNetwork(options, async (network) => {
      const lines = ['isolated 10.1.2.3 none.invalid'];
      expect(await preflight({ lines, network })).toEqual(failure('an interface of the sandbox has an IPv6 address'));
      const off = ['--sysctl=net.ipv6.conf.all.disable_ipv6=1'];
      // Control: the engine gives no address where the container has switched IPv6 off, or does not start it.
      expect((await preflight({ lines, network, options: off })).stderr).not.toContain('has an IPv6 address');
    });
  });

  test.concurrent('waits for a listener for at least the 5 seconds that its message names', async () => {
    // Starts late in a second of the clock, because counting whole seconds then makes the largest error.
    const script = `
      hundredths() { read -r uptime rest < /proc/uptime; echo "\${uptime%.*}\${uptime#*.}"; }
      until case $(hundredths) in *9?) true ;; *) false ;; esac; do ${AGENT_LIB}/busybox usleep 5000; done
      start=$(hundredths)
      ${AGENT_LIB}/busybox sh ${AGENT_LIB}/api-proxy-health-check.sh
      echo "waited $(($(hundredths) - start))" >&2`;
    const { stderr } = await inAgentImage(['-c', script], { lines: ['squid 127.0.0.1:1 ready.invalid'] });
    expect(Number(/waited (\d+)/.exec(stderr)?.[1])).toBeGreaterThanOrEqual(500);
  });

  test.concurrent.each([
    ['--cap-drop=ALL', /^the kernel reports CapPrm: [0-9a-f]{16}; /],
    ['--security-opt=no-new-privileges', /^the kernel reports NoNewPrivs: 0; /],
    ['--security-opt=seccomp=unconfined', /^the kernel reports Seccomp: 0; /],
    ['--read-only', /^the kernel reports a root file system that can be written; /],
  ])('fails without, or with, %s', async (option, why) => {
    const options = CONFINED.includes(option) ? CONFINED.filter((other) => other !== option) : [...CONFINED, option];
    const { code, stderr } = await preflight({ lines: ['confined'], options });
    expect(code).toBe(1);
    expect(stderr.replace('pre-flight check failed: ', '')).toMatch(why);
    expect(stderr).toMatch(/; the engine's runtime does not confine the sandbox\n$/);
  });

  test.concurrent('passes if Squid refuses the name and a port accepts', async () => {
    const address = `${host}:${ready.port}`;
    const lines = [`squid ${address} ready.invalid`, 'listening URL'];
    const env = { URL: `http://${address}/v1` };
    expect(await preflight({ lines, env, network: 'bridge' })).toEqual(SUCCESS);
  });

  test.concurrent('fails if Squid is up but its second port is not', async () => {
    const address = `${host}:${starting.port}`;
    const result = await preflight({ lines: [`squid ${address} ready.invalid`], network: 'bridge' });
    expect(result).toEqual(failure(`Squid does not answer at ${address} within 5 seconds`));
  });
});
