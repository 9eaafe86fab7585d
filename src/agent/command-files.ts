import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../docker/spec.ts';
import { createOwned } from '../host/owned-file.ts';
import type { UserIds } from '../host/user.ts';
import { AGENT_PLACES } from '../shared/contract.ts';

/**
 * The variables that tell the command about its files, and the paths of these. They are mount points, so the command can
 * neither replace nor rename them.
 */
export const COMMAND_FILE_VARIABLES = {
  GITHUB_OUTPUT: `${AGENT_PLACES.github}/output`,
  GITHUB_STEP_SUMMARY: `${AGENT_PLACES.github}/summary.md`,
} as const;

/** The content of one of the command's files after the run. */
export interface WrittenFile {
  /** Decoded as UTF-8; invalid bytes have become U+FFFD. */
  readonly text: string;
  /** True if the file is longer than the part that was read. */
  readonly isCut: boolean;
}

/** The content of a file if the command never ran. */
export const NOTHING_WRITTEN: WrittenFile = { text: '', isCut: false };

/** Both files, up to their limits. */
export interface WrittenFiles {
  readonly output: WrittenFile;
  readonly summary: WrittenFile;
}

/** The limit for the output file in bytes: 1 MiB, like GitHub's limit for the outputs of a job. */
export const OUTPUT_FILE_LIMIT = 1024 * 1024;
/**
 * The limit for the summary in bytes. GitHub accepts 1 MiB per step and drops a longer summary altogether, including
 * the part that AWF writes. Sanitising makes a hostile text up to six times as long.
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

/** The two files to which the command writes its outputs and its summary. */
export class CommandFiles {
  readonly #output: number;
  readonly #summary: number;

  /**
   * @param directory a directory of the run, to which nobody else can write
   * @param owner the user of the command
   */
  constructor(directory: string, owner: UserIds) {
    const sources = sourcesIn(directory);
    this.#output = createOwned(sources.output, owner);
    this.#summary = createOwned(sources.summary, owner);
  }

  /** Reads and closes both files. Call it once, after the container is gone. */
  finish(): WrittenFiles {
    return {
      output: readAndClose(this.#output, OUTPUT_FILE_LIMIT),
      summary: readAndClose(this.#summary, SUMMARY_FILE_LIMIT),
    };
  }
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
