import { UserError } from '../errors.ts';

/**
 * Refuses a machine that cannot run the sandbox, which needs Linux containers and runs the host's own programs in them.
 *
 * @param platform as `process.platform`
 * @throws UserError naming the platform and the remedy
 */
export function requireLinux(platform: string): void {
  if (platform === 'linux') return;
  throw new UserError(`The sandbox needs Linux, and this is ${platform}.`, {
    hint: 'Use a Linux runner, for example runs-on: ubuntu-latest; on Windows the command line works inside WSL 2.',
  });
}
