/** The npm package, installed into an empty folder, at work. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtImageNames, imageNames } from '../../../src/docker/images.ts';
import { ROOT } from '../../../testing/root.ts';
import { type EntryResult } from '../../../testing/runner/run-entry.ts';
import { runProgram } from '../../../testing/runner/program.ts';

const env = {
  ...(process.env as Record<string, string>),
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
};

describe('the npm package', () => {
  let top: string;
  let project: string;
  let root: string;
  let packed: readonly string[];

  const npm = (args: readonly string[], cwd: string): string =>
    execFileSync('npm', [...args], { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  /** Runs `npx awf` in the project. */
  const awf = (...args: string[]): Promise<EntryResult> => runProgram(['npx', 'awf', ...args], { env, cwd: project });

  beforeAll(() => {
    top = mkdtempSync(join(tmpdir(), 'awf-pack-'));
    const folder = join(top, 'package');
    project = join(top, 'project');
    execFileSync(process.execPath, [join(ROOT, 'script/release/pack.ts'), folder, 'owner/awf'], { env });
    const [{ filename, files } = { filename: '', files: [] }] = JSON.parse(
      npm(['pack', '--json', '--pack-destination', top], folder),
    ) as { filename: string; files: { path: string }[] }[];
    packed = files.map(({ path }) => path);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
    npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', join(top, filename)], project);
    root = join(project, 'node_modules', 'awf');
  });
  afterAll(() => rmSync(top, { recursive: true, force: true }));

  test('has what runs, what is built, and what is read, and nothing else', () => {
    const kinds = new Set(
      packed.map((path) => (path.startsWith('dist/') ? path.split('/', 2).join('/') : path.split('/')[0])),
    );
    const expected = [
      ...['.dockerignore', 'CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'action.yml', 'bin', 'package.json'],
      ...['containers', 'docs', 'schema', 'dist/api-proxy', 'dist/cli', 'dist/images.json', 'dist/look-through'],
      ...['examples'].filter((name) => existsSync(join(ROOT, name))),
    ];
    expect([...kinds].toSorted()).toEqual(expected.toSorted());
    expect(packed.filter((path) => /\/src\/|__tests__|\.test\./.test(path))).toEqual([]);
  });

  test('brings no other package along', () => {
    expect(readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['awf']);
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).not.toHaveProperty('private');
  });

  test('names the images as the repository does, so that both share them', () => {
    expect(builtImageNames(join(root, 'dist'))).toEqual(builtImageNames(join(ROOT, 'dist')));
    // By contents and modes: a build from the installed package is the same image.
    expect(imageNames(root)).toEqual(builtImageNames(join(ROOT, 'dist')));
  });

  test('runs a command in the sandbox', async () => {
    const result = await awf('--', 'echo', 'from the sandbox');
    expect(result, result.stderr).toMatchObject({ code: 0, stdout: 'from the sandbox\n' });
  });

  test('hands on the exit code', async () => {
    expect((await awf('--', 'sh', '-c', 'exit 7')).code).toBe(7);
  });
});
