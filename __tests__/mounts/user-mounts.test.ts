import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listeningSockets } from '../../src/host/sockets.ts';
import { userMounts, type HostPlaces } from '../../src/mounts/user-mounts.ts';
import type { UserMount } from '../../src/config/config.ts';
import type { MountSpec } from '../../src/docker/spec.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

const NOWHERE: HostPlaces = {
  home: '/does/not/exist/home',
  workDirectory: '/does/not/exist/work',
  engine: { dataRoot: undefined, socket: undefined },
  environment: {},
  programs: [],
};

const mount = (source: string, places: Partial<HostPlaces> = {}, options: Partial<UserMount> = {}): MountSpec[] =>
  userMounts([{ source, target: '/target', writable: false, origin: 'mounts, line 1', ...options }], {
    ...NOWHERE,
    ...places,
  });

const WRITABLE = { writable: true };

/** A directory that contains `paths`. Those that end in a slash are directories. */
function tree(...paths: readonly string[]): string {
  const root = temporaryDirectory();
  for (const path of paths) {
    mkdirSync(join(root, path, path.endsWith('/') ? '.' : '..'), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), '');
  }
  return root;
}

async function listenAt(path: string): Promise<void> {
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
}

test('directories and files are mounted as asked', () => {
  const directory = tree('file');
  const mounts = [
    { source: directory, target: '/a', writable: false, origin: 'mounts, line 1' },
    { source: join(directory, 'file'), target: '/b', writable: true, origin: 'mounts, line 2' },
  ];
  expect(userMounts(mounts, NOWHERE)).toEqual(
    mounts.map(({ source, target, writable }) => ({ kind: 'bind', source, target, writable })),
  );
});

test('links are followed, so that what was checked is what is mounted', () => {
  const directory = tree('real/data/');
  symlinkSync('real', join(directory, 'link'));
  expect(mount(join(directory, 'link/data'))).toMatchObject([{ source: join(directory, 'real/data') }]);
  expect(mount(`${directory}/real/../link/data/`)).toMatchObject([{ source: join(directory, 'real/data') }]);
});

