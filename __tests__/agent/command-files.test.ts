import { chmodSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  COMMAND_FILE_VARIABLES,
  commandFileMounts,
  CommandFiles,
  OUTPUT_FILE_LIMIT,
  SUMMARY_FILE_LIMIT,
} from '../../src/agent/command-files.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const OWNER = process.getuid?.() === 0 ? { uid: 1001, gid: 1002 } : { uid: process.getuid!(), gid: process.getgid!() };

/** The files of a run, and their paths on the host. */
function create() {
  const directory = temporaryDirectory();
  const files = new CommandFiles(directory, OWNER);
  const mounts = commandFileMounts(directory);
  const at = (target: string): string => {
    const mount = mounts.find((candidate) => candidate.target === target);
    if (mount?.kind !== 'bind') throw new Error(`nothing is mounted at ${target}`);
    return mount.source;
  };
  return {
    files,
    mounts,
    output: at(COMMAND_FILE_VARIABLES.GITHUB_OUTPUT),
    summary: at(COMMAND_FILE_VARIABLES.GITHUB_STEP_SUMMARY),
  };
}

test('are empty, private to the command, and mounted one by one', () => {
  const { mounts, output, summary } = create();
  for (const path of [output, summary]) {
    const { uid, gid, mode, size } = statSync(path);
    expect({ uid, gid, mode: mode & 0o777, size }).toEqual({ ...OWNER, mode: 0o600, size: 0 });
  }
  expect(mounts).toHaveLength(2);
  for (const mount of mounts) expect(mount).toMatchObject({ kind: 'bind', writable: true });
});

test('are read back, each up to its limit', () => {
  const { files, output, summary } = create();
  writeFileSync(output, 'a=b\n');
  writeFileSync(summary, '# ümläut\n');
  expect(files.finish()).toEqual({
    output: { text: 'a=b\n', isCut: false },
    summary: { text: '# ümläut\n', isCut: false },
  });
});

describe('at the limit', () => {
  test.each([
    ['output', OUTPUT_FILE_LIMIT],
    ['summary', SUMMARY_FILE_LIMIT],
  ] as const)('%s', (name, limit) => {
    const exact = create();
    writeFileSync(exact[name], 'x'.repeat(limit));
    expect(exact.files.finish()[name]).toEqual({ text: 'x'.repeat(limit), isCut: false });
    const longer = create();
    writeFileSync(longer[name], 'x'.repeat(limit + 1));
    expect(longer.files.finish()[name]).toEqual({ text: 'x'.repeat(limit), isCut: true });
  });

  test('an incomplete character is left out', () => {
    const { files, summary } = create();
    writeFileSync(summary, `${'x'.repeat(SUMMARY_FILE_LIMIT - 1)}€`);
    expect(files.finish().summary).toEqual({ text: 'x'.repeat(SUMMARY_FILE_LIMIT - 1), isCut: true });
  });
});

test('a byte order mark is removed, and invalid UTF-8 is replaced', () => {
  const { files, output } = create();
  writeFileSync(output, Buffer.concat([Buffer.from('\ufeffa='), Buffer.from([0xff, 0xc3])]));
  expect(files.finish().output.text).toBe('a=\ufffd\ufffd');
});

test('changes of mode or name do not mislead the reader', () => {
  const { files, output, summary } = create();
  const secret = join(temporaryDirectory(), 'secret');
  writeFileSync(secret, 'secret');
  writeFileSync(output, 'a=b');
  chmodSync(output, 0);
  renameSync(summary, `${summary}.moved`);
  symlinkSync(secret, summary);
  expect(readFileSync(summary, 'utf8')).toBe('secret');
  expect(files.finish()).toEqual({ output: { text: 'a=b', isCut: false }, summary: { text: '', isCut: false } });
});

test('an existing file stops the run', () => {
  const directory = temporaryDirectory();
  expect(new CommandFiles(directory, OWNER).finish().output.text).toBe('');
  expect(() => new CommandFiles(directory, OWNER)).toThrow('EEXIST');
});
