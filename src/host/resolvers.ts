import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';

/** The second file has the servers that systemd-resolved asks; the first then names only its own address on loopback. */
const FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/** The IPv4 addresses of the DNS servers that the host asks. */
export function nameservers(files: readonly string[] = FILES): string[] {
  const found = files.flatMap((file) =>
    [...read(file).matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, one = '']) => one),
  );
  return [...new Set(found)].filter((address) => isIPv4(address));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The IPv4 address that the host itself has for a name; undefined if it has none. */
export async function hostLookup(name: string): Promise<string | undefined> {
  try {
    return (await lookup(name, { family: 4 })).address;
  } catch {
    return undefined;
  }
}
