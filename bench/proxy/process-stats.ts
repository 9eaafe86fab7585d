/** What the kernel reports about a process: proc(5) and cgroups(7). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * @returns the processor time of all threads in seconds. It adds up their run times in nanoseconds: utime and stime in
 * `stat` count ticks of 10 ms, and a short step has only a handful of those.
 */
export function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const runTimes = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return runTimes.reduce((sum, runTime) => sum + runTime, 0) / 1e9;
}

/** In MB (10^6 octets). */
export interface Memory {
  /** Anonymous and file-backed pages. This includes the text of the Node program, although all processes share it. */
  readonly rss: number;
  /** Pages of this process alone: heaps, stacks, written data. */
  readonly anonymous: number;
  /**
   * What the container's limit counts: anonymous memory, kernel memory, page cache. Undefined without a cgroup of its
   * own.
   */
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
