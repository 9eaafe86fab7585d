import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names a process so that it cannot be confused with another one: the boot of the kernel, the namespaces in which its
 * number and its start time count, its number, and its start time.
 *
 * @returns undefined where `/proc` does not tell
 */
export function ownerOf(pid = process.pid): string | undefined {
  const here = place();
  const started = read(pid)?.started;
  return here === undefined || started === undefined ? undefined : `${here}/${pid}/${started}`;
}

/**
 * True if the process that {@link ownerOf} named has certainly ended. False when in doubt: it may run on another kernel, in
 * another container, or where this process cannot see it.
 */
export function isGone(owner: string): boolean {
  const [, there, number, started] = /^(.+)\/([1-9]\d{0,9})\/(\d+)$/.exec(owner) ?? [];
  if (there === undefined || there !== place()) return false;
  const pid = Number(number);
  if (!exists(pid)) return true;
  const found = read(pid);
  // Its number may belong to another process by now.
  return found !== undefined && (found.hasEnded || found.started !== started);
}

/** Where a process number means the same process as here. */
function place(): string | undefined {
  try {
    // A /proc of other namespaces, as a container may have of its host, says nothing about this process.
    if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return [boot, readlinkSync('/proc/self/ns/pid'), timeNamespace()].join('/');
  } catch {
    return undefined;
  }
}

/** Start times are shifted in a time namespace. Kernels before 5.6 have none. */
function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    return 'time';
  }
}

/** Asks the kernel, not `/proc`, which may hide the processes of other users (`hidepid`). */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The state and the start time of proc_pid_stat(5). The name of the program in front of them may contain anything. */
function read(pid: number): { hasEnded: boolean; started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', started] = [fields[0], fields[19]];
    // Nobody has asked yet how a zombie ended.
    return started === undefined ? undefined : { hasEnded: 'ZX'.includes(state), started };
  } catch {
    return undefined;
  }
}
