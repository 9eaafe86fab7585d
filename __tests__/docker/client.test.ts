import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DockerClient } from '../../src/docker/client.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** A client whose `docker` is one of the test's own scripts. */
function clientWith(script: string): DockerClient {
  const directory = temporaryDirectory();
  const program = join(directory, 'docker');
  writeFileSync(program, `#!/bin/bash\n${script}\n`);
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${directory}:${process.env['PATH'] ?? ''}`);
  return new DockerClient(() => undefined);
}

const pulled = (script: string): Promise<unknown> =>
  clientWith(script)
    .succeed(['pull', 'debian:trixie-slim'])
    .catch((caught: unknown) => caught);

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a call', () => {
  test('fails when the docker client is killed, and does not name an exit code', async () => {
    const error = await pulled('kill -KILL $$');
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: 'docker pull was killed before it ended.' });
  });

  test('fails with the last line of standard error', async () => {
    const error = await pulled('echo first >&2; echo "toomanyrequests: slow down" >&2; exit 1');
    expect(error).toMatchObject({ message: 'docker pull failed (exit code 1): toomanyrequests: slow down' });
  });

  test.each([
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.',
    'failed to connect to the docker API at tcp://127.0.0.1:2375',
    'failed to open the raw stream connection: dial tcp 127.0.0.1:1: connect: connection refused',
  ])('tells the user what to do if no engine answers: %s', async (words) => {
    expect(await pulled(`echo '${words}' >&2; exit 1`)).toMatchObject({
      message: 'No Docker engine answers.',
      hint: expect.stringContaining('systemctl start docker') as string,
      cause: { message: words },
    });
  });

  test('passes on the lines of both streams, and keeps them', async () => {
    const lines: string[] = [];
    const client = clientWith('echo one; echo two >&2; exit 3');
    const result = await client.call(['build'], (line) => lines.push(line));
    expect(result).toEqual({ exitCode: 3, stdout: 'one\n', stderr: 'two\n' });
    expect(lines.toSorted()).toEqual(['one', 'two']);
  });

  test('reads a character that is split across two chunks as one', async () => {
    const script = String.raw`{ printf 'caf\303'; sleep 0.1; printf '\251\n'; } >&2; exit 1`;
    expect(await pulled(script)).toMatchObject({ message: 'docker pull failed (exit code 1): café' });
  });
});

test('a missing docker command is named, with a remedy', async () => {
  vi.stubEnv('PATH', temporaryDirectory());
  const error: unknown = await new DockerClient(() => undefined).succeed(['pull']).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    message: 'There is no docker command in PATH.',
    hint: expect.stringContaining('Install the Docker command line') as string,
  });
});
