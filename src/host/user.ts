import { statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { SIDECAR_ID } from '../shared/contract.ts';

/** Numbers of a user and a group. */
export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Who runs in a container. */
export interface User extends UserIds {
  readonly name: string;
  /** Path of the home directory, the same inside and outside. */
  readonly home: string;
}

/**
 * The caller of this process. Its ids are those of the process, which `newgrp`, `sg` and `sudo -g` change, and not those of
 * the account database; a container's user may have no entry there. Further groups stay outside: one of them may be the
 * engine's.
 */
export function caller(): User {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  try {
    return { uid, gid, name: userInfo().username, home: homedir() };
  } catch {
    const home = process.env['HOME'] ?? '/';
    return { uid, gid, name: 'agent', home: home === '/' ? '/home/agent' : home };
  }
}

/**
 * The agent's user: the caller; for root the workspace's owner, so that files keep an owner who can use them; root only
 * where the workspace is root's.
 */
export function agentUser(by: User, workspace: string): User {
  if (by.uid !== 0) return by;
  const { uid, gid } = statSync(workspace);
  return { uid, gid, name: uid === 0 ? by.name : 'agent', home: by.home };
}

/** The sidecars' user: the caller, so that the logs are the caller's, and never root. */
export function sidecarUser(by: User): UserIds {
  return by.uid === 0 ? { uid: SIDECAR_ID, gid: SIDECAR_ID } : { uid: by.uid, gid: by.gid };
}
