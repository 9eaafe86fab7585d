import { chownSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { agentUser, caller, sidecarUser } from '../../src/agent/user.ts';
import { temporaryDirectory, USER } from '../builders.ts';

const ROOT = { uid: 0, gid: 0, name: 'root', home: '/root' };

test('the caller is who runs this process', () => {
  const { uid, gid, username } = userInfo();
  expect(caller()).toEqual({ uid, gid, name: username, home: homedir() });
});

describe('agentUser', () => {
  test('is an ordinary caller, whoever owns the workspace', () => {
    expect(agentUser(USER, '/')).toEqual(USER);
  });

  test('is the workspace’s owner where the caller is root', () => {
    const workspace = temporaryDirectory();
    if (process.getuid?.() === 0) chownSync(workspace, 4711, 4712);
    const { uid, gid } = statSync(workspace);
    expect(uid).not.toBe(0);
    expect(agentUser(ROOT, workspace)).toEqual({ uid, gid, name: 'agent', home: '/root' });
  });

  test('is root only where the workspace is root’s', () => {
    expect(agentUser(ROOT, '/')).toEqual(ROOT);
  });
});

describe('sidecarUser', () => {
  test('is the caller', () => {
    expect(sidecarUser(USER)).toEqual({ uid: 1001, gid: 1002 });
  });

  test('is never root', () => {
    const { uid, gid } = sidecarUser(ROOT);
    expect(uid).toBeGreaterThan(0);
    expect(gid).toBeGreaterThan(0);
  });
});
