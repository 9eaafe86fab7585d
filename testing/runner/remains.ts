/** What a run leaves behind, on the engine and in the runner's temporary directory. */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { roleOf, type Role } from '../../src/shared/network.ts';
import { RUN_LABEL } from '../../src/docker/spec.ts';
import { docker, leftOvers } from '../engine/engine.ts';
import { isObject, text } from '../json.ts';
import type { Runner } from './files.ts';

/** The id that the main step saved for the post step; undefined when it ended before that. */
export function runIdOf(runner: Runner): string | undefined {
  const state: unknown = JSON.parse(runner.main.state()['awf'] ?? 'null');
  return isObject(state) ? text(state['runId']) : undefined;
}

/** The name of a run's container, whatever suffix it has. @throws Error when the run has none of that role */
export function containerOf(runId: string, role: Role): string {
  const name = leftOvers(runId).find((candidate) => roleOf(candidate) === role);
  if (name === undefined) throw new Error(`The run ${runId} has no container for ${role}.`);
  return name;
}

/** Volumes that the run's containers use now; they carry no label. */
export function volumesOf(runId: string): string[] {
  const ids = lines(docker(['ps', '--all', '--quiet', `--filter=label=${RUN_LABEL}=${runId}`]));
  const format = '--format={{range .Mounts}}{{if eq .Type "volume"}}{{println .Name}}{{end}}{{end}}';
  // One by one: a container may go while this looks.
  return ids.flatMap((id) => lines(spawnSync('docker', ['inspect', format, id], { encoding: 'utf8' }).stdout));
}

/**
 * Containers and networks of the step's run, its temporary files, and those of `volumes` that are still there. The logs
 * are meant to stay.
 */
export function remains(runner: Runner, volumes: readonly string[] = []): string[] {
  const runId = runIdOf(runner);
  return [
    ...(runId === undefined ? [] : leftOvers(runId)),
    ...readdirSync(runner.temp).filter((name) => !/^(squid|api-proxy)-logs-\d+$/.test(name)),
    ...lines(docker(['volume', 'ls', '--quiet'])).filter((name) => volumes.includes(name)),
  ];
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line.trim() !== '');
}
