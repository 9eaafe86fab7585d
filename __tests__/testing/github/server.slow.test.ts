import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HAS_GIT } from '../../../testing/git.ts';
import { JOB_REPOSITORY } from '../../../testing/github/hub.ts';
import {
  GH_COMMANDS,
  ghArguments,
  installGh,
  isSteady,
  runProgram,
  type ProgramResult,
} from '../../../testing/github/programs.ts';
import { startGithubWorld, type GithubWorld } from '../../../testing/github/world.ts';
import { HAS_PYTHON } from '../../../testing/python.ts';
import { FETCH_LIMIT } from '../../../testing/scratch.ts';

const TOKEN = 'ghs_real';
/** git asks for it when the server demands a credential. */
const HELPER = `!f() { echo username=x-access-token; echo password=${TOKEN}; }; f`;

let world: GithubWorld;

let runs = 0;
const run = (...words: readonly string[]): Promise<ProgramResult> => {
  // gh remembers for a day which fields the server knows.
  const cache = { XDG_CACHE_HOME: join(world.cwd, `cache-${++runs}`) };
  return runProgram(words, world.cwd, { ...world.environment(TOKEN), ...cache });
};
const git = (...words: readonly string[]) => run('git', '-c', `credential.helper=${HELPER}`, ...words);

/** As in the recording. */
const sent = (): string[] =>
  world.server.requests.map(({ method, host, path, operation }) =>
    operation === undefined ? `${method} ${host}${path}` : `GRAPHQL ${operation}`,
  );

describe.skipIf(!HAS_GIT)('the stand-in for GitHub', () => {
  beforeAll(async () => {
    world = await startGithubWorld(TOKEN);
  });

  beforeEach(() => world.server.reset());

  afterAll(() => world.close());

  describe.skipIf(!HAS_PYTHON)('answers gh', () => {
    let gh: string;
    beforeAll(async () => {
      gh = await installGh();
    }, FETCH_LIMIT);

    test.each(GH_COMMANDS)('$command', async (recorded) => {
      const { code, output } = await run(gh, ...ghArguments(recorded));
      expect(sent().filter(isSteady).sort(), output).toEqual(recorded.sends.filter(isSteady).sort());
      if (recorded.access !== 'never') expect(code, output).toBe(0);
      for (const { host, credential } of world.server.requests) {
        expect(credential).toBe(host.endsWith('githubusercontent.com') ? 'none' : 'real');
      }
    });

    test('and a wrong token gets 401', async () => {
      const words = [gh, 'pr', 'list', '--repo', JOB_REPOSITORY];
      const { code, output } = await runProgram(words, world.cwd, world.environment('ghs_wrong'));
      expect(code).not.toBe(0);
      expect(output).toContain('401');
    });
  });

  test('a clone, a commit and a push of git', async () => {
    expect(await git('clone', '--quiet', `https://github.com/${JOB_REPOSITORY}`, 'clone')).toMatchObject({ code: 0 });
    expect(readFileSync(join(world.cwd, 'clone/README.md'), 'utf8')).toContain(JOB_REPOSITORY);
    expect(sent()).toEqual([
      // git first asks without a credential.
      'GET github.com/Octo/Hello/info/refs?service=git-upload-pack',
      'GET github.com/Octo/Hello/info/refs?service=git-upload-pack',
      'POST github.com/Octo/Hello/git-upload-pack',
      'POST github.com/Octo/Hello/git-upload-pack',
    ]);
    world.server.reset();
    await git('-C', 'clone', 'commit', '--quiet', '--allow-empty', '--message=second');
    expect(await git('-C', 'clone', 'push', '--quiet', 'origin', 'HEAD:new')).toMatchObject({ code: 0 });
    expect(sent().slice(1)).toEqual([
      'GET github.com/Octo/Hello/info/refs?service=git-receive-pack',
      'POST github.com/Octo/Hello/git-receive-pack',
    ]);
    expect(world.server.requests.map(({ credential }) => credential)).toEqual(['none', 'real', 'real']);
  });

  test('somebody else’s private repository asks for a credential, a public one does not', async () => {
    expect(await run('git', 'ls-remote', 'https://github.com/public/library')).toMatchObject({ code: 0 });
    expect(await run('git', 'ls-remote', 'https://github.com/other/private')).not.toMatchObject({ code: 0 });
    expect(world.server.requests.map(({ status }) => status)).toEqual([200, 200, 401]);
  });

  test('signed URLs want no credential', async () => {
    const url = 'https://release-assets.githubusercontent.com/github-production-release-asset/1?sig=abc';
    expect((await run('curl', '-sS', url)).output).toBe('contents of a release asset');
    expect((await run('curl', '-sS', '-H', `Authorization: Bearer ${TOKEN}`, url)).output).toContain('InvalidArgument');
  });

  test('a release’s download and an archive redirect to signed URLs, and LFS hands them out', async () => {
    const curl = async (...words: readonly string[]) =>
      (await run('curl', '-sS', '-L', '-u', `x-access-token:${TOKEN}`, ...words)).output;
    const base = 'https://github.com/Octo/Hello';
    expect(await curl(`${base}/releases/download/v1/tool.tar.gz`)).toBe('contents of a release asset');
    expect(await curl(`${base}/archive/refs/heads/main.tar.gz`)).toBe('contents of a release asset');
    const batch = JSON.stringify({ operation: 'download', objects: [{ oid: 'a'.repeat(64), size: 24 }] });
    const answer = await curl('-d', batch, `${base}.git/info/lfs/objects/batch`);
    expect(answer).toContain('https://github-cloud.githubusercontent.com/alambic/media/');
    expect(world.server.requests.map(({ credential }) => credential)).toEqual(['real', 'none', 'real', 'none', 'real']);
  });
});
