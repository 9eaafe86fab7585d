import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { MountSpec } from '../docker/spec.ts';
import { createOwned } from '../host/owned-file.ts';
import type { UserIds } from '../host/user.ts';
import { AGENT_PLACES } from '../shared/contract.ts';
import { PROVIDERS } from '../shared/providers.ts';

/** Where agent programs write about their work: directories below the home. */
export const TRANSCRIPT_DIRECTORIES: readonly string[] = PROVIDERS.flatMap(({ transcripts }) => transcripts);

/** Octets of the archive. What does not fit is left out. */
const TRANSCRIPTS_LIMIT = 64 * 1024 * 1024;

const TARGET = `${AGENT_PLACES.github}/transcripts.tar`;

/** For the entrypoint, which packs the directories when the command has ended: file, limit, directories. */
export const TRANSCRIPT_WORDS = [TARGET, String(TRANSCRIPTS_LIMIT), ...TRANSCRIPT_DIRECTORIES].join(' ');

const sourceIn = (directory: string): string => join(directory, 'transcripts');

/** @param directory the same as for {@link TranscriptsFile} */
export function transcriptsMount(directory: string): MountSpec {
  return { kind: 'bind', source: sourceIn(directory), target: TARGET, writable: true };
}

/** The archive that leaves the sandbox. The command can write to it too, so nothing in it can be trusted. */
export class TranscriptsFile {
  readonly #file: number;

  /**
   * @param directory a directory of the run, to which nobody else can write
   * @param owner the user of the command
   */
  constructor(directory: string, owner: UserIds) {
    this.#file = createOwned(sourceIn(directory), owner);
  }

  /** Reads the archive, up to its limit, and closes it. Call it once, after the container is gone. */
  read(): Readable {
    return createReadStream('', { fd: this.#file, start: 0, end: TRANSCRIPTS_LIMIT - 1 });
  }
}
