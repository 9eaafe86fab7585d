import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { extract, type Extract } from 'tar-stream';
import { maskCredentials, type Secrets } from '../config/secrets.ts';

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

/** Of one archive. */
export interface TranscriptLimits {
  readonly files: number;
  /** Octets of one file. */
  readonly fileBytes: number;
  /** Octets of all files. */
  readonly bytes: number;
}

const LIMITS: TranscriptLimits = { files: 1_000, fileBytes: 16 * 1024 * 1024, bytes: 48 * 1024 * 1024 };

/** What became of an archive. */
export interface KeptTranscripts {
  readonly files: number;
  readonly bytes: number;
  /** Regular files that are over a limit, have a name that is taken, or are not below the directories. */
  readonly leftOut: number;
  /** True if the archive ends early: whatever came after is not even counted. */
  readonly isCut: boolean;
}

/** Characters that every file system and the artifact service take. */
const ODD = /[^\w.@+=,~ -]/g;
/** Of a part of a path. */
const MAX_NAME = 200;
const MAX_PARTS = 16;

/**
 * Writes the regular files of an archive below `directory`, with credentials masked. The command could have written the
 * archive, so its names are made harmless, and it is read within limits.
 *
 * @param directory is created if there is a file to write; nobody but the caller can write to it
 * @param below the directories whose files are taken
 * @throws Error of the system if a file cannot be written
 */
export async function keepTranscripts(
  archive: Readable,
  directory: string,
  below: readonly string[],
  secrets: Secrets,
  limits = LIMITS,
): Promise<KeptTranscripts> {
  const taken = new Set<string>();
  const directories = new Set<string>();
  let bytes = 0;
  let leftOut = 0;
  const take = async (entry: Entry): Promise<void> => {
    const { type, size } = entry.header;
    if (type !== 'file') return;
    const name = harmlessName(entry.header.name, below);
    const fits = size <= limits.fileBytes && bytes + size <= limits.bytes && taken.size < limits.files;
    const above = name === undefined ? [] : directoriesOf(name);
    const isFree = (path: string): boolean => !taken.has(path) && !directories.has(path);
    if (name === undefined || !fits || !isFree(name) || above.some((path) => taken.has(path))) {
      leftOut += 1;
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    taken.add(name);
    for (const path of above) directories.add(path);
    bytes += size;
    write(join(directory, name), Buffer.concat(chunks), secrets);
  };
  const isCut = await readEach(archive, take);
  return { files: taken.size, bytes, leftOut, isCut };
}

/** `a` and `a/b` of `a/b/c`. */
const directoriesOf = (name: string): string[] =>
  name.split('/').flatMap((_, index, parts) => (index === 0 ? [] : parts.slice(0, index).join('/')));

/** @returns true if the archive does not end as it should */
async function readEach(archive: Readable, take: (entry: Entry) => Promise<void>): Promise<boolean> {
  const entries = extract();
  // What breaks the archive is the command's affair; what breaks `take` is ours.
  let hasEnded = false;
  const feeding = pipeline(archive, entries).then(
    () => (hasEnded = true),
    () => undefined,
  );
  try {
    for await (const entry of entries) {
      await take(entry);
      entry.resume();
    }
  } catch (error) {
    if (isOfSystem(error)) throw error;
  } finally {
    entries.destroy();
    await feeding;
  }
  return !hasEnded;
}

const isOfSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** @returns undefined for a path that is not below one of the directories */
function harmlessName(path: string, below: readonly string[]): string | undefined {
  const parts = path.split('/');
  const isOurs = below.some((directory) => path.startsWith(`${directory}/`));
  if (!isOurs || parts.length > MAX_PARTS || parts.some((part) => ['', '.', '..'].includes(part))) return undefined;
  return parts.map((part) => part.replace(ODD, '_').slice(0, MAX_NAME)).join('/');
}

/** Credentials are ASCII, and Latin-1 keeps every octet as it is: a database is not damaged, whatever else is in it. */
function write(path: string, content: Buffer, secrets: Secrets): void {
  mkdirSync(dirname(path), { recursive: true });
  // A directory that the user chose has those of earlier runs.
  rmSync(path, { force: true });
  writeFileSync(path, maskCredentials(content.toString('latin1'), secrets), { encoding: 'latin1', flag: 'wx' });
}
