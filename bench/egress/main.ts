/**
 * Compares a tunnel through Squid with a direct connection, and an allow-list of 1,000 entries with one of 10. `npm run
 * bench:egress -- [ROUNDS]`
 *
 * Everything is in one network namespace, so that nothing but Squid takes time: a server that answers the first octets, and
 * a client that opens tunnels one after the other, in turn directly, through one Squid, and through the other.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageNames } from '../../src/docker/images.ts';
import { SQUID_PORT } from '../../src/shared/network.ts';
import { squidConfig } from '../../src/squid/config.ts';
import { docker } from '../../testing/engine/engine.ts';
import { imageWithTools } from '../../testing/engine/test-image.ts';
import { allowing } from '../../testing/options.ts';
import { ROOT } from '../../testing/root.ts';
import { median } from '../statistics.ts';
import { clientHello, records, serverNames } from '../../testing/client-hello.ts';

const ADDRESSES = { agent: '127.0.0.20', squid: '127.0.0.1', 'api-proxy': '127.0.0.30', gateway: '127.0.0.1' };
const SERVER = '127.0.0.40';
const NAME = 'host7.example.com';
const TUNNELS = 200;
const SIZES = [10, 1_000];
const IMAGES = imageNames(ROOT);

/** Ports of the second Squid, in the place of the first one's. */
const moved = (configuration: string, by: number): string =>
  configuration
    .replaceAll(/\b(3128|3129)\b/g, (port) => String(Number(port) + by))
    .replaceAll('/var/log/squid/', `/var/log/squid/${String(by)}-`);

const PROGRAM = `
const net = require('node:net');
const { address, ports, hello, name, from, tunnels } = JSON.parse(process.argv[1]);
net.createServer((socket) => { socket.on('error', () => {}); socket.once('data', () => socket.end('REACHED')); }).listen(443, address);
const open = (port) => new Promise((resolve, reject) => {
  const start = process.hrtime.bigint();
  const socket = port === undefined ? net.connect(443, address) : net.connect({ host: '127.0.0.1', port, localAddress: from });
  let text = '';
  let sent = port === undefined;
  if (sent) socket.write(Buffer.from(hello, 'hex'));
  else socket.write('CONNECT ' + name + ':443 HTTP/1.1\\r\\nHost: ' + name + ':443\\r\\n\\r\\n');
  socket.setNoDelay(true).on('error', reject).on('close', () => reject(new Error(text.split('\\r')[0]))).on('data', (chunk) => {
    text += chunk;
    if (!sent && text.includes('\\r\\n\\r\\n')) { sent = true; socket.write(Buffer.from(hello, 'hex')); }
    if (text.includes('REACHED')) { resolve(Number(process.hrtime.bigint() - start) / 1e6); socket.destroy(); }
  });
});
(async () => {
  for (const port of ports) for (let tries = 0; ; tries++) {
    try { await open(port); break; } catch (error) { if (tries > 100) throw error; await new Promise((next) => setTimeout(next, 100)); }
  }
  const times = [[], ...ports.map(() => [])];
  for (let index = 0; index < tunnels; index++) {
    for (const [place, port] of [undefined, ...ports].entries()) times[place].push(await open(port));
  }
  console.log(JSON.stringify(times.map((list) => list.sort((a, b) => a - b)[list.length >> 1])));
  process.exit(0);
})();
`;

const configurations = SIZES.map((size, index) => {
  const list = Array.from({ length: size }, (_, number) => `host${String(number)}.example.com`).join('\n');
  return moved(
    squidConfig({
      ...{
        addresses: ADDRESSES,
        egress: allowing(list),
        targets: [],
        hostAddresses: [],
        modelPorts: [],
        namedHosts: [],
        transparent: false,
      },
      hosts: [{ name: NAME, address: SERVER }],
    }),
    index * 10,
  );
});

const directory = mkdtempSync(join(tmpdir(), 'bench-egress-'));
for (const [index, text] of configurations.entries()) writeFileSync(join(directory, String(index)), text);

/** @returns the medians of one round, in milliseconds: directly, then for each list */
function round(): number[] {
  const script = `echo '${SERVER} ${NAME}' >> /etc/hosts; mkdir -p /var/log/squid; chown proxy /var/log/squid
    squid -N -f /configurations/0 & exec squid -N -f /configurations/1`;
  const id = docker([
    ...['run', '--detach', '--rm', '--network=none', '--user=0:0', `--volume=${directory}:/configurations:ro`],
    ...['--entrypoint=bash', imageWithTools('squid'), '-c', script],
  ]);
  try {
    const input = {
      ...{
        address: SERVER,
        ports: SIZES.map((_, index) => SQUID_PORT + index * 10),
        name: NAME,
        from: ADDRESSES.agent,
      },
      ...{ hello: records(clientHello(serverNames(NAME))).toString('hex'), tunnels: TUNNELS },
    };
    const client = ['run', '--rm', `--network=container:${id}`, '--user=0:0', '--entrypoint=node', IMAGES['api-proxy']];
    return JSON.parse(docker([...client, '-e', PROGRAM, JSON.stringify(input)])) as number[];
  } finally {
    docker(['kill', id]);
  }
}

const rounds = Array.from({ length: Number(process.argv[2] ?? 5) }, round);
rmSync(directory, { recursive: true });
const column = (index: number): number => median(rounds.map((values) => values[index] ?? NaN));
const [direct, few, many] = [column(0), column(1), column(2)];
console.log(`a connection, directly        ${direct.toFixed(2)} ms`);
console.log(`a tunnel, 10 entries          ${few.toFixed(2)} ms, so ${(few - direct).toFixed(2)} ms more`);
console.log(
  `a tunnel, 1,000 entries       ${many.toFixed(2)} ms, ratio to 10 entries ${median(rounds.map(([, a = NaN, b = NaN]) => b / a)).toFixed(2)}`,
);
