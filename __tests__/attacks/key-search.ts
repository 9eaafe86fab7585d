/** Searches for keys where there must be none: in texts, in the files of a directory, in the engine's own files. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker } from '../../testing/engine/engine.ts';

/**
 * The base64 encodings of `bytes` at any offset in a longer text, without the characters that neighbouring bytes share.
 */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
}

/** The forms in which a key could be stored. */
export function formsOf(key: string): string[] {
  const bytes = Buffer.from(key);
  const hex = bytes.toString('hex');
  const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
  const clear = [key, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)];
  return [...new Set([...clear, hex, hex.toUpperCase(), percent(key), ...base64Cores(bytes)])];
}

/** The keys that `text` contains in any form. */
export function keysIn(text: string, keys: readonly string[]): string[] {
  return keys.filter((key) => formsOf(key).some((form) => text.includes(form)));
}

/** The files below `directory` that contain one of `keys`. */
export function filesWith(directory: string, keys: readonly string[]): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => keysIn(readFileSync(file, 'latin1'), keys).length > 0);
}

/** Where engines keep state in addition to the data root. */
const STATE = ['/run/docker', '/run/containerd', '/var/lib/containerd'];

/**
 * The engine's files changed since `since` that contain one of `keys`. They are read as root in a container that gets
 * the keys on its standard input.
 *
 * @param image needs bash, find and grep
 */
export function engineFilesWith(keys: readonly string[], since: Date, image: string): string[] {
  const directories = [docker(['info', '--format={{.DockerRootDir}}']), ...STATE.filter((path) => existsSync(path))];
  const changed = `find "$@" -name merged -prune -o -type f -newerct @${Math.floor(since.getTime() / 1000)} -print0`;
  // Files come and go during the search, so an error about one of them is ignored.
  const script = `cat > /dev/shm/keys; ${changed} | xargs -0 -r grep -lsaF -f /dev/shm/keys; exit 0`;
  const found = docker(
    [
      ...['run', '--rm', '--interactive', '--network=none', '--user=0:0', '--entrypoint=bash'],
      ...directories.map((path) => `--mount=type=bind,source=${path},target=${path},readonly`),
      ...[image, '-c', script, '-', ...directories],
    ],
    `${keys.flatMap(formsOf).join('\n')}\n`,
  );
  return found.split('\n').filter((file) => file !== '');
}

/** The command lines of all processes on the machine that the caller may read. */
export function commandLines(): string {
  const read = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(read)
    .join('\n');
}
