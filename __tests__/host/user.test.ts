import { chownSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { agentUser, caller, sidecarUser } from '../../src/host/user.ts';
import { temporaryDirectory, USER } from '../../testing/builders.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const ROOT = { uid: 0, gid: 0, name: 'root', home: '/root' };

test('the caller is the user of this process', () => {
  const { username } = userInfo();
  expect(caller()).toEqual({ uid: process.getuid!(), gid: process.getgid!(), name: username, home: homedir() });
});

test.each(['', '/', '//', '/x/..', 'relative', './x', '~'])(
  'a HOME that can be nobody’s home is none: the account has one: HOME=%j',
  (variable) => {
    vi.stubEnv('HOME', variable);
    expect(caller(() => ({ username: 'me', homedir: '/home/me' })).home).toBe('/home/me');
  },
);

test('an account whose home is / gets another one', () => {
  vi.stubEnv('HOME', '/');
  expect(caller(() => ({ username: 'daemon', homedir: '/' })).home).toBe('/home/agent');
});

test('the group is the process’s, which newgrp and sudo -g change', () => {
  vi.spyOn(process, 'getgid').mockReturnValue(4712);
  expect(caller().gid).toBe(4712);
});

test.each([
  ['/somewhere', '/somewhere'],
  ['/', '/home/agent'],
  ['relative', '/home/agent'],
  [undefined, '/home/agent'],
  ['', '/home/agent'],
])('a caller without an account has a name, and a home other than /: HOME=%s', (variable, home) => {
  vi.stubEnv('HOME', variable);
  const missing = (): never => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  };
  expect(caller(missing)).toEqual({ uid: process.getuid!(), gid: process.getgid!(), name: 'agent', home });
});

describe('agentUser', () => {
  test('is the caller if that is an ordinary user, whoever owns the workspace', () => {
    expect(agentUser(USER, '/')).toEqual(USER);
  });

  test('is the workspace’s owner if the caller is root', () => {
    const workspace = temporaryDirectory();
    if (process.getuid?.() === 0) chownSync(workspace, 4711, 4712);
    const { uid, gid } = statSync(workspace);
    expect(uid).not.toBe(0);
    expect(agentUser(ROOT, workspace)).toEqual({ uid, gid, name: 'agent', home: '/root' });
  });

  test('is root only if root owns the workspace', () => {
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
