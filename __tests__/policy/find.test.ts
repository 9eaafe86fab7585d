import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Given } from '../../src/config/source.ts';
import { findPolicy, MAX_BYTES } from '../../src/policy/find.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';

const FILE = '.github/awf.yml';
const input = (name: string, text: string): Given => ({ text, source: { kind: 'input', name } });

/** A workspace in no repository, outside of GitHub Actions. */
function find(workspace: string, policy?: string, environment: NodeJS.ProcessEnv = {}) {
  const given = policy === undefined ? undefined : input('policy', policy);
  return findPolicy({ policy: given, policyRef: undefined, environment, workspace });
}

function aWorkspace(content?: string): string {
  const workspace = temporaryDirectory();
  mkdirSync(join(workspace, '.github'));
  if (content !== undefined) writeFileSync(join(workspace, '.github/awf.yml'), content);
  return workspace;
}

function linkTo(target: string): string {
  const link = join(temporaryDirectory(), 'link');
  symlinkSync(target, link);
  return link;
}

describe('without a pull request', () => {
  test('the default file is read where it exists', () => {
    expect(find(aWorkspace())).toBeUndefined();
    expect(find(aWorkspace('version: 1'))).toEqual({
      found: {
        origin: { file: '.github/awf.yml', commit: undefined, from: undefined },
        content: Buffer.from('version: 1'),
      },
    });
  });

  test('a file in the way to it is no policy, and no fault of AWF', () => {
    const workspace = temporaryDirectory();
    for (const name of ['.github', '.git']) writeFileSync(join(workspace, name), '');
    const environment = { GITHUB_SHA: 'a'.repeat(40), GITHUB_EVENT_NAME: 'push' };
    expect(find(workspace, undefined, environment)).toBeUndefined();
    expect(find(workspace, undefined, { ...environment, GITHUB_EVENT_NAME: 'pull_request' })).toBeUndefined();
  });

  test('none leaves it alone', () => {
    expect(find(aWorkspace('version: 1'), 'none')).toBeUndefined();
  });

  test('a file that is named has to be there', () => {
    const workspace = aWorkspace();
    const error = thrown(() => find(workspace, 'other.yml'));
    expect(error.message).toBe('policy: other.yml does not exist.');
    writeFileSync(join(workspace, 'other.yml'), '');
    expect(find(workspace, 'other.yml')).toMatchObject({ found: { origin: { file: 'other.yml' } } });
  });

  test('a link within the workspace is followed, one that leads out is not', () => {
    const workspace = aWorkspace();
    const outside = join(temporaryDirectory(), 'p.yml');
    for (const file of [outside, join(workspace, 'inside.yml')]) writeFileSync(file, 'version: 1');
    symlinkSync('../inside.yml', join(workspace, '.github/awf.yml'));
    symlinkSync(outside, join(workspace, 'out.yml'));
    symlinkSync('nowhere', join(workspace, 'dangling.yml'));
    expect(find(workspace)).toMatchObject({ found: { origin: { file: '.github/awf.yml' } } });
    expect(thrown(() => find(workspace, 'out.yml')).message).toBe(
      'policy: out.yml is a link that leads out of the workspace.',
    );
    expect(thrown(() => find(workspace, 'dangling.yml')).message).toContain('is a link to nothing');
    // Named as what it is, it is no trick of the workspace.
    expect(find(workspace, outside)).toMatchObject({ found: { origin: { file: outside } } });
  });

  test.each([
    ['a directory', (path: string) => mkdirSync(path), 'is not a file'],
    [
      'a file that is too large',
      (path: string) => writeFileSync(path, 'a'.repeat(MAX_BYTES + 1)),
      'is larger than 64 KiB',
    ],
  ])('%s is refused', (_, make, problem) => {
    const workspace = aWorkspace();
    make(join(workspace, '.github/awf.yml'));
    expect(thrown(() => find(workspace)).message).toBe(`.github/awf.yml ${problem}.`);
  });

  test('a file of the largest size is read whole', () => {
    expect(find(aWorkspace('#'.repeat(MAX_BYTES)))).toMatchObject({ found: { content: { length: MAX_BYTES } } });
  });
});

describe('options that do not fit', () => {
  test('a commit without a policy, and a commit for a file outside', () => {
    const workspace = aWorkspace();
    const policyRef = input('policy-ref', 'main');
    const at = { policyRef, environment: {}, workspace };
    expect(thrown(() => findPolicy({ ...at, policy: input('policy', 'none') })).message).toContain(
      'there is no policy',
    );
    expect(thrown(() => findPolicy({ ...at, policy: input('policy', '/p.yml') })).message).toContain(
      'outside the checkout',
    );
  });
});

describe('in a pull request, without a repository', () => {
  const environment = { GITHUB_EVENT_NAME: 'pull_request', PATH: process.env['PATH'] };

  test('the file of the workspace is never used', () => {
    expect(thrown(() => find(aWorkspace('version: 1'), undefined, environment)).message).toMatch(
      /^\.github\/awf\.yml has to be read from a commit/,
    );
  });

  test.each<[string, (workspace: string) => readonly [string, string]]>([
    ['with another name for a directory', (workspace) => [workspace, `${workspace}/../${basename(workspace)}/${FILE}`]],
    ['over a link to the workspace', (workspace) => [workspace, join(linkTo(workspace), FILE)]],
    ['by a link to the file', (workspace) => [workspace, linkTo(join(workspace, FILE))]],
    ['from a directory of the checkout', (workspace) => [join(workspace, 'packages/a'), `../../${FILE}`]],
    ['from there, over a link', (workspace) => [join(workspace, 'packages/a'), join(linkTo(workspace), FILE)]],
  ])('however it is named: %s', (_, named) => {
    const top = aWorkspace('version: 1');
    for (const path of ['packages/a', '.git']) mkdirSync(join(top, path), { recursive: true });
    const [workspace, policy] = named(top);
    expect(thrown(() => find(workspace, policy, environment)).message).toMatch(/ has to be read from a commit/);
    expect(find(workspace, policy)).toMatchObject({ found: { content: Buffer.from('version: 1') } });
  });

  test('no file is none', () => {
    expect(find(aWorkspace(), undefined, environment)).toBeUndefined();
  });

  test('a file outside the workspace is the own one of the workflow', () => {
    const outside = join(temporaryDirectory(), 'p.yml');
    writeFileSync(outside, 'version: 1');
    expect(find(aWorkspace(), outside, environment)).toMatchObject({ found: { origin: { commit: undefined } } });
  });
});
