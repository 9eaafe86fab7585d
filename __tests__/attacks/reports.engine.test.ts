import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestsOfCommand, type Outside } from '../../testing/outside/outside.ts';
import { docker } from '../../testing/engine/engine.ts';
import { OwnResolver, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import type { RunResult } from '../../src/run/report.ts';
import { roleOf } from '../../src/shared/network.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { PROVIDER, RESOLVER, startTunnelRun, TUNNEL } from './tunnel-run.ts';

/** Tunnels that are open when the command ends. */
const TUNNELS = 20;
/** Connections that leave Squid with requests that it has not read yet. */
const FLOODS = 200;

/** An engine on which Squid gets no time from the end of the command until somebody asks it to end. */
class BusySquid extends OwnResolver {
  readonly asked: string[] = [];

  override stop(names: readonly string[], seconds: number): Promise<void> {
    const squid = names.find((name) => roleOf(name) === 'squid');
    if (squid !== undefined && !this.asked.includes(squid)) {
      this.asked.push(squid);
      docker(['unpause', squid]);
    }
    return super.stop(names, seconds);
  }
}

/** Runs in the agent's container, on the host's Node.js. */
const PROGRAM = `
const { connect } = require('node:net');
const tls = require('node:tls');
const { existsSync } = require('node:fs');
const proxy = new URL(process.env.https_proxy);
const dial = () => connect(Number(proxy.port), proxy.hostname).on('error', () => undefined);

const tunnel = () => new Promise((resolve) => {
  const socket = dial();
  socket.write('CONNECT ${TUNNEL.name}:443 HTTP/1.1\\r\\n\\r\\n');
  socket.once('data', () => {
    const session = tls.connect({ socket, servername: '${TUNNEL.name}', rejectUnauthorized: false }, resolve);
    session.on('error', (error) => console.log(error.code));
  });
});
const modelRequest = () => {
  const body = '{"model":"m","never-answered":true}';
  const { hostname, port } = new URL(process.env.OPENAI_BASE_URL);
  const head = ['POST /v1/chat/completions HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: ' + body.length];
  connect(Number(port), hostname).on('error', () => undefined).write(head.join('\\r\\n') + '\\r\\n\\r\\n' + body);
};
const flood = () => new Promise((resolve) => {
  const line = 'GET http://refused.example/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n';
  const socket = dial();
  socket.once('connect', () => socket.write(line.repeat(1_200), resolve));
  setTimeout(resolve, 300);
});
(async () => {
  while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));
  for (let i = 0; i < ${TUNNELS}; i++) await tunnel();
  modelRequest();
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log('open');
  while (!existsSync('end')) await new Promise((resolve) => setTimeout(resolve, 20));
  await Promise.all(Array.from({ length: ${FLOODS} }, flood));
  process.exit(0);
})();
`;

describe('L4 what is open when the command ends', () => {
  const engine = new BusySquid(RESOLVER);
  let run: SandboxRun;
  let outside: Outside;
  let result: RunResult;

  beforeAll(async () => {
    ({ run, outside } = await startTunnelRun(PROGRAM, { engine }));
    const { squid } = run.containers();
    await untilSaid(run, 'open');
    docker(['pause', squid]);
    run.writeFile('end', '');
    result = await run.done;
    await outside.stop();
  });
  afterAll(() => {
    run.removeFiles();
  });

  test('control: the run succeeded, and the upstream had every tunnel and the request', () => {
    expect(result).toMatchObject({ outcome: 'success', error: undefined });
    expect(engine.asked).toHaveLength(1);
    const connections = outside.events.filter((event) => event.kind === 'connection');
    expect(connections.filter(({ address }) => address === TUNNEL.address)).toHaveLength(TUNNELS);
    expect(requestsOfCommand(outside.events)).toMatchObject([{ serverName: PROVIDER.name }]);
  });

  test('every tunnel is in the report, although Squid had much else to do', () => {
    expect(result.traffic.domains?.allowed).toMatchObject([{ domain: TUNNEL.name, requests: TUNNELS }]);
    expect(result.traffic.domains?.unreadableLines).toBe(0);
  });

  test('so is the model request', () => {
    expect(result.traffic.usage).toMatchObject({ requests: 1 });
  });
});
