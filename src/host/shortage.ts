import { UserError } from '../errors.ts';

/** What the machine lacks, by the code of the system's error: the message and the remedy. */
const SHORTAGES: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOSPC: [
    'No space is left on the device for a file of this run.',
    'Make room (df -h, df -i), or point RUNNER_TEMP (on the command line TMPDIR) to another disk.',
  ],
  EDQUOT: [
    'The quota of this user leaves no space for a file of this run.',
    'Make room (quota), or point RUNNER_TEMP (on the command line TMPDIR) to another disk.',
  ],
  EFBIG: ['A file of this run is larger than this process may write.', 'Raise the limit: ulimit -f unlimited.'],
  EMFILE: ['This process may not open more files.', 'Raise the limit: ulimit -n 1024.'],
  ENFILE: ['This machine cannot open more files.', 'End programs, or raise the limit: sysctl fs.file-max.'],
};

/** An error of the system that says what the machine lacks, in words that help. @returns every other error as it is */
export function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const [message, hint] = SHORTAGES[(error as NodeJS.ErrnoException).code ?? ''] ?? [];
  return message === undefined || hint === undefined ? error : new UserError(message, { hint, cause: error });
}
