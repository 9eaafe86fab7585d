import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitReader } from '../../src/host/git.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { git, HAS_GIT, tryGit } from '../../testing/git.ts';

const HERE = { PATH: process.env['PATH'] };

function aRepository(): string {
  const directory = temporaryDirectory();
  git(directory, 'init', '--quiet', '--initial-branch=main');
  writeFileSync(join(directory, 'a'), 'content');
  git(directory, 'add', 'a');
  git(directory, 'commit', '--quiet', '--message', 'x');
  return directory;
}

describe.skipIf(!HAS_GIT)('git', () => {
  test('reads a repository', () => {
    const read = gitReader(aRepository(), HERE)!;
    expect(read('cat-file', 'blob', 'HEAD:a')?.toString()).toBe('content');
    expect(read('cat-file', 'blob', 'HEAD:b')).toBeUndefined();
  });

  test('runs no program that the configuration of the repository names, not even for what the clone lacks', () => {
    const directory = aRepository();
    const [witness, script] = ['witness', 'script'].map((name) => join(directory, name)) as [string, string];
    writeFileSync(script, `#!/bin/sh\necho >> ${witness}\n`, { mode: 0o755 });
    const remote = aRepository();
    for (const [key, value] of [
      ['core.fsmonitor', script],
      ['core.hooksPath', directory],
      ['core.sshCommand', script],
      ['core.pager', script],
      ['remote.origin.url', `ext::${script}`],
      ['remote.origin.uploadpack', script],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.partialclonefilter', 'blob:none'],
      ['protocol.ext.allow', 'always'],
      ['extensions.partialClone', 'origin'],
      ['core.repositoryFormatVersion', '1'],
      ['alias.rev-parse', `!${script}`],
    ] as const) {
      git(directory, 'config', key, value);
    }
    const read = gitReader(directory, HERE)!;
    const missing = 'f'.repeat(40);
    expect(read('rev-parse', '--verify', '--quiet', 'HEAD^{commit}')).toBeDefined();
    expect(read('cat-file', 'blob', 'HEAD:a')?.toString()).toBe('content');
    expect(read('cat-file', 'blob', missing)).toBeUndefined();
    git(directory, 'config', 'remote.origin.url', `file://${remote}`);
    expect(read('cat-file', 'blob', missing)).toBeUndefined();
    expect(existsSync(witness)).toBe(false);
    // The control: git as it is runs it.
    tryGit(directory, ['cat-file', 'blob', missing]);
    tryGit(directory, ['status']);
    expect(existsSync(witness)).toBe(true);
  });

  test('shows what a commit has, whatever replaces it', () => {
    const directory = aRepository();
    const blob = git(directory, 'rev-parse', 'HEAD:a');
    writeFileSync(join(directory, 'other'), 'replaced');
    git(directory, 'replace', blob, git(directory, 'hash-object', '-w', 'other'));
    expect(git(directory, 'cat-file', 'blob', blob)).toBe('replaced');
    expect(gitReader(directory, HERE)?.('cat-file', 'blob', blob)?.toString()).toBe('content');
  });

  test('does not take a directory of a commit for a repository', () => {
    const directory = temporaryDirectory();
    git(directory, 'init', '--quiet', '--bare');
    expect(tryGit(directory, ['rev-parse', '--git-dir']).code).toBe(0);
    expect(gitReader(directory, HERE)?.('rev-parse', '--git-dir')).toBeUndefined();
  });

  test('is not searched in the workspace', () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin/git'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(gitReader(directory, { PATH: join(directory, 'bin'), GITHUB_WORKSPACE: directory })).toBeUndefined();
  });
});
