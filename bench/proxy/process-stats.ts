/** What the kernel says about a process: proc(5) and cgroups(7). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** @returns seconds of processor time, user's and system's, of all threads */
export function cpuSeconds(pid: number): number {
  // The second field, the program's name in brackets, may contain anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** In MB (10^6 octets). */
export interface Memory {
  /** Anonymous and file-backed pages: the Node program's own text counts, although all processes share it. */
  readonly rss: number;
  /** What is this process's alone: heaps, stacks, written data. */
  readonly anonymous: number;
  /** What the container's limit counts, undefined where it has no cgroup of its own: anonymous, kernel's, page cache. */
  readonly cgroup: number | undefined;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return { rss: field('VmRSS'), anonymous: field('RssAnon'), cgroup: cgroupUsage(pid) };
}

function cgroupUsage(pid: number): number | undefined {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')) {
    const [, controllers, path = ''] = line.split(':');
    const file =
      controllers === 'memory'
        ? `/sys/fs/cgroup/memory${path}/memory.usage_in_bytes`
        : controllers === ''
          ? `/sys/fs/cgroup${path}/memory.current`
          : undefined;
    if (file !== undefined && existsSync(file)) return Number(readFileSync(file, 'utf8')) / 1e6;
  }
  return undefined;
}
