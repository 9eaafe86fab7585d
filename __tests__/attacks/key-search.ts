/** Searches for keys where there must be none: in texts, in the files of a directory, in the engine's own files. */

import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker } from '../../testing/engine/engine.ts';
import { DEBIAN_IMAGE } from '../../testing/engine/test-image.ts';

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

/** A key to search for: a text, or octets. */
export type Sought = string | Buffer;

/** The forms in which a key could be stored. Octets are searched for in texts that were read as latin1. */
export function formsOf(key: Sought): string[] {
  const bytes = Buffer.from(key as string);
  const hex = bytes.toString('hex');
  if (typeof key !== 'string') return [key.toString('latin1'), hex, hex.toUpperCase(), ...base64Cores(bytes)];
  const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
  const clear = [key, encodeURIComponent(key), JSON.stringify(key).slice(1, -1)];
  return [...new Set([...clear, hex, hex.toUpperCase(), percent(key), ...base64Cores(bytes)])];
}

/** The keys that `text` contains in any form. */
export function keysIn<Key extends Sought>(text: string, keys: readonly Key[]): Key[] {
  return keys.filter((key) => formsOf(key).some((form) => text.includes(form)));
}

/** The files below `directory` that contain one of `keys`. */
export function filesWith(directory: string, keys: readonly Sought[]): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => keysIn(readFileSync(file, 'latin1'), keys).length > 0);
}

/** What every P-256 key has that is stored as PKCS #8 (RFC 5958): algorithm, curve, and what stands before the secret. */
const ANY_EC_KEY = Buffer.from('06072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex');

/** What to search for to find a P-256 key, or any. The secret's parts are those that lines of PEM would separate. */
export function partsOf(privateKeyPem: string): Buffer[] {
  const { d = '' } = createPrivateKey(privateKeyPem).export({ format: 'jwk' });
  const secret = Buffer.from(d, 'base64url');
  return [ANY_EC_KEY, secret.subarray(0, 12), secret.subarray(12)];
}

/** Where engines keep state in addition to the data root. */
const STATE = ['/run/docker', '/run/containerd', '/var/lib/containerd'];

/**
 * The engine's files changed since `since` that contain one of `keys`. They are read as root in a container that gets
 * the keys on its standard input.
 */
export function engineFilesWith(keys: readonly Sought[], since: Date): string[] {
  const directories = [docker(['info', '--format={{.DockerRootDir}}']), ...STATE.filter((path) => existsSync(path))];
  // Not the roots of running containers, in which the host's directories are mounted. Their layers are searched.
  const roots = `roots=(); while read -r point; do
    [[ " $* " == *" $point "* ]] || roots+=(-path "$point" -prune -o)
  done < <(awk '/ - overlay /{ print $5 }' /proc/self/mountinfo)`;
  const seconds = Math.floor(since.getTime() / 1000);
  const changed = `${roots}; find "$@" "\${roots[@]}" -type f -newerct @${seconds} -print0`;
  // Octets that grep cannot take from a list.
  const forms = keys.flatMap(formsOf).filter((form) => !/[\n\0]/.test(form));
  // Files come and go during the search, so an error about one of them is ignored.
  const script = `cat > /dev/shm/keys; { ${changed}; } | xargs -0 -r grep -lsaF -f /dev/shm/keys; exit 0`;
  const found = docker(
    [
      ...['run', '--rm', '--interactive', '--network=none', '--user=0:0', '--entrypoint=bash'],
      ...directories.map((path) => `--mount=type=bind,source=${path},target=${path},readonly`),
      ...[DEBIAN_IMAGE, '-c', script, '-', ...directories],
    ],
    Buffer.from(`${forms.join('\n')}\n`, 'latin1'),
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
