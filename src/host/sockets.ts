import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** Listening; see `include/uapi/linux/net.h`, `__SO_ACCEPTCON`. */
const ACCEPTS = 0x10000;
/** `SOCK_DGRAM`: takes messages without listening. */
const DATAGRAMS = 2;

/**
 * The Unix sockets that programs of this network namespace can be reached by, `/proc/net/unix` (proc(5)). A directory that
 * is mounted shows the sockets in it, read-only or not, and who connects to one talks to a program outside.
 *
 * @returns absolute paths; empty where the table cannot be read
 */
export function listeningSockets(): string[] {
  let table: string;
  try {
    table = readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return [];
  }
  const paths = table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, flags = '', type = '', path = ''] = /^\S+ \S+ \S+ (\S+) (\S+) \S+ +\d+ (.+)$/.exec(line) ?? [];
      const isOpen = (Number.parseInt(flags, 16) & ACCEPTS) !== 0 || Number.parseInt(type, 16) === DATAGRAMS;
      return isOpen && isAbsolute(path) ? [path] : [];
    });
  return [...new Set(paths)];
}
