import type { LogLevel } from '../../../src/shared/log-level.ts';
import { PEERS_VARIABLE } from '../../../src/shared/contract.ts';
import type { Log } from './log.ts';
import { startSidecar, type Sidecar, type SidecarOptions } from './server.ts';
import { announce } from './start/announce.ts';
import { readStartConfig, type ConfigInput } from './start/start-config.ts';

export interface RunOptions extends Omit<SidecarOptions, 'log'> {
  readonly input: ConfigInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly openLog: (level: LogLevel) => Log;
}

/** Milliseconds that stopping may take. Docker sends SIGKILL after ten seconds, and nobody should wait that long. */
const STOP_MS = 2_000;

function stopOnSignal(sidecar: Sidecar, log: Log): void {
  const stop = async (): Promise<void> => {
    setTimeout(() => process.exit(0), STOP_MS).unref();
    await sidecar.close();
    await log.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

/**
 * Reads the configuration, listens, and reports that on standard output.
 *
 * @throws Error if the configuration is wrong or a port is taken
 */
export async function runSidecar({ input, env, openLog, ...options }: RunOptions): Promise<void> {
  announce(env[PEERS_VARIABLE]);
  const config = await readStartConfig(input, env);
  const log = openLog(config.logLevel ?? 'info');
  const sidecar = await startSidecar(config, { ...options, log });
  stopOnSignal(sidecar, log);
  log.event('info', 'listening', {
    ports: sidecar.ports,
    hostPorts: sidecar.hostPorts,
    transparentPorts: sidecar.transparentPorts,
    configured: Object.keys(config.providers),
  });
}
