import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DockerClient } from '../../src/docker/client.ts';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import { EngineLocation, socketOf } from '../../src/docker/engine-location.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { fakeSocket, frame } from '../../testing/engine/fake-socket.ts';

/** Puts a `docker` program of the test's own first in PATH. */
function docker(script: string): void {
  const program = join(temporaryDirectory(), 'docker');
  writeFileSync(program, `#!/bin/bash\n${script}\n`);
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${join(program, '..')}:${process.env['PATH'] ?? ''}`);
}

/** Relays standard input and output like `docker system dial-stdio`. */
const relayTo = (socket: string): string => `
  [[ $* == 'system dial-stdio' ]] || { echo "unexpected: $*" >&2; exit 1; }
  exec ${process.execPath} -e '
    const socket = require("net").connect({ path: "${socket}", allowHalfOpen: true });
    process.stdin.pipe(socket);
    socket.pipe(process.stdout);
  '`;

const location = (): EngineLocation => new EngineLocation(new DockerClient(() => undefined));

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a client that does not know contexts, such as Podman’s, does not tell where its engine is', async () => {
  vi.stubEnv('DOCKER_HOST', '');
  vi.stubEnv('DOCKER_CONTEXT', 'elsewhere');
  docker('exit 125');
  await expect(location().endpoint()).resolves.toBeUndefined();
  docker('echo unix:///run/docker.sock');
  await expect(location().endpoint()).resolves.toBe('unix:///run/docker.sock');
});

test.each([
  ['unix:///run/docker.sock', '/run/docker.sock'],
  ['unix://', undefined],
  ['tcp://127.0.0.1:2375', undefined],
  [undefined, undefined],
])('the socket of %s is %s', (endpoint, socket) => {
  expect(socketOf(endpoint)).toBe(socket);
});

test('a socket is connected without the client, which need not exist', async () => {
  vi.stubEnv('DOCKER_HOST', 'unix:///run/docker.sock');
  vi.stubEnv('PATH', temporaryDirectory());
  await expect(location().route()).resolves.toMatchObject({ socketPath: '/run/docker.sock' });
});

describe('an engine that is not behind a socket', () => {
  const attachment = (said: string[]) => {
    const keep = (chunk: Buffer): undefined => void said.push(chunk.toString());
    return { input: 'hello', later: undefined, onStdout: keep, onStderr: keep };
  };

  test('is reached through the client, for questions and for a container’s streams', async () => {
    const engine = await fakeSocket(
      ({ path }) =>
        path === '/containers/c/start'
          ? { status: 204 }
          : path === '/containers/c/wait'
            ? { body: { StatusCode: 7 } }
            : undefined,
      {
        attached: (stream) => {
          let input = '';
          stream.on('data', (chunk: Buffer) => (input += chunk.toString()));
          stream.on('end', () => stream.end(frame('stdout', `${input} back`)));
        },
      },
    );
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:2376');
    docker(relayTo(engine.path));
    const said: string[] = [];
    await expect(new DockerEngine(() => undefined).start('c', attachment(said))).resolves.toBe(7);
    expect(said).toEqual(['hello back']);
    await engine.close();
  });

  test.each([
    ['says why', 'echo "failed to open the raw stream connection: refused" >&2; exit 1', 'No Docker engine answers.'],
    [
      'knows no such context',
      'echo "Failed to initialize: unable to resolve docker endpoint: context x: context not found" >&2; exit 1',
      'The Docker client cannot tell where its engine is.',
    ],
    [
      'says something new',
      'echo "tls: bad certificate" >&2; exit 1',
      /^docker system dial-stdio failed .*tls: bad certificate$/,
    ],
    ['says nothing', 'exit 1', /^docker system dial-stdio failed \(exit code 1\): nothing on standard error$/],
    ['is killed', 'kill -KILL $$', /^docker system dial-stdio was killed before it ended\.$/],
    ['speaks in pieces', "printf 'zur\\303' >&2; sleep .1; printf '\\274ck' >&2; exit 1", /: zurück$/],
  ])('and a client that fails and %s is an error', async (_, script, message) => {
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:2376');
    docker(script);
    await expect(new DockerEngine(() => undefined).info()).rejects.toThrow(message);
  });

  test('and without a client, that is the error', async () => {
    vi.stubEnv('DOCKER_HOST', 'tcp://127.0.0.1:2376');
    vi.stubEnv('PATH', temporaryDirectory());
    await expect(new DockerEngine(() => undefined).info()).rejects.toThrow('There is no docker command in PATH.');
  });
});
