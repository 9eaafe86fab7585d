import { readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { bytes } from '../host/file-names.ts';

/** Where a link leads, found as the kernel does: `..` after a link goes up from where that leads. It need not exist. */
export function leadsTo(link: string): string {
  const target = readlinkSync(bytes(link), 'latin1');
  let at = target.startsWith('/') ? '/' : real(dirname(link));
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    at = part === '..' ? dirname(at) : real(join(at, part));
  }
  return at;
}

function real(path: string): string {
  try {
    return realpathSync(bytes(path), 'latin1');
  } catch {
    return path;
  }
}
