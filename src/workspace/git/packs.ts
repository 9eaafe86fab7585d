import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { toText } from '../../host/file-names.ts';

/** Whether something is what its name says. */
export type Verdict =
  | { readonly is: 'true' }
  /** It is not, and will not be the next time. */
  | { readonly is: 'forged' }
  /** Nobody knows, for a reason that may have passed the next time. It completes "because ...". */
  | { readonly is: 'unknown'; readonly why: string };

/** git exits with this one if it does not know an option, before it reads anything. */
const USAGE = 129;
/** With this one it gives up, whatever the reason (usage.c, `die`). Only its message tells more. */
const DIED = 128;

/**
 * Messages of git (index-pack.c, wrapper.c) and of the C library, in the C locale, for what the machine could not give. Git may
 * go on and call an object corrupt that it had no memory for, so the whole of its output counts. No message repeats the
 * content of a pack.
 */
const OUT_OF_RESOURCES = new RegExp(
  [
    ...['out of memory', 'cannot allocate memory', 'mmap failed', 'unable to create thread'],
    ...['resource temporarily unavailable', 'too many open files', 'input/output error', 'permission denied'],
    ...['no such file', 'error while loading shared libraries'],
  ].join('|'),
  'i',
);

/**
 * Git makes no pack for which it would have to allocate more at once: it compresses larger files one by one
 * (`core.bigFileThreshold`, 512 MB). A pack that wants more is forged, on every machine. Without the limit, its lie about a
 * size would look like want of memory.
 */
const LARGEST_ALLOCATION = '2g';

/** Signals of a program that fails on what it reads. All others come from outside, SIGKILL for want of memory among them. */
const CRASHES: readonly (string | null)[] = ['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGILL', 'SIGFPE'];

/**
 * Asks git to read a pack and to compute anew what its index says. Git runs in no repository and with nobody's settings, so
 * that it does nothing but read.
 *
 * @param path without `.pack` and `.idx`
 * @param limitMs time limit
 */
export function judgePack(path: string, hashBytes: 20 | 32, limitMs: number): Verdict {
  const [directories, pack] = [process.env['PATH'], toText(path)];
  if (directories === undefined) return unknown('there is no git');
  if (pack === undefined) return unknown('its path is not UTF-8');
  if (limitMs < 1) return unknown('there was no time');
  // Older versions do not know the option, and have no other format.
  const format = hashBytes === 20 ? [] : ['--object-format=sha256'];
  const ended = spawnSync('git', ['index-pack', '--verify', ...format, `${pack}.pack`], {
    cwd: '/',
    env: {
      ...{ PATH: directories, LC_ALL: 'C', HOME: '/nonexistent' },
      ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ALLOC_LIMIT: LARGEST_ALLOCATION },
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'latin1',
    timeout: Math.ceil(limitMs),
    killSignal: 'SIGKILL',
  });
  return verdictOf(ended);
}

function verdictOf({ status, signal, error, stderr }: SpawnSyncReturns<string>): Verdict {
  // Of Node.js: why the program could not start, or did not come to its end.
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT') return unknown('there is no git');
  if (code === 'ETIMEDOUT') return unknown('there was no time');
  if (signal !== null) return CRASHES.includes(signal) ? { is: 'forged' } : unknown(`git was ended by ${signal}`);
  if (status === 0 && code === undefined) return { is: 'true' };
  if (status === USAGE) return unknown('git is too old');
  const reason = OUT_OF_RESOURCES.exec(stderr)?.[0];
  if (status === DIED && code === undefined && reason === undefined) return { is: 'forged' };
  return unknown(`git failed (${reason ?? code ?? `exit code ${status}`})`);
}

function unknown(why: string): Verdict {
  return { is: 'unknown', why };
}
