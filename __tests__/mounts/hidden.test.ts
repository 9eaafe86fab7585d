import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MountSpec } from '../../src/docker/spec.ts';
import { atOnce } from '../../src/host/slices.ts';
import { coverMounts, hidesPlaces, readBelow, type Below, type Surroundings } from '../../src/mounts/hidden.ts';
import { hostToolchain } from '../../src/mounts/host-toolchain.ts';
import { aHost, temporaryDirectory } from '../../testing/builders.ts';

const bind = (source: string, target = source, writable = false): MountSpec => ({
  kind: 'bind',
  source,
  target,
  writable,
});

/** A program that listens on 40 sockets for a moment each, again and again. */
const COMING_AND_GOING = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
let made = 0;
function again() {
  const server = createServer();
  server.listen(workerData + '/' + made++, () => server.close(again));
}
for (let each = 0; each < 40; each++) again();
parentPort.postMessage('they come and go');
`;

const NOTHING: Below = { hidden: [], credentials: [], views: [], fileSystems: [] };
const directory = (path: string) => ({ path, isDirectory: true });
const file = (path: string) => ({ path, isDirectory: false });

describe('covering mounts', () => {
  const cover = (mounts: readonly MountSpec[], below: Partial<Below>, own: readonly MountSpec[] = []) => {
    const { mounts: found, empty } = coverMounts([...mounts, ...own], own, { ...NOTHING, ...below }, '/run');
    const shown = found.flatMap((mount) =>
      mount.kind === 'bind' ? [`${mount.source} at ${mount.target}${mount.writable ? ' rw' : ''}`] : [],
    );
    return { mounts: shown, empty };
  };

  test('R12 a directory below a mount is empty, at the place where the sandbox sees it', () => {
    expect(
      cover([bind('/opt'), bind('/data', '/tmp/x')], { hidden: [directory('/opt/runner'), directory('/data/a')] }),
    ).toEqual({
      mounts: ['/opt at /opt', '/data at /tmp/x'],
      empty: ['/opt/runner', '/tmp/x/a'],
    });
  });

  test('R16 a file or a socket below a mount is empty', () => {
    expect(cover([bind('/opt')], { hidden: [file('/opt/agent.sock')] })).toEqual({
      mounts: ['/opt at /opt', '/dev/null at /opt/agent.sock'],
      empty: [],
    });
  });

  test('what is mounted by itself below a hidden directory stays', () => {
    expect(cover([bind('/opt'), bind('/opt/runner/_work/_tool')], { hidden: [directory('/opt/runner')] })).toEqual({
      mounts: ['/opt at /opt', '/opt/runner/_work/_tool at /opt/runner/_work/_tool'],
      empty: ['/opt/runner'],
    });
  });

  test('a row that is hidden itself is not mounted; a neighbour with a similar name is', () => {
    expect(cover([bind('/opt'), bind('/opt2')], { hidden: [directory('/opt')] })).toEqual({
      mounts: ['/opt2 at /opt2'],
      empty: [],
    });
  });

  test('the outermost hidden directory covers what is in it', () => {
    const hidden = [directory('/opt/r/_work'), directory('/opt/r'), file('/opt/r/.credentials')];
    expect(cover([bind('/opt')], { hidden }).empty).toEqual(['/opt/r']);
  });

  test('R13 credentials among the toolchain are empty, those that the user mounts are not', () => {
    const credentials = [file('/opt/maven/conf/settings.xml'), directory('/srv/keys')];
    expect(cover([bind('/opt')], { credentials }, [bind('/srv', '/srv')])).toEqual({
      mounts: ['/opt at /opt', '/srv at /srv', '/run/blanks/settings.xml at /opt/maven/conf/settings.xml'],
      empty: [],
    });
  });

  test('E11 file systems below a read-only mount are mounted once more, read-only; below a writable one they are not', () => {
    const fileSystems = ['/', '/usr/local', '/usr/local/deep', '/work/cache'];
    expect(cover([bind('/usr'), bind('/work', '/work', true)], { fileSystems }).mounts).toEqual([
      '/usr at /usr',
      '/work at /work rw',
      '/usr/local at /usr/local',
      '/usr/local/deep at /usr/local/deep',
    ]);
  });

  test('R12 what the host shows once more is covered below every mount, but never the mount itself', () => {
    const views = [
      directory('/opt/tree/proc'),
      directory('/srv/tree/home'),
      directory('/work'),
      directory('/opt/cache'),
    ];
    const mounts = [bind('/opt'), bind('/opt/cache'), bind('/work', '/work', true)];
    expect(cover(mounts, { views }, [bind('/srv')])).toEqual({
      mounts: ['/opt at /opt', '/opt/cache at /opt/cache', '/work at /work rw', '/srv at /srv'],
      empty: ['/opt/tree/proc', '/srv/tree/home'],
    });
  });

  test('a file system in a hidden directory is hidden', () => {
    expect(cover([bind('/opt')], { hidden: [directory('/opt/r')], fileSystems: ['/opt/r/disk'] })).toEqual({
      mounts: ['/opt at /opt'],
      empty: ['/opt/r'],
    });
  });
});

describe('what is hidden', () => {
  function layout(files: readonly string[]): string {
    const top = temporaryDirectory();
    for (const name of files) {
      mkdirSync(dirname(join(top, name)), { recursive: true });
      writeFileSync(join(top, name), '');
    }
    return top;
  }
  /** @param mounts the user's */
  const belowOf = (host: Surroundings, ...mounts: readonly MountSpec[]): Below =>
    atOnce(readBelow(host, [...hostToolchain(host.home, host.environment), ...mounts]));
  const hiddenIn = (host: Surroundings): string[] => belowOf(host).hidden.map(({ path }) => path);

  test.each(['.runner', '.credentials', 'bin/Runner.Listener'])(
    'R12 the directory of a runner, known by its %s',
    (mark) => {
      const top = layout([`runner/${mark}`, 'runner/_work/_temp/x', 'runner/_work/r/r/x']);
      const host = aHost('/nonexistent', { RUNNER_TEMP: join(top, 'runner/_work/_temp') });
      expect(hiddenIn(host)).toEqual(
        expect.arrayContaining(['runner', 'runner/_work', 'runner/_work/_temp'].map((name) => join(top, name))),
      );
      expect(hiddenIn({ ...aHost('/nonexistent'), workspace: join(top, 'runner/_work/r/r') })).toContain(
        join(top, 'runner'),
      );
    },
  );

  test('R12 the run’s own files, logs and the runner’s files, wherever they are', () => {
    const top = layout(['t/x', 'w/x', 'l/x', 'm/x', 'n/x', 'output', 'data/x', 'docker.sock']);
    const at = (name: string): string => join(top, name);
    symlinkSync('data', at('link'));
    const host = {
      ...aHost('/nonexistent', { GITHUB_OUTPUT: at('output') }),
      ...{ temporary: at('t'), workDirectory: at('w'), logs: { squid: at('l'), apiProxy: at('m'), agent: at('n') } },
      engine: { dataRoot: at('link'), socket: at('docker.sock') },
    };
    expect(hiddenIn(host)).toEqual(
      expect.arrayContaining(['t', 'w', 'l', 'm', 'n', 'output', 'data', 'docker.sock'].map(at)),
    );
  });

  test('an empty RUNNER_TEMP is none', () => {
    expect(hiddenIn(aHost('/nonexistent', { RUNNER_TEMP: '' }))).toEqual(hiddenIn(aHost('/nonexistent')));
  });

  test.each([
    ['/opt/temp', '/opt'],
    ['/usr/_temp', '/usr'],
  ])('not what is beside RUNNER_TEMP=%s', (RUNNER_TEMP, system) => {
    expect(hiddenIn(aHost('/nonexistent', { RUNNER_TEMP }))).not.toContain(system);
  });

  test('the logs of other runs, wherever the user keeps them', () => {
    const top = layout(['state/awf/runs/x']);
    expect(hiddenIn(aHost('/nonexistent', { XDG_STATE_HOME: join(top, 'state') }))).toContain(
      join(top, 'state/awf/runs'),
    );
  });

  test('R12 another runner, R16 and a socket, in the tool cache and in what the user mounts', () => {
    const top = layout(['cache/a/runner-2/.runner', 'data/runner-3/.runner', 'data/x']);
    const host = aHost('/nonexistent', { RUNNER_TOOL_CACHE: join(top, 'cache') });
    const found = belowOf(host, bind(join(top, 'data'))).hidden.map(({ path }) => path);
    expect(found).toEqual(expect.arrayContaining([join(top, 'cache/a/runner-2'), join(top, 'data/runner-3')]));
    expect(found).not.toContain(join(top, 'data'));
  });

  test('the engine’s own places, once it tells them', () => {
    const top = layout(['data/x', 'elsewhere/x', 'docker.sock']);
    symlinkSync('data', join(top, 'link'));
    const at = (name: string): string => join(top, name);
    const place = (dataRoot: string, socket?: string) => ({ dataRoot: at(dataRoot), socket: socket && at(socket) });
    const before = belowOf(aHost('/nonexistent'));
    expect(hidesPlaces(before, { dataRoot: undefined, socket: undefined })).toBe(true);
    expect(hidesPlaces(before, { dataRoot: '/var/lib/docker', socket: '/var/run/docker.sock' })).toBe(true);
    expect(hidesPlaces(before, place('not-there'))).toBe(true);
    expect(hidesPlaces(before, place('data'))).toBe(false);
    expect(hidesPlaces(before, place('not-there', 'docker.sock'))).toBe(false);
    const below = belowOf({ ...aHost('/nonexistent'), temporary: at('data') });
    expect(hidesPlaces(below, place('link'))).toBe(true);
    expect(hidesPlaces(below, place('data/x'))).toBe(true);
    expect(hidesPlaces(below, place('elsewhere'))).toBe(false);
  });

  test('R16 sockets on which somebody listens', async () => {
    const path = join(temporaryDirectory(), 'agent.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    expect(belowOf(aHost('/nonexistent')).hidden).toContainEqual({ path, isDirectory: false });
  });

  test('sockets that come and go meanwhile do not disturb the start', async () => {
    const crowd = new Worker(COMING_AND_GOING, { eval: true, workerData: temporaryDirectory() });
    onTestFinished(() => crowd.terminate().then(() => undefined));
    await once(crowd, 'message');
    // Without a second look at each path, one of the first reads failed.
    for (let reads = 0; reads < 60; reads++) expect(belowOf(aHost('/nonexistent')).hidden).not.toEqual([]);
  });

  test('R13 credentials in tool directories, and those that variables name', () => {
    const home = layout([
      ...['.local/share/uv/credentials/credentials.toml', '.dotnet/corefx/cryptography/x509stores/my/a.pfx'],
      ...[
        '.pyenv/versions/3.13.1/pip.conf',
        'keys/sa.json',
        'keys/npmrc',
        'keys/pgpass',
        'keys/key.pem',
        'cache/node/24.1.0/x64/etc/npmrc',
      ],
    ]);
    const environment = {
      GOOGLE_APPLICATION_CREDENTIALS: join(home, 'keys/sa.json'),
      npm_config_userconfig: join(home, 'keys/npmrc'),
      PGPASSFILE: join(home, 'keys/pgpass'),
      VENDOR_PRIVATE_KEY: `file://${join(home, 'keys/key.pem')}`,
      PATH: join(home, 'keys'),
      TOKEN_DIRECTORY: join(home, 'keys'),
      CREDENTIAL_HELPER: process.execPath,
      RUNNER_TOOL_CACHE: join(home, 'cache'),
      KUBECONFIG: 'relative',
    };
    const found = belowOf(aHost(home, environment)).credentials.map(({ path }) => path);
    expect(found).toEqual(
      expect.arrayContaining(
        [
          '.local/share/uv/credentials',
          '.dotnet/corefx',
          '.pyenv/versions/3.13.1/pip.conf',
          'keys/sa.json',
          'keys/npmrc',
          'keys/pgpass',
          'keys/key.pem',
          'cache/node/24.1.0/x64/etc/npmrc',
        ].map((name) => join(home, name)),
      ),
    );
    expect(found).not.toContain(join(home, 'keys'));
    expect(found).not.toContain(process.execPath);
  });
});
