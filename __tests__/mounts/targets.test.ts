import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refuseTakenTargets, type OwnSettings } from '../../src/mounts/targets.ts';
import type { ContainerSpec, MountSpec } from '../../src/docker/spec.ts';
import { UserError } from '../../src/errors.ts';
import { AGENT_PLACES } from '../../src/shared/contract.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

const HOME = '/home/runner';
const bind = (source: string, target: string): MountSpec => ({ kind: 'bind', source, target, writable: false });

const NO_SETTINGS: OwnSettings = { systemFiles: {}, etc: undefined };

/** A host's toolchain has an /etc of the run's own. */
const ETC_SETTINGS: OwnSettings = {
  systemFiles: { '/etc/passwd': '', '/etc/codex/config.toml': '' },
  etc: {
    directories: ['/etc/fonts'],
    files: [{ path: '/etc/services', content: Buffer.from(''), mode: 0o644 }],
    links: [{ path: '/etc/link', target: '/usr' }],
    mounts: [],
    userMounts: [],
  },
};

/**
 * Checks a mount of a directory, or of `source`, in a container like AWF's. WORKSPACE in a path is the workspace,
 * PARENT the directory above it.
 */
function refuse(target: string, source = temporaryDirectory(), own: OwnSettings = NO_SETTINGS): () => void {
  const parent = temporaryDirectory();
  const workspace = join(parent, 'workspace');
  mkdirSync(join(workspace, 'there'), { recursive: true });
  writeFileSync(join(workspace, 'file'), '');
  symlinkSync('there', join(workspace, 'link'));
  const at = (path: string): string => path.replace('WORKSPACE', workspace).replace('PARENT', parent);
  const mounts = [{ source: at(source), target: at(target), writable: false, origin: 'mounts, line 1' }];
  const agent: ContainerSpec = {
    ...{ name: 'awf-agent', image: 'awf-agent', runId: '0', network: 'none', user: '1:1' },
    limits: { memory: '1g', pids: 1 },
    environment: {},
    mounts: [
      bind('/usr', '/usr'),
      bind('/work/passwd', '/etc/passwd'),
      bind(temporaryDirectory(), '/etc/claude-code'),
      bind('/home/runner/.cargo/bin', '/tmp/awf-home/.cargo/bin'),
      ...mounts.map((mount) => bind(mount.source, mount.target)),
      ...(own.etc === undefined ? [] : [bind('/work/agent/etc', '/etc')]),
      bind(workspace, workspace),
      { kind: 'image-files', target: '/tmp/awf-lib' },
    ],
    tmpfs: ['/tmp', '/var/tmp', '/run', HOME].map((path) => ({
      target: path,
      mode: '1777',
      executable: true,
      size: '1',
    })),
  };
  return () => {
    refuseTakenTargets(mounts, agent, HOME, own);
  };
}

describe('rejects a place that is taken', () => {
  test.each([
    ['everything', '/', 'hide everything'],
    ...['/proc', '/sys', '/dev', '/tmp', '/run', '/usr', '/etc/passwd', '/etc/resolv.conf', '/etc/hosts'].map(
      (path) => ['the sandbox’s own', path, 'something of its own'],
    ),
    ['the home', HOME, 'something of its own'],
    ['the settings of Claude Code, which are copied', `${HOME}/.claude.json`, 'a copy of its own'],
    ['the workspace', 'WORKSPACE', 'something of its own'],
    ['a tool of the home, which is mounted elsewhere', `${HOME}/.cargo/bin`, 'something of its own'],
    ...['/proc/self', '/sys/fs/cgroup', '/dev/shm', '/tmp/awf-lib/busybox', '/tmp/awf-anything'].map((path) => [
      'inside the sandbox’s own',
      path,
      'files of its own',
    ]),
    // "something of its own" is a mount or a file system. The following are created when the container starts.
    ...['github', 'runtime', 'command', 'probes'].flatMap((name) => {
      const place = AGENT_PLACES[name as keyof typeof AGENT_PLACES];
      return [place, `${place}/x`].map((path) => ['a place of the sandbox’s own', path, 'files of its own']);
    }),
    ['the pre-flight check’s', '/tmp/.awf-probes', 'files of its own'],
    ['above the accounts and the settings', '/etc', 'it would hide /etc/'],
    ['above the home', '/home', 'of the sandbox'],
    ['above the workspace', 'PARENT', '/workspace of the sandbox'],
    ['below the workspace, where nothing is', 'WORKSPACE/new', 'there is no directory'],
    ['below the workspace, where a file is', 'WORKSPACE/file', 'there is no directory'],
    ['below the workspace, where a link is', 'WORKSPACE/link', 'there is no directory'],
    ['in the toolchain, where nothing is', '/usr/awf-nothing', 'there is no directory /usr/awf-nothing'],
    ['in read-only settings', '/etc/claude-code/x', 'there is no directory'],
  ])('%s: %s', (_, target, why) => {
    const error = thrown(refuse(target));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('cannot be mounted at');
    expect(error.message).toContain(why);
    expect(error.hint).toBeTruthy();
  });
});

describe('rejects, in the sandbox’s own /etc,', () => {
  test.each([
    ['all of it', '/etc', 'it would hide'],
    ['a generated file', '/etc/passwd', 'something of its own'],
    ['the directory of one', '/etc/codex', 'something of its own'],
    ['a place below a file', '/etc/services/x', '/etc/services is no directory'],
    ['a place below a link, which would lead elsewhere', '/etc/link/x', '/etc/link is no directory'],
  ])('%s: %s', (_, target, why) => {
    const error = thrown(refuse(target, undefined, ETC_SETTINGS));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(why);
  });
});

describe('has room for', () => {
  test.each([
    ['a new place', '/mnt/data'],
    ['a place in a file system of memory', '/tmp/data'],
    ['a name that only begins like one of ours', '/tmp/.awf-probes-2'],
    ['the home’s caches', `${HOME}/.cache/pip`],
    ['a file beside ours', '/etc/company.conf'],
    ['a directory of the workspace', 'WORKSPACE/there'],
    ['a directory of the toolchain', '/usr/share'],
  ])('%s: %s', (_, target) => {
    expect(refuse(target)).not.toThrow();
  });

  test('something new in the sandbox’s own /etc, where a mount point is made', () => {
    expect(refuse('/etc/company/ca.pem', undefined, ETC_SETTINGS)).not.toThrow();
    expect(refuse('/etc/fonts', undefined, ETC_SETTINGS)).not.toThrow();
  });

  test('a directory that contains the workspace, at its own path', () => {
    expect(refuse('PARENT', 'PARENT')).not.toThrow();
  });
});
