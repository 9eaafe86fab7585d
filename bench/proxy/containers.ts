/** Starts containers from their specs, and waits until they listen. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from '../../testing/engine/engine.ts';
import type { Engine } from '../../src/docker/engine.ts';
import type { ContainerSpec } from '../../src/docker/spec.ts';

/** Milliseconds for a container and its program to start. */
const START_LIMIT = 30_000;

/**
 * Starts a container as a run does: attached, with `input` on its standard input.
 *
 * @returns its program's process id on the host
 * @throws Error if it ends instead of running
 */
export async function startContainer(engine: Engine, spec: ContainerSpec, input: string): Promise<number> {
  let said = '';
  const attachment = {
    ...{ input, later: undefined, onStdout: () => undefined },
    onStderr: (chunk: Buffer) => void (said += chunk.toString()),
  };
  let ended: unknown;
  engine.run(spec, attachment).then(
    (code) => (ended = `exit code ${String(code)}`),
    (error: unknown) => (ended = error),
  );
  const end = performance.now() + START_LIMIT;
  while (performance.now() < end && ended === undefined) {
    const pid = pidOf(spec.name);
    if (pid > 0) return pid;
    await sleep(20);
  }
  throw new Error(`${spec.name} did not start: ${said}`, { cause: ended });
}

function pidOf(container: string): number {
  try {
    return Number(docker(['inspect', '--format={{.State.Pid}}', container]));
  } catch {
    return 0; // not created yet
  }
}

/** Waits until a port accepts connections. @throws Error if it does not */
export async function listening(host: string, port: number): Promise<void> {
  const end = performance.now() + START_LIMIT;
  for (;;) {
    const socket = connect({ host, port });
    try {
      await once(socket, 'connect');
      return;
    } catch (cause) {
      if (performance.now() > end) throw new Error(`nothing listens on ${host}:${port}`, { cause });
    } finally {
      socket.destroy();
    }
    await sleep(20);
  }
}