describe.each([false, true])('refuses, writable: %j,', (writable) => {
  const refusal = (source: string, places: Partial<HostPlaces> = {}): Error => {
    const error = thrown(() => mount(source, places, { writable }));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(`mounts, line 1: ${source} cannot be mounted: `);
    return error;
  };

  test.each(['/', '/proc', '/proc/1', '/proc/self/environ', '/sys', '/dev', '/dev/null', '/run', '/var', '/var/run'])(
    '%s',
    (source) => {
      expect(refusal(source).message).toMatch(/it contains \S+, which|it (shows|controls|holds)|neither/);
    },
  );

  test('a link or a detour to one of them', () => {
    const directory = tree('deep/');
    symlinkSync('/proc', join(directory, 'link'));
    symlinkSync('..', join(directory, 'deep/up'));
    for (const path of ['link', 'link/1', 'deep/up/link/self'])
      expect(refusal(join(directory, path)).message).toContain("it shows the host's processes");
    expect(refusal(`${directory}/../../../../../../proc`).message).toContain("it shows the host's processes");
  });

  test.each(['.runner', '.credentials_rsaparams', 'bin/Runner.Listener'])('a runner, known by its %s', (mark) => {
    expect(refusal(tree(mark)).message).toContain("it is a runner's directory, with its key");
  });

  test('a missing source, or a dangling link', () => {
    const directory = tree();
    symlinkSync('nowhere', join(directory, 'dangling'));
    expect(refusal('/does/not/exist').message).toContain('it does not exist');
    expect(refusal(join(directory, 'dangling')).message).toContain('it does not exist');
  });

  test('a path that cannot be looked up', () => {
    const directory = tree('file');
    symlinkSync('loop', join(directory, 'loop'));
    expect(refusal(join(directory, 'loop')).message).toContain('it cannot be looked up (ELOOP)');
    expect(refusal(join(directory, 'file/data')).message).toContain('it cannot be looked up (ENOTDIR)');
  });

  test('a path behind a directory that the caller may not enter', () => {
    const directory = tree('closed/data/');
    const closed = join(directory, 'closed');
    chmodSync(directory, 0o755);
    chmodSync(closed, 0);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    onTestFinished(() => {
      if (isRoot) process.seteuid?.(0);
      chmodSync(closed, 0o755);
    });
    expect(refusal(join(closed, 'data')).message).toContain('may not look into a directory on the way to it');
  });

  test('the engine’s data root, wherever it is', () => {
    const places = { engine: { dataRoot: tree('overlay2/'), socket: undefined } };
    const { dataRoot } = places.engine;
    for (const path of [dataRoot, join(dataRoot, 'overlay2'), join(dataRoot, '..')])
      expect(refusal(path, places).message).toContain("is the engine's data root");
  });

  test('the engine’s socket and the directory that contains it, wherever they are', async () => {
    const directory = tree('deep/');
    const socket = join(directory, 'deep/engine.sock');
    const places = { engine: { dataRoot: undefined, socket } };
    expect(refusal(directory, places).message).toContain("is the engine's socket");
    await listenAt(socket);
    expect(refusal(socket).message).toContain('neither a directory nor a file');
  });

  test('a directory that contains a socket, at any depth', async () => {
    const directory = tree('deep/er/', 'beside/');
    const socket = join(directory, 'deep/er/agent.sock');
    expect(mount(directory)).toHaveLength(1);
    await listenAt(socket);
    expect(listeningSockets()).toContain(socket);
    expect(refusal(directory).message).toContain(`it contains ${socket}, which leads to a program outside the sandbox`);
    expect(mount(join(directory, 'beside'))).toHaveLength(1);
  });

  test('the run’s own directory, its contents, and a directory that contains it', () => {
    const parent = tree('work/agent/', 'work-2/');
    const places = { workDirectory: join(parent, 'work') };
    for (const source of ['work', 'work/agent', '.'].map((path) => join(parent, path)))
      expect(refusal(source, places).message).toContain("holds the run's own files");
    expect(mount(join(parent, 'work-2'), places)).toHaveLength(1);
  });

  test('the home, a directory that contains it, and a link to it, but not its contents', () => {
    const parent = tree('home/.m2/repository/', 'home/.npmrc');
    symlinkSync('home', join(parent, 'link'));
    const places = { home: join(parent, 'home') };
    for (const source of ['home', '.', 'link'].map((path) => join(parent, path)))
      expect(refusal(source, places).message).toContain('it contains the home directory and its credentials');
    expect(mount(join(parent, 'home/.m2/repository'), places, { writable })).toHaveLength(1);
    expect(mount(join(parent, 'home/.npmrc'), places)).toHaveLength(1);
  });

  test('the files through which a step acts on the job', () => {
    const directory = tree('commands/set_env', 'other/');
    const places = { environment: { GITHUB_ENV: join(directory, 'commands/set_env'), GITHUB_PATH: '' } };
    for (const path of ['commands/set_env', 'commands', '.'])
      expect(refusal(join(directory, path), places).message).toContain('GITHUB_ENV');
    expect(mount(join(directory, 'other'), places)).toHaveLength(1);
  });

  test('a second mount at the same place', () => {
    const directory = tree('a/', 'b/');
    const both = ['a', 'b'].map((name) => ({
      source: join(directory, name),
      target: '/t',
      writable,
      origin: `--mount (${name})`,
    }));
    const error = thrown(() => userMounts(both, NOWHERE));
    expect(error.message).toBe(
      `--mount (b): ${directory}/b cannot be mounted: ${directory}/a is already mounted at /t.`,
    );
  });
});

describe('read-only mounts', () => {
  test.each(['/usr/share', '/etc/ssl', '/opt'])('%s', (source) => {
    expect(mount(source)).toHaveLength(1);
    expect(thrown(() => mount(source, {}, WRITABLE)).message).toContain('it belongs to the system; omit :rw');
  });

  test('programs that run outside the sandbox', () => {
    const directory = tree('_actions/octo/dist/', 'data/');
    const places = { programs: [join(directory, '_actions')] };
    for (const path of ['_actions', '_actions/octo/dist', '.']) {
      expect(mount(join(directory, path), places)).toHaveLength(1);
      expect(thrown(() => mount(join(directory, path), places, WRITABLE)).message).toContain('omit :rw');
    }
    expect(mount(join(directory, 'data'), places, WRITABLE)).toHaveLength(1);
  });

  test('files on which the user’s programs act, but not a cache', () => {
    const home = tree('.bashrc', '.ssh/', '.config/git/', '.cargo/bin/', '.cargo/registry/', '.cache/pip/');
    for (const path of ['.bashrc', '.ssh', '.config/git', '.cargo', '.cargo/bin']) {
      expect(mount(join(home, path), { home })).toHaveLength(1);
      expect(thrown(() => mount(join(home, path), { home }, WRITABLE)).message).toContain('programs outside');
    }
    for (const path of ['.cargo/registry', '.cache', '.cache/pip'])
      expect(mount(join(home, path), { home }, WRITABLE)).toHaveLength(1);
  });

  test('the event of the job', () => {
    const directory = tree('event.json');
    const places = { environment: { GITHUB_EVENT_PATH: join(directory, 'event.json') } };
    expect(mount(directory, places)).toHaveLength(1);
    expect(thrown(() => mount(directory, places, WRITABLE)).message).toContain('read by later steps');
  });
});
