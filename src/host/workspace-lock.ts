import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';

/** Held until it is released or this process ends, however it ends. */
export interface WorkspaceLock {
  readonly release: () => void;
}

const PREFIX = 'awf-workspace';

/**
 * Claims a workspace for this process. Two runs in one workspace would be no sandboxes: the command of the first could put
 * a link in the place of a directory that the second is about to mount.
 *
 * The claim is a socket in the abstract namespace (unix(7)): it needs no file, its name can be had once, and the kernel
 * removes it with the process. The directories above get a mark, so that a workspace within another one counts as well.
 *
 * @param workspace an absolute path without links
 * @throws UserError if another run has this workspace, one above it or one below it
 */
export async function lockWorkspace(workspace: string): Promise<WorkspaceLock> {
  const marks = above(workspace).map((path) => `${PREFIX}-below-${hash(path)}-${process.pid}-${hash(workspace)}`);
  const servers: Server[] = [];
  const release = (): void => {
    for (const server of servers) server.close();
  };
  try {
    for (const name of [lockName(workspace), ...marks]) servers.push(await bind(name));
    if (isTakenAround(workspace, abstractNames())) throw anotherRun(workspace);
  } catch (cause) {
    release();
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') throw anotherRun(workspace);
    if (cause instanceof UserError) throw cause;
    throw new UserError(`The workspace ${workspace} could not be claimed for this run.`, { cause });
  }
  return { release };
}

/**
 * Looks whether a run could have a workspace, without claiming it: a run that starts in this moment gets it.
 *
 * @param workspace an absolute path without links
 * @throws UserError if a run has this workspace, one above it or one below it
 */
export function checkUnlocked(workspace: string): void {
  const taken = abstractNames();
  if (taken.includes(lockName(workspace)) || isTakenAround(workspace, taken)) throw anotherRun(workspace);
}

const lockName = (workspace: string): string => `${PREFIX}-${hash(workspace)}`;

/** Whether a run has a workspace below or above this one. */
const isTakenAround = (workspace: string, taken: readonly string[]): boolean =>
  taken.some((name) => name.startsWith(`${PREFIX}-below-${hash(workspace)}-`)) ||
  above(workspace).some((path) => taken.includes(lockName(path)));

const anotherRun = (workspace: string): UserError =>
  new UserError(`Another run works in ${workspace}, or in a directory above or below it.`, {
    hint: 'Wait until it has ended, or give each run a checkout of its own (git worktree add).',
  });

async function bind(name: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.unref().listen(`\0${name}`);
  // Rejects with the server's error.
  await once(server, 'listening');
  return server;
}

function above(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...above(parent)];
}

/** The name of a socket has 107 bytes at most. */
function hash(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 24);
}

function abstractNames(): string[] {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .flatMap((line) => / @(awf-workspace\S*)/.exec(line)?.[1] ?? []);
}
