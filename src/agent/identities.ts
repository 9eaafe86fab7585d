import { statSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';

/** What tells files and directories apart, by the path at which the sandbox has them: device and inode (stat(2)). */
export type Identities = ReadonlyMap<string, string>;

/** The host's own programs. */
const PROGRAMS = '/usr';

/**
 * Reads what the sandbox must have at the same paths. An engine with this machine's name and another view of its files, as
 * beside a runner in a container, would mount something else there, or an empty directory, and nobody would notice.
 *
 * @param toolchain the host's directories that the sandbox has
 */
export function readIdentities({ workspace }: Pick<Config, 'workspace'>, toolchain: readonly MountSpec[]): Identities {
  const programs = toolchain.flatMap((mount): [string, string][] =>
    mount.kind === 'bind' && mount.target === PROGRAMS ? [[mount.target, mount.source]] : [],
  );
  return new Map(
    [[workspace, workspace] as const, ...programs].flatMap(([target, source]): [string, string][] => {
      const stat = statSync(source, { bigint: true, throwIfNoEntry: false });
      // A check is a line.
      return stat === undefined || target.includes('\n') ? [] : [[target, `${stat.dev}:${stat.ino}`]];
    }),
  );
}
