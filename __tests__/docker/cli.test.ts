import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DockerCli } from '../../src/docker/cli.ts';
import type { Attachment } from '../../src/docker/engine.ts';
import type { ContainerSpec } from '../../src/docker/spec.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

/** A Docker command line whose `docker` is one of the test's own scripts. */
function cliWith(script: string): DockerCli {
  const directory = temporaryDirectory();
  const program = join(directory, 'docker');
  writeFileSync(program, `#!/bin/bash\n${script}\n`);
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${directory}:${process.env['PATH'] ?? ''}`);
  return new DockerCli(() => undefined);
}

const SPEC: ContainerSpec = {
  name: 'awf-agent',
  image: 'awf-agent:0123',
  runId: '0123abcd',
  network: 'none',
  user: '1001:1001',
  limits: { memory: '1g', pids: 10 },
  seccompProfile: '/run/seccomp.json',
  mounts: [],
  tmpfs: [],
  environment: {},
};

/** An attachment that collects both streams as text. */
function collecting(): { attachment: Attachment; text: () => string } {
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer): undefined => {
    chunks.push(chunk);
  };
  return {
    attachment: { input: '', later: undefined, onStdout: keep, onStderr: keep },
    text: () => Buffer.concat(chunks).toString(),
  };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a client that does not know contexts, such as Podman’s, does not tell where its engine is', async () => {
  vi.stubEnv('DOCKER_HOST', '');
  vi.stubEnv('DOCKER_CONTEXT', 'elsewhere');
  await expect(cliWith('exit 125').endpoint()).resolves.toBeUndefined();
  await expect(cliWith('echo unix:///run/docker.sock').endpoint()).resolves.toBe('unix:///run/docker.sock');
});

describe('the exit code of a container', () => {
  test.each([0, 1, 125, 137])('%i is the result of the run', async (code) => {
    const { attachment, text } = collecting();
    await expect(cliWith(`echo hello; exit ${code}`).run(SPEC, attachment)).resolves.toBe(code);
    expect(text()).toBe('hello\n');
  });

  test.each(['KILL', 'TERM'])(
    'a docker client that is killed by SIG%s has none: the sandbox failed',
    async (signal) => {
      const error: unknown = await cliWith(`kill -${signal} $$`)
        .run(SPEC, collecting().attachment)
        .catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(UserError);
      expect(error).toMatchObject({ message: `docker run was killed by SIG${signal} before it ended.` });
    },
  );

  test('an attached start reports the same', async () => {
    const start = cliWith('kill -KILL $$').start('awf-squid', collecting().attachment);
    await expect(start).rejects.toThrow('docker start was killed by SIGKILL before it ended.');
  });

  test('an engine message at the beginning of standard error means that there was no container', async () => {
    const script = 'echo "docker: Error response from daemon: no such network." >&2; exit 125';
    await expect(cliWith(script).run(SPEC, collecting().attachment)).rejects.toThrow(
      'docker run failed (exit code 125): docker: Error response from daemon: no such network.',
    );
  });
});

describe('a call that is not attached', () => {
  test('fails when the docker client is killed, and does not name an exit code', async () => {
    const error: unknown = await cliWith('kill -KILL $$')
      .pull('debian:trixie-slim')
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ message: 'docker pull was killed before it ended.' });
  });

  test('fails with the last line of standard error', async () => {
    const script = 'echo first >&2; echo "toomanyrequests: slow down" >&2; exit 1';
    await expect(cliWith(script).pull('debian:trixie-slim')).rejects.toThrow(
      'docker pull failed (exit code 1): toomanyrequests: slow down',
    );
  });

  test('tells the user what to do if no engine answers', async () => {
    const script = 'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1';
    const error: unknown = await cliWith(script)
      .pull('debian:trixie-slim')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      message: 'No Docker engine answers.',
      hint: expect.stringContaining('systemctl start docker') as string,
    });
  });
});

describe('what the engine has', () => {
  test('containers with their state, and the run that they belong to', async () => {
    const script = String.raw`printf '%s\n' 'web|Up 2 hours (healthy)|||' 'db|Created|||' \
      'awf-agent|Exited (137) 1 second ago|0123abcd|boot/pid:[1]/time:[2]/3/4|' 'awf-squid|Up 1 second|0123abcd||true'`;
    expect(await cliWith(script).containers()).toEqual([
      { name: 'web', isRunning: true, mark: undefined },
      { name: 'db', isRunning: false, mark: undefined },
      {
        name: 'awf-agent',
        isRunning: false,
        mark: { runId: '0123abcd', owner: 'boot/pid:[1]/time:[2]/3/4', isKept: false },
      },
      { name: 'awf-squid', isRunning: true, mark: { runId: '0123abcd', owner: undefined, isKept: true } },
    ]);
  });

  test('containers on networks, even if one of them ends meanwhile', async () => {
    const networks = JSON.stringify({ github_network_1: { IPAddress: '10.0.0.2', Aliases: ['db'] } });
    const script = `case $1 in
      ps) printf 'a\\nb\\n' ;;
      container) [[ $* == *' a b' ]] && echo '${networks}'; echo 'Error: No such container: b' >&2; exit 1 ;;
    esac`;
    const found = await cliWith(script).neighbours('github_network_');
    expect(found).toEqual([{ network: 'github_network_1', names: ['db'], address: '10.0.0.2' }]);
  });

  test('networks and volumes of runs, whose labels the client is asked for in the same order', async () => {
    const script = `[[ $* == *'{{.Label "awf.run"}}|{{.Label "awf.owner"}}|{{.Label "awf.kept"}}'* ]] && echo 'a|b|'`;
    const mark = { runId: 'a', owner: 'b', isKept: false };
    expect(await cliWith(script).objectMarks()).toEqual([mark, mark]);
  });
});

describe('the removal of containers', () => {
  /** An engine where somebody else is already removing `awf-api-proxy`. The removal takes two checks. */
  const SLOW = `
    case $1 in
      rm)
        echo 'Error response from daemon: removal of container awf-api-proxy is already in progress' >&2
        exit 1 ;;
      ps)
        echo somebody
        [[ -e "$0".2 ]] || echo awf-api-proxy
        [[ ! -e "$0".1 ]] || touch "$0".2
        touch "$0".1 ;;
    esac`;

  test('ends when the names are free, no matter who removes the containers', async () => {
    const cli = cliWith(SLOW);
    expect(await cli.removeContainers(['awf-api-proxy'])).toBe(false);
    expect((await cli.containers()).map(({ name }) => name)).toEqual(['somebody']);
  });

  test('says whether one of them was gone, by the engine’s words', async () => {
    expect(await cliWith('echo a; echo b').removeContainers(['a', 'b'])).toBe(true);
    const gone = `echo 'Error: No such container: b' >&2; exit 1`;
    expect(await cliWith(gone).removeContainers(['a', 'b'])).toBe(false);
  });

  test('fails with the engine’s message', async () => {
    const script = `echo 'Error response from daemon: driver failed to remove root filesystem' >&2; exit 1`;
    await expect(cliWith(script).removeContainers(['awf-agent'])).rejects.toThrow('failed to remove root filesystem');
  });
});

describe('a character split across two chunks', () => {
  const SPLIT = String.raw`printf 'caf\303'; sleep 0.1; printf '\251\n'`;

  test('is read as one from standard output', async () => {
    const { containers } = await cliWith(SPLIT).objectsOf('0123abcd');
    expect(containers).toEqual(['café']);
  });

  test('is read as one from standard error', async () => {
    await expect(cliWith(`{ ${SPLIT}; } >&2; exit 1`).pull('debian:trixie-slim')).rejects.toThrow(': café');
  });

  test('is read as one from an attached container that the engine refused', async () => {
    const script = `{ printf 'docker: Error response from daemon: '; ${SPLIT}; } >&2; exit 125`;
    await expect(cliWith(script).run(SPEC, collecting().attachment)).rejects.toThrow('café');
  });
});

test('a missing docker command is named, with a remedy', async () => {
  vi.stubEnv('PATH', temporaryDirectory());
  const error: unknown = await new DockerCli(() => undefined).pull('debian').catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    message: 'There is no docker command in PATH.',
    hint: expect.stringContaining('Install the Docker command line') as string,
  });
});
