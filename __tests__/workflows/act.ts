/** Runs a workflow of this repository with `act` in host mode, as a runner would. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isObject, type JsonObject } from '../../testing/json.ts';
import { ROOT } from '../../testing/root.ts';
import { programFromPypi } from '../../testing/python.ts';

export const installAct = (): Promise<string> => programFromPypi(join(import.meta.dirname, 'act'));

export interface ActOptions {
  /** The path of the program. */
  readonly act: string;
  /** A path relative to `project`. */
  readonly workflow: string;
  /** The repository whose workflow it is: this one by default. */
  readonly project?: string;
  /** The event that starts the workflow: `workflow_dispatch` by default. */
  readonly event?: string;
  /** The event's payload. */
  readonly payload?: JsonObject;
  /** A folder for each action that act would otherwise fetch, by `OWNER/NAME@REF`. */
  readonly actions?: Readonly<Record<string, string>>;
  /** Directories in front of PATH. */
  readonly paths?: readonly string[];
  /** A directory for the job's workspace, its temporary files and act's own home. The caller removes it. */
  readonly directory: string;
  /** Variables of the job. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Stops the job. */
  readonly signal: AbortSignal;
}

export interface ActResult {
  readonly exitCode: number | null;
  /** The whole output, to explain a failure. */
  readonly log: string;
  /** The records in order: a line of a step's output, a log command, a step's result. */
  readonly records: readonly JsonObject[];
}

function parseRecord(line: string): JsonObject[] {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? [value] : [];
  } catch {
    return []; // act's own output before and after the job
  }
}

/**
 * Runs a workflow to its end. act itself plays `actions/checkout`: it copies the working tree
 * without the files that git ignores, so that a job cannot change the original.
 */
export async function runAct(options: ActOptions): Promise<ActResult> {
  const { act, workflow, directory, env, secrets, signal, project = ROOT, paths = [] } = options;
  const home = join(directory, 'home');
  mkdirSync(home);
  const args = [options.event ?? 'workflow_dispatch', '--workflows', workflow, '--json'];
  args.push('--platform', 'ubuntu-24.04=-self-hosted', '--platform', 'self-hosted=-self-hosted');
  args.push('--action-offline-mode', '--no-cache-server');
  for (const [name, folder] of Object.entries(options.actions ?? {}))
    args.push('--local-repository', `${name}=${folder}`);
  if (options.payload !== undefined) {
    const event = join(directory, 'event.json');
    writeFileSync(event, JSON.stringify(options.payload));
    args.push('--eventpath', event);
  }
  for (const [name, value] of Object.entries(env)) args.push('--env', `${name}=${value}`);
  // Only the name: act takes the value from its environment.
  for (const name of Object.keys(secrets)) args.push('--secret', name);

  const child = spawn(act, args, {
    cwd: project,
    env: {
      ...process.env,
      ...secrets,
      // act runs actions with the first `node` in PATH.
      PATH: [dirname(process.execPath), ...paths, process.env['PATH']].join(delimiter),
      // Exclude the developer's own act settings, but keep Docker's.
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_CACHE_HOME: join(directory, 'cache'),
      DOCKER_CONFIG: process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGINT',
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  const log = (await output).join('\n');
  return { exitCode, log, records: log.split('\n').flatMap(parseRecord) };
}
