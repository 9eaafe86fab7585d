import { spawnSync } from 'node:child_process';
import { toText } from '../../host/file-names.ts';

/** What git exits with if it does not know an option. */
const USAGE = 129;

/**
 * Asks git to read a pack and to compute anew what its index says. Git runs in no repository and with nobody's settings, so
 * that it does nothing but read.
 *
 * @param path without `.pack` and `.idx`
 * @param limitMs time limit
 * @returns undefined if there is no git that can tell, or no time
 */
export function isPackTrue(path: string, hashBytes: 20 | 32, limitMs: number): boolean | undefined {
  const [directories, pack] = [process.env['PATH'], toText(path)];
  if (directories === undefined || pack === undefined || limitMs < 1) return undefined;
  // Older versions do not know the option, and have no other format.
  const format = hashBytes === 20 ? [] : ['--object-format=sha256'];
  const { status } = spawnSync('git', ['index-pack', '--verify', ...format, `${pack}.pack`], {
    cwd: '/',
    env: { PATH: directories, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', HOME: '/nonexistent' },
    stdio: 'ignore',
    timeout: Math.ceil(limitMs),
    killSignal: 'SIGKILL',
  });
  return status === null || status === USAGE ? undefined : status === 0;
}
