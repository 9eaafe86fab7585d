/** Runs the sidecar in its own process, on free ports of loopback. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProviderId } from '../../src/shared/providers.ts';
import type { SidecarConfig } from '../../src/shared/sidecar-config.ts';

const ENTRY = fileURLToPath(new URL('process-entry.ts', import.meta.url));

export interface SidecarProcess {
  readonly child: ChildProcess;
  readonly ports: Readonly<Record<ProviderId, number>>;
  /** Standard error so far. A crash is visible there. */
  readonly stderr: () => string;
  /** Asks the process to end. @returns its exit code, or null if a signal ended it */
  readonly stop: () => Promise<number | null>;
}

interface ProcessOptions {
  /** A program whose first argument is the log's path. */
  readonly entry?: string;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
}

/** @throws Error with its standard error if it ends before it listens */
export async function startSidecarProcess(
  config: SidecarConfig,
  { entry = ENTRY, args = [], execArgv = [] }: ProcessOptions = {},
): Promise<SidecarProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'awf-api-proxy-'));
  const argv = [...execArgv, entry, join(folder, 'api-proxy.log'), ...args];
  const child = spawn(process.execPath, argv, { env: {}, stdio: ['pipe', 'pipe', 'pipe', 'ipc'] });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin?.on('error', () => undefined).end(JSON.stringify(config));
  const ports = await new Promise<Record<ProviderId, number>>((resolve, reject) => {
    let line = '';
    const read = (text: string): void => {
      line += text;
      if (!line.includes('\n')) return;
      child.stdout?.off('data', read).resume();
      resolve((JSON.parse(line.split('\n', 1)[0] ?? '') as { ports: Record<ProviderId, number> }).ports);
    };
    child.stdout?.setEncoding('utf8').on('data', read);
    void closed.then(() => reject(new Error(`The sidecar did not start: ${stderr}`)));
  });
  return {
    child,
    ports,
    stderr: () => stderr,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill();
      const [code] = await closed;
      await rm(folder, { recursive: true });
      return code;
    },
  };
}
