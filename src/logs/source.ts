import type { LogFile } from './layout.ts';

/** The logs of a run, wherever they are. */
export interface LogSource {
  /** Where people find them. */
  readonly place: string;
  /** When the run began, in milliseconds since the epoch, if a name tells. */
  readonly time: number | undefined;
  readonly has: (file: LogFile) => boolean;
  /** The lines of a file, many at a time, in constant memory. @throws Error if it cannot be read */
  readonly pieces: (file: LogFile) => AsyncIterable<readonly string[]>;
  readonly close: () => void;
}

/** Characters of a document that is read as a whole. A run with a thousand models has a tenth of that. */
const LONGEST_DOCUMENT = 4 * 1024 * 1024;

/** A file with one JSON document. @returns undefined if it is not there, or is none */
export async function documentIn(source: LogSource, file: LogFile): Promise<unknown> {
  if (!source.has(file)) return undefined;
  let text = '';
  try {
    for await (const lines of source.pieces(file)) {
      for (const line of lines) text += `${line}\n`;
      if (text.length > LONGEST_DOCUMENT) return undefined;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
