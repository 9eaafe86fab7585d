import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RESULT_LIMIT, ResultFile, type ResultReading } from '../../src/report/result-file.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const ME = { uid: process.getuid!(), gid: process.getgid!() };

interface Place {
  readonly outside: string;
  readonly workspace: string;
  readonly file: string;
}

function aPlace(): Place {
  const directory = temporaryDirectory();
  const workspace = join(directory, 'workspace');
  const outside = join(directory, 'outside');
  for (const path of [workspace, outside, join(workspace, 'out')]) mkdirSync(path);
  writeFileSync(join(outside, 'review.md'), 'a secret of the host');
  return { outside, workspace, file: join(workspace, 'out/review.md') };
}

/** Reads `out/review.md` after a command that does `work`. */
async function after(
  work: (place: Place) => unknown,
  before?: (place: Place) => void,
  user = ME,
): Promise<ResultReading> {
  const place = aPlace();
  before?.(place);
  const result = new ResultFile(place.workspace, 'out/review.md', user);
  await work(place);
  return result.read();
}

const refused = (why: string): ResultReading => ({ kind: 'refused', why });
const text = (value: string): ResultReading => ({ kind: 'text', text: value });

describe('the command’s own file', () => {
  test.each([
    ['a short one', 'Two findings.\n'],
    ['an empty one', ''],
    ['one as large as can be', 'x'.repeat(RESULT_LIMIT)],
    ['characters of every length', 'a ä € 😀'],
  ])('is the result: %s', async (_, content) => {
    expect(await after(({ file }) => writeFileSync(file, content))).toEqual(text(content));
  });

  test('that replaces an earlier one is the result, even with the same text', async () => {
    const before = ({ file }: Place): void => {
      writeFileSync(file, 'same');
      utimesSync(file, 1, 1);
    };
    expect(await after(({ file }) => writeFileSync(file, 'same'), before)).toEqual(text('same'));
  });

  test('is the result if its time is the earlier one’s', async () => {
    const stale = ({ file }: Place): void => writeFileSync(file, 'old');
    const forge = ({ file }: Place): void => {
      const { atime, mtime } = statSync(file);
      writeFileSync(file, 'new');
      utimesSync(file, atime, mtime);
    };
    expect(await after(forge, stale)).toEqual(text('new'));
  });

  test('is missing', async () => {
    expect(await after(() => undefined)).toEqual({ kind: 'missing' });
    expect(await after(({ file }) => renameSync(join(file, '..'), join(file, '../../away')))).toEqual({
      kind: 'missing',
    });
  });
});

describe('a file from before the command', () => {
  const stale = ({ file }: Place): void => writeFileSync(file, 'a result of yesterday');
  const unchanged = refused('is as it was before the command');

  test('is no result', async () => {
    expect(await after(() => undefined, stale)).toEqual(unchanged);
    expect(await after(({ file }) => chmodSync(file, 0o600), stale)).toEqual(unchanged);
  });

  test('is none either if nobody could read it before', async () => {
    const locked = (place: Place): void => {
      stale(place);
      chmodSync(place.file, 0);
    };
    expect(await after(({ file }) => chmodSync(file, 0o644), locked)).toEqual(unchanged);
  });

  test('is one once the command has added to it', async () => {
    expect(await after(({ file }) => appendFileSync(file, ', and of today'), stale)).toEqual(
      text('a result of yesterday, and of today'),
    );
  });
});

describe('what could be a file of the host is not read', () => {
  test.each<[what: string, why: string, work: (place: Place) => unknown]>([
    ['a link', 'is a link', ({ file, outside }) => symlinkSync(join(outside, 'review.md'), file)],
    ['a link that leads nowhere', 'is a link', ({ file }) => symlinkSync('/nonexistent', file)],
    ['a link into /proc', 'is a link', ({ file }) => symlinkSync('/proc/self/environ', file)],
    [
      'a link on the way',
      'is not read, because out is a link',
      ({ workspace, outside }) => {
        renameSync(join(workspace, 'out'), join(workspace, 'away'));
        symlinkSync(outside, join(workspace, 'out'));
      },
    ],
    [
      'a hard link',
      'has a second name (a hard link)',
      ({ file, outside }) => linkSync(join(outside, 'review.md'), file),
    ],
    ['a directory', 'is a directory', ({ file }) => mkdirSync(file)],
    ['a named pipe', 'is a named pipe', ({ file }) => spawnSync('mkfifo', [file])],
    [
      'a socket',
      'is not a regular file',
      async ({ file }) => {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(file, resolve));
        onTestFinished(() => void server.close());
      },
    ],
    [
      'a file where a directory is due',
      'cannot exist, because out is not a directory',
      ({ workspace }) => {
        renameSync(join(workspace, 'out'), join(workspace, 'away'));
        writeFileSync(join(workspace, 'out'), '');
      },
    ],
  ])('%s', async (_, why, work) => {
    expect(await after(work)).toEqual(refused(why));
  });

  test('a file that the command’s user may not read', async () => {
    const stranger = { uid: ME.uid + 1, gid: ME.gid + 1 };
    const write =
      (mode: number) =>
      ({ file }: Place): void => {
        writeFileSync(file, 'text');
        chmodSync(file, mode);
      };
    const why = refused("cannot be read by the command's user");
    expect(await after(write(0o640), undefined, stranger)).toEqual(why);
    expect(await after(write(0o640), undefined, { ...stranger, gid: ME.gid })).toEqual(text('text'));
    expect(await after(write(0o644), undefined, stranger)).toEqual(text('text'));
    expect(await after(write(0o044))).toEqual(why);
    const shut = (place: Place): void => {
      write(0o644)(place);
      chmodSync(join(place.workspace, 'out'), 0o770);
    };
    expect(await after(shut, undefined, stranger)).toEqual(why);
  });

  test.runIf(ME.uid === 0)('a device, and another file system (only as root)', async () => {
    expect(await after(({ file }) => spawnSync('mknod', [file, 'c', '1', '5']))).toEqual(
      refused('is not a regular file'),
    );
    const mount = ({ workspace, outside }: Place): void => {
      expect(spawnSync('mount', ['--bind', outside, join(workspace, 'out')]).status).toBe(0);
      onTestFinished(() => void spawnSync('umount', [join(workspace, 'out')]));
    };
    expect(await after(mount)).toEqual(refused('is on another file system than the workspace'));
  });
});

describe('what is no text of the right size', () => {
  test.each<[string, string | Buffer]>([
    ['is not UTF-8 text', Buffer.from([0x61, 0xff])],
    ['is not UTF-8 text', Buffer.from('€').subarray(0, 2)],
    ['is not text: it contains a NUL character', 'a\0b'],
    [`has ${String(RESULT_LIMIT + 1)} bytes; the limit is ${String(RESULT_LIMIT)}`, 'x'.repeat(RESULT_LIMIT + 1)],
  ])('%s', async (why, content) => {
    expect(await after(({ file }) => writeFileSync(file, content))).toEqual(refused(why));
  });

  test('a hole of a terabyte takes no memory', async () => {
    const hole = ({ file }: Place): void => {
      writeFileSync(file, '');
      truncateSync(file, 2 ** 40);
    };
    expect(await after(hole)).toEqual(refused(`has ${String(2 ** 40)} bytes; the limit is ${String(RESULT_LIMIT)}`));
    expect(await after(() => undefined, hole)).toMatchObject({ kind: 'refused' });
  });
});
