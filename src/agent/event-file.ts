import { chmodSync, closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Secrets } from '../config/secrets.ts';
import type { MountSpec } from '../docker/spec.ts';
import { AGENT_PLACES } from '../shared/contract.ts';
import { cleanEvent } from './event.ts';
import { EVENT_VARIABLE } from './environment-policy.ts';

/** Octets of an event that the command gets. Pull requests have some 40 KB; GitHub's limit is 25 MB. */
export const EVENT_LIMIT = 1024 * 1024;

const TARGET = `${AGENT_PLACES.github}/event.json`;

/** The runner's file with the event of the job. Neither if there is none. */
export interface HostEvent {
  readonly text?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** Reads the event of the job. It throws nothing: most commands need none. */
export function readEvent(environment: NodeJS.ProcessEnv): HostEvent {
  const path = environment[EVENT_VARIABLE] ?? '';
  if (path === '') return {};
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? {} : { problem: `it cannot be read (${code})` };
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) return { problem: 'it is not a regular file' };
    if (stats.size > EVENT_LIMIT) return { problem: `it has ${stats.size} bytes, and the limit is ${EVENT_LIMIT}` };
    return { text: readFileSync(file, 'utf8') };
  } finally {
    closeSync(file);
  }
}

/** The command's copy of the event, and what the plan needs for it. */
export interface EventCopy {
  /** Undefined if there is none. */
  readonly text: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Composes the command's copy. @param host the event and the environment of the step */
export function eventCopy(
  { event, environment }: { readonly event: HostEvent; readonly environment: NodeJS.ProcessEnv },
  secrets: Secrets,
): EventCopy {
  const { text, problem }: HostEvent = event.text === undefined ? event : cleanEvent(event.text, secrets, environment);
  if (text !== undefined) return { text, variables: { [EVENT_VARIABLE]: TARGET }, warnings: [] };
  const warnings = problem === undefined ? [] : [`The command gets no copy of the job's event: ${problem}.`];
  return { text: undefined, variables: {}, warnings };
}

const sourceIn = (directory: string): string => join(directory, 'event.json');

/** @param directory the same as for {@link writeEvent} */
export function eventMounts(directory: string, event: string | undefined): MountSpec[] {
  return event === undefined ? [] : [{ kind: 'bind', source: sourceIn(directory), target: TARGET, writable: false }];
}

/** @param directory a directory of the run, to which nobody else can write */
export function writeEvent(directory: string, event: string | undefined): void {
  if (event === undefined) return;
  writeFileSync(sourceIn(directory), event, { flag: 'wx' });
  // The command's user may differ from the caller, whatever the umask is.
  chmodSync(sourceIn(directory), 0o644);
}
