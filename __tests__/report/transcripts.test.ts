import { existsSync, readdirSync, readFileSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pack, type Header } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { keepTranscripts } from '../../src/report/transcripts.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const BELOW = ['.claude/projects', '.codex/sessions'];
const KEY = 'sk-ant-a-real-credential';
const SECRETS = new Map([['ANTHROPIC_API_KEY', KEY]]);

type Given = readonly (readonly [name: string | Partial<Header>, content?: string | Buffer])[];

async function archiveOf(entries: Given): Promise<Buffer> {
  const archive = pack();
  for (const [header, content = ''] of entries) {
    archive.entry({ name: '', ...(typeof header === 'string' ? { name: header } : header) }, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Files below a directory, path to content. */
function contentsOf(directory: string): Record<string, string> {
  if (!existsSync(directory)) return {};
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(directory.length + 1), readFileSync(path, 'latin1')];
    }),
  );
}

async function keep(archive: Buffer, limits?: Parameters<typeof keepTranscripts>[4]) {
  const directory = join(temporaryDirectory(), 'agent-logs');
  const kept = await keepTranscripts(Readable.from([archive]), directory, BELOW, SECRETS, limits);
  return { kept, directory, contents: contentsOf(directory) };
}

test('regular files are written under their own names, with credentials masked and every other octet as it was', async () => {
  const octets = Buffer.from([0, 0xff, 0xc3, 0x28, 0x0a]);
  const { kept, contents } = await keep(
    await archiveOf([
      ['.claude/projects/-work/session.jsonl', `{"key":"${KEY}"}\nümläut`],
      ['.codex/sessions/2026/11/26/a.bin', Buffer.concat([octets, Buffer.from(KEY), octets])],
    ]),
  );
  expect(contents).toEqual({
    '.claude/projects/-work/session.jsonl': Buffer.from('{"key":"***"}\nümläut').toString('latin1'),
    '.codex/sessions/2026/11/26/a.bin': `${octets.toString('latin1')}***${octets.toString('latin1')}`,
  });
  expect(kept).toMatchObject({ files: 2, leftOut: 0, isCut: false });
});

test('nothing at all makes no directory', async () => {
  const empty = await keep(Buffer.alloc(0));
  expect(existsSync(empty.directory)).toBe(false);
  expect(empty.kept).toEqual({ files: 0, bytes: 0, leftOut: 0, isCut: false });
});

describe('an archive that the command wrote itself', () => {
  test.each<[string, string]>([
    ['outside the directories', '.ssh/id_ed25519'],
    ['a directory whose name only begins alike', '.claude/projects-2/x'],
    ['a way up', '.claude/projects/../../../../etc/cron.d/x'],
    ['an absolute path', '/etc/cron.d/x'],
    ['a path that is too deep', `.claude/projects/${'d/'.repeat(20)}x`],
  ])('leaves out %s, and counts it', async (_, header) => {
    const { kept, contents } = await keep(await archiveOf([[header], ['.codex/sessions/good', 'good']]));
    expect(contents).toEqual({ '.codex/sessions/good': 'good' });
    expect(kept).toMatchObject({ files: 1, leftOut: 1, isCut: false });
  });

  test.each<[string, Partial<Header>]>([
    ['a symbolic link', { name: '.claude/projects/link', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: '.claude/projects/link', type: 'link', linkname: '/etc/passwd' }],
    ['a device', { name: '.claude/projects/device', type: 'block-device' }],
  ])('has no file for %s', async (_, header) => {
    const { kept, contents } = await keep(await archiveOf([[header], ['.codex/sessions/good', 'good']]));
    expect(contents).toEqual({ '.codex/sessions/good': 'good' });
    expect(kept).toMatchObject({ files: 1, leftOut: 0, isCut: false });
  });

  test('gets names that the artifact service and every file system take', async () => {
    const { contents } = await keep(
      await archiveOf([
        ['.claude/projects/a:b"c\n::error::x', ''],
        [`.claude/projects/${'n'.repeat(300)}`, ''],
      ]),
    );
    expect(Object.keys(contents).sort()).toEqual([
      '.claude/projects/a_b_c___error__x',
      `.claude/projects/${'n'.repeat(200)}`,
    ]);
  });

  test('cannot write one file twice', async () => {
    const { kept, contents } = await keep(
      await archiveOf([
        ['.claude/projects/x', 'first'],
        ['.claude/projects/x', 'second'],
      ]),
    );
    expect(contents).toEqual({ '.claude/projects/x': 'first' });
    expect(kept).toMatchObject({ files: 1, leftOut: 1 });
  });

  test.each([
    ['a directory where a file is', ['x', 'x/y'], ['x']],
    ['a file where a directory is', ['x/y', 'x'], ['x/y']],
    ['one that only looks the same once its name is harmless', ['x:', 'x_/y'], ['x_']],
  ])('%s costs itself alone', async (_, given, written) => {
    const names = [...given, 'last'].map((name) => [`.claude/projects/${name}`, ''] as const);
    const { kept, contents } = await keep(await archiveOf(names));
    expect(Object.keys(contents).sort()).toEqual([...written, 'last'].map((name) => `.claude/projects/${name}`).sort());
    expect(kept).toMatchObject({ files: 2, leftOut: 1, isCut: false });
  });

  test.each([
    ['files', { files: 2, fileBytes: 10, bytes: 100 }, 2, 1],
    ['octets of a file', { files: 9, fileBytes: 3, bytes: 100 }, 2, 1],
    ['octets of all', { files: 9, fileBytes: 10, bytes: 6 }, 2, 1],
  ])('is held to a limit: %s', async (_, limits, files, leftOut) => {
    const entries: Given = ['1', '22', '4444'].map((content) => [`.claude/projects/${content}`, content] as const);
    expect((await keep(await archiveOf([...entries]), limits)).kept).toMatchObject({ files, leftOut });
  });

  test.each([
    ['cut within a file', -700],
    ['not an archive', undefined],
  ])('is %s: what came before is kept, and the rest is known to be missing', async (_, end) => {
    const good = await archiveOf([
      ['.claude/projects/one', 'one'],
      ['.claude/projects/two', 'x'.repeat(5_000)],
    ]);
    const bad = end === undefined ? Buffer.alloc(4_096, 'no archive') : good.subarray(0, 2_000);
    const { kept, contents } = await keep(bad);
    expect(contents).toEqual(end === undefined ? {} : { '.claude/projects/one': 'one' });
    expect(kept.isCut).toBe(true);
  });
});

test('what an earlier run wrote is replaced, and a link in its place is not followed', async () => {
  const directory = temporaryDirectory();
  const other = join(directory, 'other');
  writeFileSync(other, 'other');
  mkdirSync(join(directory, '.codex/sessions'), { recursive: true });
  symlinkSync(other, join(directory, '.codex/sessions/x'));
  const archive = await archiveOf([['.codex/sessions/x', 'new']]);
  await keepTranscripts(Readable.from([archive]), directory, BELOW, SECRETS);
  expect(readFileSync(join(directory, '.codex/sessions/x'), 'utf8')).toBe('new');
  expect(readFileSync(other, 'utf8')).toBe('other');
});
