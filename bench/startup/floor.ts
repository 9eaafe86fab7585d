/**
 * The floor for `bench/startup`: the least that gives a command three containers with this network layout. All three
 * start together and announce themselves to each other, and the agent waits for the sidecars in a loop. There are no
 * options, checks, logs or relay. Run it in its own process, as AWF is:
 * `node floor.ts SQUID_IMAGE API_PROXY_IMAGE AGENT_IMAGE SUBNET SQUID_CONF`.
 *
 * Prints one line of JSON: milliseconds from the start of the process to the command's first instruction, and from its
 * end to the removal of the last network.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PEERS_VARIABLE } from '../../src/shared/contract.ts';
import { addressesIn, SQUID_PORT, squidUrl } from '../../src/shared/network.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';

/** Milliseconds for Squid, which logs a tunnel only when it has ended. */
const SQUID_GRACE_MS = 50;

const [squidImage = '', apiProxyImage = '', agentImage = '', subnet = '', squidConf = ''] = process.argv.slice(2);
const address = addressesIn(subnet);
const configuration = readFileSync(squidConf, 'utf8');
const peers = [
  `${address.squid}:${String(SQUID_PORT)}`,
  ...PROVIDERS.slice(0, 1).map(({ port }) => `${address['api-proxy']}:${String(port)}`),
];

const gate = `
b=/tmp/awf-lib/busybox
for peer in ${peers.join(' ')}; do
  until $b nc -w 1 \${peer%:*} \${peer#*:} -e $b true; do $b usleep 5000; done
done 2> /dev/null
echo started
`;

await Promise.all([
  docker(['network', 'create', '--internal', `--subnet=${subnet}`, 'floor-internal']),
  docker(['network', 'create', '--subnet=10.99.8.0/24', 'floor-outer']),
]);
const squid = (async () => {
  await docker([
    'create',
    '-i',
    '--name=floor-squid',
    `--env=${PEERS_VARIABLE}=${address.agent}`,
    '--network=floor-internal',
    `--ip=${address.squid}`,
    squidImage,
  ]);
  await docker(['network', 'connect', 'floor-outer', 'floor-squid']);
  await docker(['start', '-a', '-i', 'floor-squid'], configuration).catch(() => undefined);
})();
const apiProxy = docker(
  [
    'run',
    '-i',
    '--name=floor-api-proxy',
    `--env=${PEERS_VARIABLE}=${address.agent}`,
    '--network=floor-internal',
    `--ip=${address['api-proxy']}`,
    apiProxyImage,
  ],
  JSON.stringify({ proxyUrl: squidUrl(address), providers: {}, maxBodyBytes: 1 }),
).catch(() => undefined);
let startMs = Number.NaN;
await docker(
  [
    'run',
    '--name=floor-agent',
    '--network=floor-internal',
    `--ip=${address.agent}`,
    '--entrypoint=/tmp/awf-lib/busybox',
    agentImage,
    'sh',
    '-c',
    gate,
  ],
  '',
  () => (startMs = performance.now()),
);
const ended = performance.now();
await docker(['rm', '-f', 'floor-agent', 'floor-api-proxy']);
await sleep(SQUID_GRACE_MS);
await docker(['rm', '-f', 'floor-squid']);
await Promise.all([docker(['network', 'rm', 'floor-internal']), docker(['network', 'rm', 'floor-outer'])]);
const stopMs = performance.now() - ended;
await Promise.all([squid, apiProxy]);
console.log(JSON.stringify({ startMs, stopMs }));

function docker(args: string[], input = '', onOutput?: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let stderr = '';
    child.stdout.on('data', () => onOutput?.());
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`docker ${args[0] ?? ''}: ${stderr}`));
    });
    child.stdin.end(input);
  });
}
