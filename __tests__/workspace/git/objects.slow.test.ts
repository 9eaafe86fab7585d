import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { checkObjects, mayHaveChanged, strangersIn, type Checked } from '../../../src/workspace/git/objects.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { git, GIT_ENVIRONMENT, HAS_GIT, tryGit } from '../../../testing/git.ts';
import { give, ordinaryUser } from '../../../testing/runner/program.ts';

/** A repository whose objects have differences, if they are packed. */
function repository(...options: readonly string[]): string {
  const top = temporaryDirectory();
  git(top, 'init', '-q', ...options);
  const lines = Array.from({ length: 200 }, (_, line) => `line ${line} ${'x'.repeat(line % 50)}\n`);
  for (const change of [0, 50, 150]) {
    lines[change] = 'changed\n';
    writeFileSync(join(top, 'build.sh'), lines.join(''));
    git(top, 'add', '.');
    git(top, 'commit', '-qm', String(change));
  }
  git(top, 'tag', '-a', 'v1', '-m', 'one');
  return top;
}

type Found = Omit<Checked, 'cleared'>;
const check = (top: string, since = 0, hashBytes: 20 | 32 = 20, end = performance.now() + 60_000): Found => {
  const { cleared, ...found } = checkObjects(join(top, '.git'), since, hashBytes, end);
  expect(cleared).toEqual([]);
  return found;
};
const ALL_TRUE: Found = { forged: [], unchecked: [] };
const PACK = /^objects\/pack\/pack-[0-9a-f]+\.pack$/;
/** The pack stays, for this reason. */
const unchecked = (why: string): Found => ({
  forged: [],
  unchecked: [{ name: expect.stringMatching(PACK) as string, why }],
});
const packOf = (top: string): string =>
  join(
    top,
    '.git/objects/pack',
    readdirSync(join(top, '.git/objects/pack')).find((name) => name.endsWith('.idx'))!,
  );

/** Puts another content behind the name of an object. */
function forge(top: string): string {
  const name = git(top, 'rev-parse', 'HEAD:build.sh');
  const file = join(top, '.git/objects', name.slice(0, 2), name.slice(2));
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, deflateSync('blob 5\0evil\n'));
  return file;
}

/** Lets the index of the pack lead to an older content of a file. */
function forgePack(top: string): void {
  const index = packOf(top);
  const data = readFileSync(index);
  const [count, blob] = [data.readUInt32BE(8 + 255 * 4), git(top, 'rev-parse', 'HEAD:build.sh')];
  const names = Array.from({ length: count }, (_, i) => data.toString('hex', 1032 + i * 20, 1052 + i * 20));
  const at = (name: string): number => 1032 + count * 24 + names.indexOf(name) * 4;
  const older = at(git(top, 'rev-parse', 'HEAD~2:build.sh'));
  data.copy(data, at(blob), older, older + 4);
  createHash('sha1')
    .update(data.subarray(0, -20))
    .digest()
    .copy(data, data.length - 20);
  chmodSync(index, 0o600);
  writeFileSync(index, data);
}

