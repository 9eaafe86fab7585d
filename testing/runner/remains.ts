/** What a run leaves on the engine and in the runner's temporary directory. */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { roleOf, type Role } from '../../src/shared/network.ts';
import { RUN_LABEL } from '../../src/docker/spec.ts';
import { docker, leftOvers } from '../engine/engine.ts';
import { isObject, text } from '../json.ts';
import type { Runner } from './files.ts';
import { LOG_DIRECTORY } from './log-directory.ts';

/** The run id that the main step saved for the post step. Undefined if the main step ended before that. */
export function runIdOf(runner: Runner): string | undefined {
  const state: unknown = JSON.parse(runner.main.state()['awf'] ?? 'null');
  return isObject(state) ? text(state['runId']) : undefined;
}

/** The name of a run's container, whatever its suffix. @throws Error if the run has no container in that role */
export function containerOf(runId: string, role: Role): string {
  const name = leftOvers(runId).find((candidate) => roleOf(candidate) === role);
  if (name === undefined) throw new Error(`The run ${runId} has no container for ${role}.`);
  return name;
}

/** Volumes that the run's containers use at the moment. Volumes carry no label. */
export function volumesOf(runId: string): string[] {
  const ids = lines(docker(['ps', '--all', '--quiet', `--filter=label=${RUN_LABEL}=${runId}`]));
  const format = '--format={{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}';
  // Inspect them one by one, because a container may disappear meanwhile.
  return ids.flatMap((id) => lines(spawnSync('docker', ['inspect', format, id], { encoding: 'utf8' }).stdout));
}

/**
 * The containers and networks of the step's run, its temporary files, and those of `volumes` that still exist. Logs do
 * not count: a run is meant to leave them.
 */
export function remains(runner: Runner, volumes: readonly string[] = []): string[] {
  const runId = runIdOf(runner);
  return [
    ...(runId === undefined ? [] : leftOvers(runId)),
    ...readdirSync(runner.temp).filter((name) => !LOG_DIRECTORY.test(name)),
    ...lines(docker(['volume', 'ls', '--quiet'])).filter((name) => volumes.includes(name)),
  ];
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line.trim() !== '');
}
