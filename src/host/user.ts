import { statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { SIDECAR_ID } from '../shared/contract.ts';
import { nonEmpty } from './variables.ts';

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
  try {
    const { username, homedir: own } = account();
    // Node.js returns an empty HOME as it is.
    return { uid, gid, name: username, home: homedir() === '' ? own : homedir() };
  } catch {
    const home = nonEmpty(process.env, 'HOME') ?? '/';
    return { uid, gid, name: 'agent', home: home === '/' ? '/home/agent' : home };
  }
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
