import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { describeError, UserError } from '../../src/errors.ts';
import { createLogDirectories, writeTimings } from '../../src/host/log-directories.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

const isRoot = process.getuid?.() === 0;
/** Only root may change the owner of files. */
const OWNER = isRoot ? { uid: 4711, gid: 4712 } : { uid: process.getuid!(), gid: process.getgid!() };

const create = (chosen: string | undefined, temporary: string, workspace = '/does/not/exist') =>
  createLogDirectories(chosen, temporary, workspace, OWNER);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function expectUsable(directory: string): void {
  const { mode, uid, gid } = statSync(directory);
  expect({ mode: mode & 0o777, uid, gid }).toEqual({ mode: 0o755, ...OWNER });
}

describe('without proxy-logs-dir', () => {
  test('two new directories with the time in their names, owned by the sidecars', () => {
    vi.useFakeTimers({ now: 1_766_300_000_000 });
    const temporary = temporaryDirectory();
    const logs = create(undefined, temporary);
    expect(logs).toEqual({
      squid: join(temporary, 'squid-logs-1766300000000'),
      apiProxy: join(temporary, 'api-proxy-logs-1766300000000'),
      agent: join(temporary, 'agent-logs-1766300000000'),
    });
    for (const directory of [logs.squid, logs.apiProxy]) expectUsable(directory);
  });

  test('runs in the same millisecond get different ones', () => {
    vi.useFakeTimers({ now: 1_766_300_000_000 });
    const temporary = temporaryDirectory();
    const all = [create(undefined, temporary), create(undefined, temporary), create(undefined, temporary)];
    expect(new Set(all.map(({ squid }) => squid)).size).toBe(3);
    expect(new Set(all.map(({ apiProxy }) => apiProxy)).size).toBe(3);
  });

  test('readable and writable, whatever the umask', () => {
    const before = process.umask(0o077);
    try {
      expectUsable(create(undefined, temporaryDirectory()).squid);
    } finally {
      process.umask(before);
    }
  });
});

describe('with proxy-logs-dir', () => {
  test('that directory, and api-proxy-logs beside it', () => {
    const parent = temporaryDirectory();
    const logs = create(join(parent, 'deep/squid'), '/does/not/exist');
    expect(logs).toEqual({
      squid: join(parent, 'deep/squid'),
      apiProxy: join(parent, 'deep/api-proxy-logs'),
      agent: join(parent, 'deep/agent-logs'),
    });
    for (const directory of [logs.squid, logs.apiProxy]) expectUsable(directory);
  });

  test('an empty directory is accepted', () => {
    const chosen = join(temporaryDirectory(), 'squid');
    mkdirSync(chosen, { mode: 0o755 });
    expectUsable(create(chosen, '/does/not/exist').squid);
  });

  test('the logs of an earlier run stay', () => {
    const chosen = join(temporaryDirectory(), 'squid');
    create(chosen, '/does/not/exist');
    writeFileSync(join(chosen, 'earlier.log'), '');
    expectUsable(create(chosen, '/does/not/exist').squid);
    expect(readdirSync(chosen)).toEqual(['earlier.log']);
  });

  test('root changes the owner of nobody else’s files', () => {
    const chosen = join(temporaryDirectory(), 'squid');
    mkdirSync(chosen);
    writeFileSync(join(chosen, 'important'), '');
    const before = statSync(chosen);
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    const other = { uid: before.uid + 1, gid: before.gid + 1 };
    const error = thrown(() => createLogDirectories(chosen, '/does/not/exist', '/nor/this', other));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toBe(`--proxy-logs-dir: ${chosen} has files of another user.`);
    expect(statSync(chosen)).toMatchObject({ uid: before.uid, mode: before.mode });
  });

  test('if the chosen directory is next to the workspace, the api-proxy’s must not be in it', () => {
    const parent = temporaryDirectory();
    const workspace = join(parent, 'api-proxy-logs');
    mkdirSync(workspace);
    expect(() => create(join(parent, 'squid'), '/does/not/exist', workspace)).toThrow('is in the workspace');
  });

  test.each(['.', 'logs', 'a/../logs', 'link'])(
    'in the workspace it is rejected, and nothing is created: %s',
    (path) => {
      const parent = temporaryDirectory();
      const workspace = join(parent, 'workspace');
      mkdirSync(workspace);
      symlinkSync(workspace, join(parent, 'link'));
      const chosen = path === 'link' ? join(parent, 'link/logs') : join(workspace, path);
      const error = thrown(() => create(chosen, '/does/not/exist', workspace));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain('proxy-logs-dir');
      expect(readdirSync(workspace)).toEqual([]);
    },
  );
});

test.each<[string, (file: string) => string | undefined, (file: string) => string]>([
  ['below a file', (file) => join(file, 'logs'), () => '/does/not/exist'],
  ['in the place of a file', (file) => file, () => '/does/not/exist'],
  ['beside a file that is in the place of the other one', (file) => join(file, '../squid'), () => '/does/not/exist'],
  ['in a link that leads to itself', (file) => join(file, '../loop'), () => '/does/not/exist'],
  ['with a name that is too long', (file) => join(file, '..', 'x'.repeat(300)), () => '/does/not/exist'],
  ['in temporary files that are none', () => undefined, (file) => file],
])('the error names a place where nothing can be created, and the remedy: %s', (_, chosen, temporary) => {
  const file = join(temporaryDirectory(), 'api-proxy-logs');
  writeFileSync(file, '');
  symlinkSync('loop', join(file, '../loop'));
  const error = thrown(() => create(chosen(file), temporary(file)));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(
    chosen(file) === undefined ? /^The log directory/ : /^--proxy-logs-dir: the log directory .* cannot be created/,
  );
  expect(error.message).toContain(join(file, '..'));
  expect(describeError(error)).toMatch(/\n(Name one where you may write|Make room there)/);
  expect(error.cause).toBeInstanceOf(Error);
  expect(readFileSync(file, 'utf8')).toBe('');
});

test('without proxy-logs-dir, a name that somebody has taken is left to them', () => {
  const temporary = temporaryDirectory();
  vi.useFakeTimers({ now: 1_000 });
  mkdirSync(join(temporary, 'api-proxy-logs-1000'), { mode: 0o700 });
  const { squid, apiProxy } = create(undefined, temporary);
  expect([squid, apiProxy]).toEqual([join(temporary, 'squid-logs-1001'), join(temporary, 'api-proxy-logs-1001')]);
  expect(readdirSync(temporary).sort()).toEqual(['api-proxy-logs-1000', 'api-proxy-logs-1001', 'squid-logs-1001']);
});

describe('writeTimings', () => {
  const logs = (squid: string) => ({ squid, apiProxy: '/does/not/exist' });

  test('writes JSON beside Squid’s logs, and replaces an earlier file', () => {
    const squid = temporaryDirectory();
    writeTimings(logs(squid), { run: 1 });
    writeTimings(logs(squid), { run: 2 });
    expect(JSON.parse(readFileSync(join(squid, 'timings.json'), 'utf8'))).toEqual({ version: 1, run: 2 });
  });

  test('follows no link in its place', () => {
    const directory = temporaryDirectory();
    const squid = join(directory, 'squid');
    mkdirSync(squid);
    writeFileSync(join(directory, 'victim'), 'untouched');
    symlinkSync('../victim', join(squid, 'timings.json'));
    writeTimings(logs(squid), {});
    expect(readFileSync(join(directory, 'victim'), 'utf8')).toBe('untouched');
    expect(lstatSync(join(squid, 'timings.json')).isSymbolicLink()).toBe(false);
  });
});
