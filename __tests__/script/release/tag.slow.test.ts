/** The scripts that push tags, with a repository on disk as the remote. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../../testing/root.ts';

const NAMES = {
  squid: 'awf-squid:000000000001',
  'api-proxy': 'awf-api-proxy:000000000002',
  agent: 'awf-agent:000000000003',
};
const published = Object.fromEntries(
  Object.entries(NAMES).map(([role], at) => [role, `ghcr.io/owner/awf/awf-${role}@sha256:${String(at).repeat(64)}`]),
);

describe('a release', () => {
  let top: string;
  let clone: string;
  let digests: string;

  const env = {
    PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
    ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com' },
    ...{ GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' },
  };
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: clone, env, encoding: 'utf8' }).trim();
  const remoteTags = (): Record<string, string> =>
    Object.fromEntries(
      git('ls-remote', '--tags', 'origin')
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\trefs/tags/').toReversed() as [string, string]),
    );
  const run = (script: string, ...args: string[]) => runAt(undefined, script, ...args);
  /** @param date of what is committed; now by default */
  const runAt = (date: string | undefined, script: string, ...args: string[]) =>
    spawnSync(join(clone, 'script/release', script), args, {
      ...{ cwd: top, encoding: 'utf8' },
      env: { ...env, ...(date !== undefined && { GIT_COMMITTER_DATE: date }) },
    });

  /** Commits a version to main. */
  function prepare(version: string): void {
    git('switch', '--quiet', 'main');
    writeFileSync(join(clone, 'package.json'), JSON.stringify({ version, type: 'module' }));
    writeFileSync(join(clone, 'package-lock.json'), JSON.stringify({ version }));
    writeFileSync(join(clone, 'CHANGELOG.md'), `## [${version}] - 2027-01-02\n\n- A change.\n`);
    git('add', '--all');
    git('commit', '--quiet', '--message', version);
  }

  beforeAll(() => {
    top = mkdtempSync(join(tmpdir(), 'awf-tag-'));
    clone = join(top, 'clone');
    digests = join(top, 'published.json');
    writeFileSync(digests, JSON.stringify(published));
    mkdirSync(clone);
    execFileSync('git', ['init', '--quiet', '--bare', join(top, 'remote')], { env });
    git('init', '--quiet', '--initial-branch=main');
    git('remote', 'add', 'origin', join(top, 'remote'));
    for (const part of ['script/lib.sh', 'script/release', 'src/docker', 'src/shared']) {
      cpSync(join(ROOT, part), join(clone, part), { recursive: true });
    }
    mkdirSync(join(clone, 'dist'));
    writeFileSync(join(clone, 'dist/images.json'), JSON.stringify(NAMES));
    git('add', '--all');
    git('commit', '--quiet', '--message', 'sources');
  });
  afterAll(() => rmSync(top, { recursive: true, force: true }));

  test('tags a commit with the digests that no branch has, and then moves the major tag', () => {
    prepare('1.0.0');
    const main = git('rev-parse', 'main');
    // The path of the digests is the caller's, not the repository's.
    expect(run('tag', '1.0.0', 'published.json')).toMatchObject({ status: 0, stderr: '' });
    expect(Object.keys(remoteTags()).toSorted()).toEqual(['v1.0.0', 'v1.0.0^{}']);
    expect(git('rev-parse', 'v1.0.0^')).toBe(main);
    expect(git('rev-parse', 'main')).toBe(main);
    expect(git('diff', '--name-only', 'main', 'v1.0.0')).toBe('dist/images.json');
    expect(JSON.parse(git('show', 'v1.0.0:dist/images.json'))).toMatchObject({
      squid: { name: NAMES.squid, published: published['squid'] },
    });

    expect(run('move-tag', '1.0.0')).toMatchObject({ status: 0, stderr: '', stdout: '==> v1 is now 1.0.0\n' });
    expect(remoteTags()['v1']).toBe(remoteTags()['v1.0.0^{}']);
  });

  test('refuses the same version again, and changes nothing', () => {
    const before = remoteTags();
    git('switch', '--quiet', 'main');
    const again = run('tag', '1.0.0', digests);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('The tag v1.0.0 exists');
    expect(remoteTags()).toEqual(before);
    expect(readFileSync(join(clone, 'dist/images.json'), 'utf8')).toBe(JSON.stringify(NAMES));
  });

  test('refuses a tag that only the remote has', () => {
    const before = remoteTags();
    git('tag', '--delete', 'v1.0.0');
    // The same content in the same second would be the same tag.
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    const again = runAt(tomorrow, 'tag', '1.0.0', digests);
    expect(again.status).not.toBe(0);
    expect(again.stderr).toMatch(/rejected.*already exists/);
    expect(remoteTags()).toEqual(before);
    git('tag', '--delete', 'v1.0.0');
    git('fetch', '--quiet', '--tags', '--force', 'origin');
  });

  test('leaves the major tag where it is for a pre-release and for a fix of an older version', () => {
    for (const version of ['1.2.0', '1.3.0-rc.1', '1.1.1']) {
      prepare(version);
      expect(run('tag', version, digests)).toMatchObject({ status: 0 });
      expect(run('move-tag', version)).toMatchObject({ status: 0 });
    }
    expect(remoteTags()['v1']).toBe(remoteTags()['v1.2.0^{}']);
  });

  test('refuses a work tree with changes', () => {
    prepare('1.4.0');
    writeFileSync(join(clone, 'file'), 'not committed');
    const { status, stderr } = run('tag', '1.4.0', digests);
    expect([status, stderr]).toEqual([1, expect.stringContaining('the work tree has changes')]);
    expect(Object.keys(remoteTags())).not.toContain('v1.4.0');
  });
});
