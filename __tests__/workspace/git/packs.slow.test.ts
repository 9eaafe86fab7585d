import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { judgePack, type Verdict } from '../../../src/workspace/git/packs.ts';
import { findProgram } from '../../../src/host/programs.ts';
import { temporaryDirectory } from '../../../testing/builders.ts';
import { git, HAS_GIT } from '../../../testing/git.ts';

/** Of zeros, so that the pack is small. */
const OBJECT_BYTES = 32 << 20;

/** A pack in memory: its only object has this type (1 to 4, as in gitformat-pack(5)), size and content. */
function onePack(size: number, content: Buffer): Buffer {
  const head: number[] = [];
  for (let left = size, octet = (3 << 4) | (left % 16), rest = Math.floor(left / 16); ;) {
    head.push(rest > 0 ? octet | 0x80 : octet);
    if (rest === 0) break;
    [octet, left] = [rest % 128, rest];
    rest = Math.floor(left / 128);
  }
  const body = Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01', 'latin1'), Buffer.from(head), content]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Writes a pack and lets git make its index. */
function stored(pack: Buffer): string {
  const path = join(temporaryDirectory(), `pack-${'a'.repeat(40)}`);
  writeFileSync(`${path}.pack`, pack);
  git('/', 'index-pack', `${path}.pack`);
  for (const end of ['.pack', '.idx']) chmodSync(path + end, 0o600);
  return path;
}

/** Puts a git before the real one. `$GIT` is that one. */
function withGit(script: string): void {
  const directory = temporaryDirectory();
  const head = `#!/bin/sh\nGIT=${findProgram('git')}\n`;
  writeFileSync(join(directory, 'git'), head + script, { mode: 0o755 });
  vi.stubEnv('PATH', `${directory}:${process.env['PATH']}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}

const judge = (path: string, limitMs = 60_000): Verdict => judgePack(path, 20, limitMs);

describe.skipIf(!HAS_GIT)('a pack', () => {
  let large: Buffer;
  beforeAll(() => {
    large = onePack(OBJECT_BYTES, deflateSync(Buffer.alloc(OBJECT_BYTES)));
  });
  /** Another sum of its content, and the right one of the whole. */
  const damaged = (path: string): string => {
    const pack = readFileSync(`${path}.pack`);
    pack.writeUInt8(pack.readUInt8(pack.length - 30) ^ 0xff, pack.length - 30);
    createHash('sha1')
      .update(pack.subarray(0, -20))
      .digest()
      .copy(pack, pack.length - 20);
    writeFileSync(`${path}.pack`, pack);
    return path;
  };

  test('that is what its index says', () => {
    expect(judge(stored(large))).toEqual({ is: 'true' });
  });

  test('of another content is forged', () => {
    expect(judge(damaged(stored(large)))).toEqual({ is: 'forged' });
  });

  test('that git has no memory for is not forged, whatever git calls it', () => {
    const top = temporaryDirectory();
    git(top, 'init', '-q');
    // The second is a difference from the first, for which git needs both in memory.
    for (const more of ['', 'x']) {
      writeFileSync(join(top, 'file'), Buffer.alloc(OBJECT_BYTES).toString('latin1') + more);
      git(top, 'add', 'file');
      git(top, 'commit', '-qm', more, '--allow-empty-message');
    }
    git(top, 'repack', '-qad', '--window=2');
    const pack = readdirSync(join(top, '.git/objects/pack')).find((name) => name.endsWith('.pack'))!;
    const path = join(top, '.git/objects/pack', pack.slice(0, -'.pack'.length));
    expect(judge(path)).toEqual({ is: 'true' });
    const limits = Array.from({ length: 10 }, (_, i) => 30_000 + i * 10_000);
    const verdicts = limits.map((kilobytes) => {
      withGit(`ulimit -v ${kilobytes}; exec $GIT "$@"`);
      return judge(path);
    });
    expect(verdicts.filter(({ is }) => is === 'forged')).toEqual([]);
    const whys = verdicts.flatMap((verdict) => (verdict.is === 'unknown' ? [verdict.why] : []));
    expect(whys.filter((why) => /out of memory/i.test(why)).length).toBeGreaterThan(2);
  });

  test('that claims more than git would ever allocate is forged, on a machine of any size', () => {
    const path = stored(onePack(4, deflateSync('tree')));
    writeFileSync(`${path}.pack`, onePack(2 ** 45, deflateSync('tree')));
    expect(judge(path)).toEqual({ is: 'forged' });
  });

  test.each([
    ['SIGKILL', { is: 'unknown', why: 'git was ended by SIGKILL' }],
    ['SIGTERM', { is: 'unknown', why: 'git was ended by SIGTERM' }],
    ['SIGSEGV', { is: 'forged' }],
    ['SIGABRT', { is: 'forged' }],
  ])('at which git ends by %s', (signal, verdict) => {
    const path = stored(large);
    withGit(`ulimit -c 0; kill -${signal.slice(3)} $$`);
    expect(judge(path)).toEqual(verdict);
  });

  test.each([
    ['129', 'git is too old'],
    ['127', 'git failed (exit code 127)'],
    ['1', 'git failed (exit code 1)'],
  ])('for which git exits with %s', (status, why) => {
    const path = stored(large);
    withGit(`exit ${status}`);
    expect(judge(path)).toEqual({ is: 'unknown', why });
  });

  test('for which there was no time', () => {
    const path = stored(large);
    expect(judge(path, 0)).toEqual({ is: 'unknown', why: 'there was no time' });
    withGit('exec sleep 60');
    expect(judge(path, 200)).toEqual({ is: 'unknown', why: 'there was no time' });
  });
});
