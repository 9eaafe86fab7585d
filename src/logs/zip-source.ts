import type { Readable } from 'node:stream';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { UserError } from '../errors.ts';
import { piecesIn } from '../report/lines.ts';
import { LOG_LIMIT_BYTES } from '../shared/log-limit.ts';
import { layoutOf, type LogFile } from './layout.ts';
import type { LogSource } from './source.ts';

/** Entries of an archive that are looked at: the logs of agents may be many files. */
const MAX_ENTRIES = 50_000;
/** Bytes of a file in an archive. A record of `access.jsonl` is a few times as long as its line in Squid's log. */
const MAX_FILE_BYTES = 8 * LOG_LIMIT_BYTES;

/**
 * The artifact of a job as it is downloaded. Nothing is unpacked to the disk.
 *
 * @throws UserError if it is no archive, or not like those of AWF
 */
export async function zipSource(path: string): Promise<LogSource> {
  const zip = await opened(path);
  try {
    const entries = await entriesOf(path, zip);
    const { files, time } = layoutOf([...entries.keys()]);
    return {
      ...{ place: path, time },
      has: (file) => files.has(file),
      pieces: (file) => piecesOfEntry(zip, entries.get(files.get(file) ?? ''), file),
      close: () => {
        zip.close();
      },
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function opened(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, autoClose: false });
  } catch (cause) {
    throw new UserError(`${path} is neither a directory nor a zip archive.`, {
      hint: 'Name a directory with logs of AWF, or the artifact as it was downloaded.',
      cause,
    });
  }
}

async function entriesOf(path: string, zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry);
      if (entries.size > MAX_ENTRIES) throw new Error(`it has more than ${String(MAX_ENTRIES)} files`);
    }
    return entries;
  } catch (cause) {
    throw new UserError(`${path} is not an artifact of AWF's that can be read.`, {
      hint: 'Download it again: gh run download RUN --name ARTIFACT.',
      cause,
    });
  }
}

async function* piecesOfEntry(
  zip: ZipFile,
  entry: Entry | undefined,
  file: LogFile,
): AsyncGenerator<readonly string[]> {
  if (entry === undefined) throw new Error(`${file} is not in the archive.`);
  if (entry.uncompressedSize > MAX_FILE_BYTES) {
    throw new UserError(
      `${file} in the archive has ${String(entry.uncompressedSize)} bytes, more than any run writes.`,
      {
        hint: 'Unpack the archive and name the directory, if you trust it.',
      },
    );
  }
  const stream: Readable = await zip.openReadStreamPromise(entry);
  stream.setEncoding('utf8');
  yield* piecesIn(stream);
}
