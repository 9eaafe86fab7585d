import { opendirSync, readdirSync, type Dirent } from 'node:fs';
import { bytes } from '../host/file-names.ts';

/** What is in a directory. The name has one character for each byte. */
export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'pipe' | 'other';
}

/** @throws Error if the directory cannot be listed */
export function entriesOf(path: string): Entry[] {
  // Names as bytes: only then does Node.js find out what a file system does not say about an entry.
  return readdirSync(bytes(path), { withFileTypes: true, encoding: 'buffer' }).map(entryOf);
}

/** Like {@link entriesOf}, without having more than a few entries in memory. */
export function* streamedEntriesOf(path: string): Generator<Entry> {
  // The types of Node.js do not know that names can be bytes here too.
  const directory = opendirSync(bytes(path), { encoding: 'buffer' as BufferEncoding, bufferSize: 1_024 });
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      yield entryOf(entry as unknown as Dirent<Buffer>);
    }
  } finally {
    directory.closeSync();
  }
}

function entryOf(entry: Dirent<Buffer>): Entry {
  return { name: entry.name.toString('latin1'), kind: kindOfEntry(entry) };
}

function kindOfEntry(entry: Dirent<Buffer>): Entry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'link';
  return entry.isFIFO() ? 'pipe' : 'other';
}
