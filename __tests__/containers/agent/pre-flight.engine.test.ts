import { execFile } from 'node:child_process';
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

interface Check {
  readonly lines: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The engine's network. By default one from which nothing can be reached. */
  readonly network?: string;
}

interface Outcome {
  readonly code: number | string;
  readonly stderr: string;
}

/** Runs the check in the agent's image, as its entrypoint does. */
const preflight = (check: Check): Promise<Outcome> => inAgentImage([`${AGENT_LIB}/api-proxy-health-check.sh`], check);

/** @param command arguments of BusyBox's shell */
function inAgentImage(command: readonly string[], { lines, env = {}, network = 'none' }: Check): Promise<Outcome> {
  const args = [
    ...['run', '--rm', '--interactive', `--network=${network}`, `--entrypoint=${AGENT_LIB}/busybox`],
    ...(['none', 'bridge'].includes(network) ? [] : [`--network-alias=${KNOWN_NAME}`]),
    ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
    ...[builtImageNames(join(ROOT, 'dist')).agent, 'sh', ...command],
  ];
  return new Promise((resolve) => {
    const child = execFile('docker', args, (error, _, stderr) => {
      resolve({ code: error?.code ?? 0, stderr });
    });
    child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
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
    const network = `test-awf-${process.pid}-${Date.now()}`;
    docker(['network', 'create', '--internal', network]);
    try {
      const gateway = docker(['network', 'inspect', '--format={{(index .IPAM.Config 0).Gateway}}', network]);
      const lines = [`isolated ${gateway} ${KNOWN_NAME}`];
      const result = await preflight({ lines, network });
      expect(result).toEqual(
        failure('names are resolved for the sandbox; the internal network does not isolate on this engine'),
      );
    } finally {
      docker(['network', 'rm', network]);
    }
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