/** Stores a file of Git LFS. */
function writeLarge(top: string, name: string, content: string): string {
  const file = join(top, '.git/lfs/objects', name.slice(0, 2), name.slice(2, 4), name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** Like {@link check}, by somebody who may not read every file. */
function checkAsUser(top: string): Found {
  const user = ordinaryUser();
  if (user.prefix.length === 0) return check(top);
  give(top, user);
  process.seteuid!(user.uid);
  try {
    return check(top);
  } finally {
    process.seteuid!(0);
  }
}

describe.skipIf(!HAS_GIT)('objects', () => {
  test.each([
    ['loose', [], []],
    ['packed', [], [['gc', '-q', '--aggressive']]],
    ['packed with bases named', [], [['-c', 'repack.useDeltaBaseOffset=false', 'repack', '-qadf', '--depth=50']]],
    ['of SHA-256', ['--object-format=sha256'], []],
    ['of SHA-256, packed', ['--object-format=sha256'], [['gc', '-q']]],
  ] as const)('%s are what git made them', (_, options, commands) => {
    const top = repository(...options);
    for (const args of commands) git(top, ...args);
    expect(check(top, 0, options.length === 0 ? 20 : 32)).toEqual(ALL_TRUE);
    expect(tryGit(top, ['fsck', '--strict'])).toMatchObject({ code: 0 });
  });

  test('a loose one with another content is moved aside', () => {
    const top = repository();
    const file = forge(top);
    expect(git(top, 'cat-file', '-p', 'HEAD:build.sh')).toBe('evil');
    expect(check(top, Date.now() + 60_000)).toEqual(ALL_TRUE);
    expect(check(top)).toEqual({ forged: [expect.stringMatching(/^objects\/..\/[0-9a-f]+$/)], unchecked: [] });
    expect(existsSync(file)).toBe(false);
  });

  test('a pack whose index leads to another object is moved aside', () => {
    const top = repository();
    git(top, 'gc', '-q');
    forgePack(top);
    expect(git(top, 'cat-file', '-p', 'HEAD:build.sh').split('\n')[150]).not.toBe('changed');
    expect(check(top)).toEqual({ forged: [expect.stringMatching(PACK)], unchecked: [] });
    expect(readdirSync(join(top, '.git/objects/pack')).filter((name) => /\.(pack|idx)$/.test(name))).toEqual([]);
  });

  test('what was there before the run is not read again, even if the checkout ended a moment before', async () => {
    const top = repository();
    git(top, 'gc', '-q');
    forgePack(top);
    await sleep(150);
    const since = Date.now();
    expect(check(top, since)).toEqual(ALL_TRUE);
    forgePack(top);
    expect(check(top, since)).toEqual({ forged: [expect.stringMatching(PACK)], unchecked: [] });
  });

  test.each([
    ['within the tick of the clock', 5_432_100, 5_432_110, true],
    ['before it', 5_432_100, 5_432_200, false],
    ['in the same second, on a file system that keeps seconds', 5_432_000, 5_432_900, true],
    ['in the second before, on such a file system', 5_431_000, 5_432_900, false],
  ])('a change %s', (_, ctimeMs, since, mayBeLater) => {
    expect(mayHaveChanged(ctimeMs, since)).toBe(mayBeLater);
  });

  test.each(['evil', 'tmp_evil', '.tmp-1-pack-x', 'a b', '\xff', ''])(
    'so is one named %j: git reads it all the same',
    (name) => {
      const top = repository();
      git(top, 'gc', '-q');
      forgePack(top);
      const index = packOf(top);
      for (const end of ['pack', 'idx']) {
        const to = Buffer.from(join(dirname(index), `${name}.${end}`), 'latin1');
        renameSync(index.replace(/idx$/, end), to);
      }
      expect(git(top, 'cat-file', '-p', 'HEAD:build.sh').split('\n')[150]).not.toBe('changed');
      expect(check(top)).toEqual({ forged: [`objects/pack/${name}.pack`], unchecked: [] });
      expect(tryGit(top, ['cat-file', '-p', 'HEAD:build.sh'])).toMatchObject({ code: 128 });
    },
  );

  test('what git computes from packs is removed, and git makes it again', () => {
    const top = repository();
    git(top, 'repack', '-qadb', '--write-midx');
    expect(check(top)).toEqual(ALL_TRUE);
    expect(readdirSync(join(top, '.git/objects/pack')).filter((name) => !/\.(pack|idx)$/.test(name))).toEqual([]);
    expect(tryGit(top, ['fsck'])).toMatchObject({ code: 0 });
  });

  test('an old index of several packs goes if one of them is new: it may lead to another object there', async () => {
    const top = temporaryDirectory();
    git(top, 'init', '-q');
    const packs = join(top, '.git/objects/pack');
    const pack = (content: string): { name: string; files: string } => {
      const options = { cwd: top, encoding: 'utf8', env: { ...process.env, ...GIT_ENVIRONMENT } } as const;
      const name = spawnSync('git', ['hash-object', '-w', '--stdin'], { ...options, input: content }).stdout;
      const sum = spawnSync('git', ['pack-objects', '-q', join(packs, 'pack')], { ...options, input: name }).stdout;
      rmSync(join(top, '.git/objects', name.slice(0, 2)), { recursive: true });
      return { name: name.trim(), files: join(packs, `pack-${sum.trim()}`) };
    };
    const good = pack('good');
    git(top, 'multi-pack-index', 'write');
    await sleep(150);
    const since = Date.now();
    expect(check(top, since)).toEqual(ALL_TRUE);
    expect(readdirSync(packs)).toContain('multi-pack-index');
    const evil = pack('evil');
    for (const end of ['pack', 'idx']) renameSync(`${evil.files}.${end}`, `${good.files}.${end}`);
    expect(git(top, 'cat-file', '-p', good.name)).toBe('evil');
    expect(check(top, since)).toEqual(ALL_TRUE);
    expect(readdirSync(packs)).not.toContain('multi-pack-index');
    expect(tryGit(top, ['cat-file', '-p', good.name])).toMatchObject({ code: 128, stdout: '' });
  });

  test('a lock that a dead git maintenance left is removed, an older one stays', async () => {
    const top = repository();
    const lock = join(top, '.git/objects/maintenance.lock');
    writeFileSync(lock, '');
    await sleep(150);
    check(top, Date.now());
    expect(existsSync(lock)).toBe(true);
    expect(check(top)).toEqual(ALL_TRUE);
    expect(existsSync(lock)).toBe(false);
  });

  test('a link among them is the user’s if it was there before', async () => {
    const objects = join(repository(), '.git/objects');
    symlinkSync('/tmp', join(objects, 'ab'));
    await sleep(150);
    const since = Date.now();
    symlinkSync('/tmp', join(objects, 'pack/x'));
    const found = strangersIn(dirname(objects), since).map(({ path }) => path);
    expect(found).toEqual([join(objects, 'pack/x')]);
  });

  test('large files are compared too', () => {
    const top = repository();
    const sum = createHash('sha256').update('good').digest('hex');
    writeLarge(top, sum, 'good');
    writeLarge(top, '0'.repeat(64), 'evil');
    expect(check(top)).toEqual({ forged: [expect.stringMatching(/^lfs\/objects\//)], unchecked: [] });
  });

  test('without time, what was not looked at is reported and stays', () => {
    const top = repository();
    git(top, 'gc', '-q');
    writeFileSync(join(top, 'new'), 'a loose one');
    git(top, 'add', 'new');
    expect(check(top, 0, 20, 0)).toEqual({
      forged: [],
      unchecked: [
        { name: expect.stringMatching(/^objects\/..\/[0-9a-f]+$/) as string, why: 'there was no time' },
        { name: expect.stringMatching(PACK) as string, why: 'there was no time' },
      ],
    });
    expect(tryGit(top, ['fsck'])).toMatchObject({ code: 0 });
  });

  test.each(['pack-', 'x'])('a pack that is none is moved aside: %s', (start) => {
    const top = repository();
    const pack = join(top, '.git/objects/pack', `${start === 'x' ? 'pack-' : start}${'a'.repeat(40)}`);
    for (const end of ['.pack', '.idx']) writeFileSync(pack + end, start.repeat(600));
    expect(check(top).forged).toHaveLength(1);
    expect(existsSync(`${pack}.pack`)).toBe(false);
  });

  test('a file that nobody may read stays and is reported, and costs no other its check', () => {
    const top = repository();
    git(top, 'gc', '-q');
    forgePack(top);
    writeFileSync(join(top, 'new'), 'a loose one');
    git(top, 'add', 'new');
    const name = git(top, 'rev-parse', ':new');
    chmodSync(join(top, '.git/objects', name.slice(0, 2), name.slice(2)), 0o000);
    chmodSync(writeLarge(top, '0'.repeat(64), ''), 0o000);
    const why = 'it could not be read or moved (EACCES)';
    expect(checkAsUser(top)).toEqual({
      forged: [expect.stringMatching(PACK)],
      unchecked: [
        { name: `objects/${name.slice(0, 2)}/${name.slice(2)}`, why },
        { name: expect.stringMatching(/^lfs\/objects/) as string, why },
      ],
    });
  });

  test.each([0o000, 0o400, 0o500])('objects in a directory that the command has locked are moved aside: %i', (mode) => {
    const top = repository();
    const file = forge(top);
    chmodSync(dirname(file), mode);
    expect(checkAsUser(top)).toEqual({ forged: [expect.stringMatching(/^objects\/..\/[0-9a-f]+$/)], unchecked: [] });
  });

  test('a git that does not know how to tell calls nothing forged', () => {
    const top = repository();
    git(top, 'gc', '-q');
    const old = temporaryDirectory();
    writeFileSync(join(old, 'git'), '#!/bin/sh\nexit 129\n', { mode: 0o755 });
    vi.stubEnv('PATH', old);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(check(top)).toEqual(unchecked('git is too old'));
  });

  test('without git on the machine, packs stay and are reported', () => {
    const top = repository();
    git(top, 'gc', '-q');
    vi.stubEnv('PATH', '/nonexistent');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(check(top)).toEqual(unchecked('there is no git'));
  });
});
