import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { SIDECAR_ID } from '../shared/contract.ts';

/** The ids of a user and a group. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** The user that runs in a container. */
export interface User extends UserIds {
  readonly name: string;
  /** The home directory. Its path is the same inside and outside. */
  readonly home: string;
}

/**
 * The caller of this process. The ids are those of the process, not those of the account database: `newgrp`, `sg` and
 * `sudo -g` change them, and in a container the user may have no account. Supplementary groups are left out, because
 * one of them may give access to the engine.
 *
 * @param account looks the user up in the account database; throws where there is none
 */
export function caller(account: () => { username: string; homedir: string } = userInfo): User {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  const variable = process.env['HOME'] ?? '';
  try {
    const { username, homedir } = account();
    return { uid, gid, name: username, home: [variable, homedir].find(isHome) ?? NO_HOME };
  } catch {
    return { uid, gid, name: 'agent', home: isHome(variable) ? variable : NO_HOME };
  }
}

/** The home of a user who has none. */
const NO_HOME = '/home/agent';

/**
 * Whether a directory can be a home. Services and containers often have `HOME=/`, where the sandbox cannot mount a
 * private home, and a relative path means another directory wherever a program starts.
 */
function isHome(path: string): boolean {
  return isAbsolute(path) && resolve(path) !== '/';
}

/**
 * The agent's user. That is the caller, unless the caller is root: then it is the owner of the workspace, so that files
 * keep an owner who can use them. The agent is root only if root owns the workspace.
 */
export function agentUser(caller: User, workspace: string): User {
  if (caller.uid !== 0) return caller;
  const { uid, gid } = statSync(workspace);
  return { uid, gid, name: uid === 0 ? caller.name : 'agent', home: caller.home };
}

/** The sidecars' user: the caller, so that the caller owns the logs, but never root. */
export function sidecarUser({ uid, gid }: User): UserIds {
  return uid === 0 ? { uid: SIDECAR_ID, gid: SIDECAR_ID } : { uid, gid };
}
