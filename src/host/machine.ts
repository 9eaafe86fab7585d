import { readFileSync } from 'node:fs';
import { hostname, totalmem } from 'node:os';

/** Where a process is: what tells whether another one has the same files. */
export interface Machine {
  readonly name: string;
  /** The name of the system, such as `Debian GNU/Linux 12 (bookworm)`; undefined if its files do not tell. */
  readonly system: string | undefined;
  readonly memoryBytes: number;
}

/** In the order in which os-release(5) demands that they are read. */
const FILES = ['/etc/os-release', '/usr/lib/os-release'];

export function thisMachine(files: readonly string[] = FILES): Machine {
  const text = files.map(read).find((found) => found !== undefined) ?? '';
  const [, quote, quoted, bare] = /^PRETTY_NAME=(?:(["'])(.*)\1|(\S+))\s*$/m.exec(text) ?? [];
  return { name: hostname(), system: quote === undefined ? bare : quoted, memoryBytes: totalmem() };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
