import { closeSync, constants, fchmodSync, fchownSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import type { UserIds } from '../host/user.ts';
import { AGENT_PLACES } from '../shared/contract.ts';

/** The variable that names a file to the command, and where that file is: a mount point, which cannot be replaced or renamed. */
export const COMMAND_FILE_VARIABLES = {
  GITHUB_OUTPUT: `${AGENT_PLACES.github}/output`,
  GITHUB_STEP_SUMMARY: `${AGENT_PLACES.github}/summary.md`,
} as const;

/** What the command left in one of its files. */
export interface WrittenFile {
  /** UTF-8; what is none has become U+FFFD. */
  readonly text: string;
  /** The file is longer than what was read. */
  readonly isCut: boolean;
}

/** What a command that never ran has left. */
export const NOTHING_WRITTEN: WrittenFile = { text: '', isCut: false };

/** Both files in full, up to their limits. */
export interface WrittenFiles {
  readonly output: WrittenFile;
  readonly summary: WrittenFile;
}

/** Bytes of the output file that are read: as GitHub's limit for the outputs of a job, 1 MiB. */
export const OUTPUT_FILE_LIMIT = 1024 * 1024;
/**
 * Bytes of the summary that are read. GitHub takes 1 MiB a step, and drops a longer summary as a whole, the firewall's own
 * part with it; sanitising makes a hostile text up to six times as long.
 */
export const SUMMARY_FILE_LIMIT = 64 * 1024;

/**
 * Mounts for the two files of {@link CommandFiles}.
 *
 * @param directory the same as theirs
 */
export function commandFileMounts(directory: string): MountSpec[] {
  const { output, summary } = sourcesIn(directory);
  return [
    { kind: 'bind', source: output, target: COMMAND_FILE_VARIABLES.GITHUB_OUTPUT, writable: true },
    { kind: 'bind', source: summary, target: COMMAND_FILE_VARIABLES.GITHUB_STEP_SUMMARY, writable: true },
  ];
}

function sourcesIn(directory: string): { output: string; summary: string } {
  return { output: join(directory, 'command-output'), summary: join(directory, 'command-summary') };
}

/**
 * The two files that the command writes its outputs and its summary to. They are held open from their creation: what is
 * read back is what was mounted, whatever happens to their names or modes.
 */
export class CommandFiles {
  readonly #output: number;
  readonly #summary: number;

  /**
   * @param directory of the run's own; nobody else can write there
   * @param owner the command's user
   */
  constructor(directory: string, owner: UserIds) {
    const sources = sourcesIn(directory);
    this.#output = createOwned(sources.output, owner);
    this.#summary = createOwned(sources.summary, owner);
  }

  /** Once the container is gone; can be called once. */
  finish(): WrittenFiles {
    return {
      output: readAndClose(this.#output, OUTPUT_FILE_LIMIT),
      summary: readAndClose(this.#summary, SUMMARY_FILE_LIMIT),
    };
  }
}

function createOwned(path: string, { uid, gid }: UserIds): number {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  // Whatever the caller's umask is.
  fchmodSync(file, 0o600);
  if (process.getuid?.() === 0) fchownSync(file, uid, gid);
  return file;
}

function readAndClose(file: number, limit: number): WrittenFile {
  try {
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, length);
    }
    const text = new TextDecoder().decode(buffer.subarray(0, Math.min(length, limit)), { stream: length > limit });
    return { text, isCut: length > limit };
  } finally {
    closeSync(file);
  }
}
