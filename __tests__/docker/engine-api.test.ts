import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DockerClient } from '../../src/docker/client.ts';
import { EngineApi } from '../../src/docker/engine-api.ts';
import { EngineLocation } from '../../src/docker/engine-location.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const LIMITS = { ping: 30, question: 60, work: 90 };
const closing: (() => void)[] = [];

/** An engine that does what a test says. */
async function apiOf(serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<EngineApi> {
  const path = join(temporaryDirectory(), 'docker.sock');
  const server = createServer(serve).listen(path);
  server.on('upgrade', (_, socket) =>
    socket.write('HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n'),
  );
  await once(server, 'listening');
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  vi.stubEnv('DOCKER_HOST', `unix://${path}`);
  const debug = (): void => undefined;
  return new EngineApi(new EngineLocation(new DockerClient(debug)), debug, LIMITS);
}

const isPing = ({ url }: IncomingMessage): boolean => url === '/_ping';

afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) close();
});

describe('an engine that hangs', () => {
  const QUESTION = { method: 'GET', path: '/info', goal: 'tell what it is' } as const;
  const WORK = { method: 'POST', path: '/networks/create', body: {}, goal: 'create the network' } as const;

  const atOnce = (): void => undefined;
  const afterPing = (request: IncomingMessage, response: ServerResponse): void => {
    if (isPing(request)) response.end();
  };
  const inAnswer = (request: IncomingMessage, response: ServerResponse): void => {
    if (isPing(request)) response.end();
    else response.write('{');
  };

  test.each([
    ['at once', atOnce, QUESTION, 0.03],
    ['at a question', afterPing, QUESTION, 0.06],
    ['at work', afterPing, WORK, 0.09],
    ['in the middle of its answer', inAnswer, QUESTION, 0.06],
  ])('%s is given up', async (_, serve, call, seconds) => {
    const api = await apiOf(serve);
    await expect(api.ask(call)).rejects.toMatchObject({
      message: `The Docker engine has not answered within ${seconds} seconds.`,
      hint: expect.stringContaining('systemctl restart docker') as string,
    });
  });

  test('is asked again the next time', async () => {
    let pings = 0;
    const api = await apiOf((request, response) => {
      if (!isPing(request) || ++pings > 1) response.end('{}');
    });
    await expect(api.ask(QUESTION)).rejects.toThrow('has not answered');
    expect(await api.ask(QUESTION)).toEqual({});
  });
});

test('a port for TLS says so, although it breaks the connection off', async () => {
  const directory = temporaryDirectory();
  const answer = 'HTTP/1.0 400 Bad Request\\r\\n\\r\\nClient sent an HTTP request to an HTTPS server.\\n';
  const script = `#!/bin/sh\nprintf '${answer}'; sleep 0.1; echo 'read: connection reset by peer' >&2; exit 1\n`;
  writeFileSync(join(directory, 'docker'), script, { mode: 0o755 });
  vi.stubEnv('PATH', [directory, process.env['PATH']].join(delimiter));
  vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:2376');
  const debug = (): void => undefined;
  const api = new EngineApi(new EngineLocation(new DockerClient(debug)), debug);
  await expect(api.ask({ method: 'GET', path: '/info', goal: 'tell what it is' })).rejects.toMatchObject({
    message: 'The Docker engine at this port expects TLS.',
    hint: expect.stringContaining('DOCKER_CERT_PATH') as string,
  });
});

test('what takes as long as a container runs is waited for: its end, and its output', async () => {
  const api = await apiOf((request, response) => {
    if (isPing(request)) response.end();
    else setTimeout(() => response.end('{"StatusCode":3}'), 2 * LIMITS.work);
  });
  const stream = await api.attach('c');
  const ended = await api.ask({ method: 'POST', path: '/containers/c/wait', goal: 'wait', isOpenEnded: true });
  expect(ended).toEqual({ StatusCode: 3 });
  await sleep(LIMITS.work);
  expect(stream.destroyed).toBe(false);
  stream.destroy();
});
