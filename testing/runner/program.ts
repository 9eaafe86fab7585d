/**
 * Runs one of AWF's programs as a user would: the command line or an entry of a copied action, optionally as another
 * user.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGES_FILE, type ImageNames } from '../../src/docker/images.ts';
import { ENGINE_VARIABLES } from '../engine/engine.ts';
import { ROOT } from '../root.ts';
import type { EntryResult, RunningEntry } from './run-entry.ts';

export interface ProgramOptions {
  /** The whole environment. Nothing of the test's own leaks in, apart from the engine that it uses. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Starts a process group, as a shell does. A terminal's signals reach the whole group. */
  readonly group?: boolean;
}

export interface RunningProgram extends RunningEntry {
  /** What it has written to standard error so far. */
  readonly stderr: () => string;
}

/** Starts `argv`. @throws Error if there is no such program */
export async function startProgram(
  argv: readonly string[],
  { env, cwd, group = false }: ProgramOptions,
): Promise<RunningProgram> {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    cwd,
    env: { ...ENGINE_VARIABLES, ...env },
    detached: group,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
    });
  }
  await once(child, 'spawn');
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const done = closed.then(([code, signal]) => ({ code, signal, ...output }));
  return {
    pid: child.pid ?? 0,
    done,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    signal: (name) => child.kill(name),
  };
}

/** Runs `argv` to its end. */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<EntryResult> {
  return (await startProgram(argv, options)).done;
}

/** A user without privileges. */
export interface OrdinaryUser {
  readonly uid: number;
  /** The group of the engine's socket, which lets the user talk to the engine. */
  readonly gid: number;
  /** Put this in front of an argv to run it as this user. */
  readonly prefix: readonly string[];
}

const SOCKET = '/var/run/docker.sock';

/** An unprivileged user. If the caller is root, another user with an entry in the account database; else the caller. */
export function ordinaryUser(): OrdinaryUser {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  if (uid !== 0) return { uid, gid, prefix: [] };
  const nobody = Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout);
  if (!(nobody > 0)) throw new Error('This machine has no user nobody.');
  const group = statSync(SOCKET).gid;
  return {
    uid: nobody,
    gid: group,
    prefix: ['setpriv', `--reuid=${nobody}`, `--regid=${group}`, '--clear-groups', '--'],
  };
}

/** Makes `user` the owner of everything below `directory`. */
export function give(directory: string, { uid, gid }: Pick<OrdinaryUser, 'uid' | 'gid'>): void {
  const { status, stderr } = spawnSync('chown', ['-R', `${uid}:${gid}`, directory], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`chown: ${stderr}`);
}

/** A copy of the action that a test may break and every user may read. */
export interface ActionCopy {
  readonly root: string;
  /** `node dist/<entry>/index.js` of the copy. */
  readonly argv: (entry: 'main' | 'post') => string[];
}

/**
 * Copies the action into `directory`.
 *
 * @param images overrides names of the build's images
 */
export function copyAction(directory: string, images: Partial<ImageNames> = {}): ActionCopy {
  const root = join(directory, 'action');
  mkdirSync(root);
  for (const name of ['dist', 'containers', 'action.yml', 'package.json', '.dockerignore']) {
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  const file = join(root, 'dist', IMAGES_FILE);
  const built = JSON.parse(readFileSync(file, 'utf8')) as ImageNames;
  writeFileSync(file, JSON.stringify({ ...built, ...images }));
  const node = join(root, 'node');
  copyFileSync(process.execPath, node);
  return { root, argv: (entry) => [node, join(root, 'dist', entry, 'index.js')] };
}

/** The processes below `pid`, without itself. */
export function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return []; // it has ended
  }
}

/** Kills processes. Those that have already ended are ignored. */
export function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** Kills a process and everything below it, as a runner does after its grace period. */
export function killTree(pid: number): void {
  kill([pid, ...descendants(pid)]);
}
