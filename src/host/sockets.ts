import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** The flag of a listening socket: `__SO_ACCEPTCON` in `include/uapi/linux/net.h`. */
const ACCEPTS = 0x10000;
/** `SOCK_DGRAM`: such a socket receives messages without listening. */
const DATAGRAMS = 2;

/**
 * The Unix sockets on which programs of this network namespace can be reached, from `/proc/net/unix` (proc(5)). A
 * mounted directory exposes the sockets in it, even read-only: connecting to one reaches a program outside the sandbox.
 *
 * @returns absolute paths, or none if the table cannot be read
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
