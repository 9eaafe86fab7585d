import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { dirname, join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { atOnce } from '../../src/host/slices.ts';
import { isOfRunner, searchTools, type ToolPlace } from '../../src/mounts/tool-search.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const PASSWORD = 'password = hunter2\n';

/** A directory with these files: their contents, or with a mode. */
function layout(files: Readonly<Record<string, string | readonly [content: string, mode: number]>>): string {
  const top = temporaryDirectory();
  for (const [name, file] of Object.entries(files)) {
    const [content, mode] = typeof file === 'string' ? [file, 0o644] : file;
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), content);
    chmodSync(join(top, name), mode);
  }
  return top;
}

function search(top: string, kind: ToolPlace['kind'] = 'shared', depth = 4, apart: readonly string[] = []) {
  const { hidden, credentials } = atOnce(searchTools([{ path: top, depth, kind }], apart));
  const below = (paths: readonly string[]): string[] => paths.map((path) => relative(top, path)).sort();
  return { hidden: below(hidden), credentials: below(credentials) };
}

describe('R12 runners', () => {
  test.each([
    ['another one', 'runner-2/.runner'],
    ['one that is not configured yet', 'runner-2/bin/Runner.Listener'],
    ['one that has lost its settings', 'runner-2/.credentials_rsaparams'],
    ['an agent of Azure Pipelines', 'runner-2/bin/Agent.Listener'],
    ['the directory of its jobs', 'runner-2/_actions/x'],
    ['the directory of its jobs, without actions', 'runner-2/_PipelineMapping/x'],
  ])('%s', (_, mark) => {
    const top = layout({ [mark]: '', 'runner-2/secret': '', 'deep/er/runner/.runner': '', 'tool/bin/x': '' });
    expect(search(top)).toEqual({ hidden: ['deep/er/runner', 'runner-2'], credentials: [] });
    expect(isOfRunner(join(top, 'runner-2'))).toBe(true);
    expect(isOfRunner(join(top, 'tool'))).toBe(false);
  });
});

describe('R13 credentials', () => {
  test.each([
    ['npm, below any version manager', 'installs/node/24.1.0/etc/npmrc'],
    ['pip, for one Python', 'envs/a/pip.conf'],
    ['conda', 'conda/.condarc'],
    ['Maven in a directory of its own', 'maven/3.9/apache-maven-3.9/conf/settings.xml'],
    ['Gradle', 'gradle/8/init.d/repositories.gradle'],
    ['RubyGems', 'ruby/3.4/etc/gemrc'],
    ['cargo', 'cargo/credentials.toml'],
    ['Composer', 'composer/auth.json'],
    ['uv', 'uv/credentials/credentials.toml'],
    ['NuGet', 'nuget/NuGet.Config'],
    ['a key for ssh', 'service/.ssh/id'],
    ['a key', 'service/keys/id_ed25519'],
    ['a store of keys', 'service/store.p12'],
    ['the environment of a service', 'service/.env'],
    ['the clouds', 'service/.aws/credentials'],
  ])('by name: %s', (_, name) => {
    const { credentials } = search(layout({ [name]: '', 'tool/bin/x': '', 'tool/README.md': PASSWORD }), 'own');
    expect(credentials).toHaveLength(1);
    expect(name.startsWith(credentials[0] ?? 'none')).toBe(true);
  });

  test.each([
    ['a build agent', 'agent/conf/buildAgent.properties', 'authorizationToken=abc'],
    ['a runner of another make', 'agent/config.toml', 'token = "abc"'],
    ['settings in JSON', 'vpn/config.json', '{"password": "hunter2"}'],
    ['any file in etc', 'vpn/etc/vpn/profile', PASSWORD],
    ["npm's own settings", 'node/lib/node_modules/npm/npmrc', '//npm.corp.example/:_authToken=abc'],
    ['the address of a repository', 'plugin/.git/config', '[remote "origin"]\n\turl = https://x:abc@git.example/a\n'],
  ])('by content: %s', (_, name, content) => {
    const harmless = {
      'tool/conf/x.properties': 'a = b',
      'tool/config.json': '{}',
      'other/.git/config': '[core]\n',
      'x/lib/node_modules/npm/npmrc': 'prefix=/',
    };
    expect(search(layout({ ...harmless, [name]: content })).credentials).toEqual([name]);
  });

  test('a file that is not for everybody, in a directory that is', () => {
    const files = {
      'app/a.dat': ['x', 0o600],
      'app/b.dat': ['x', 0o640],
      'app/run': ['x', 0o700],
      'app/c': 'x',
    } as const;
    expect(search(layout(files)).credentials).toEqual(['app/a.dat', 'app/b.dat']);
    expect(search(layout(files), 'own').credentials).toEqual([]);
    // Somebody's umask has closed everything.
    const closed = layout({ 'app/a.dat': ['x', 0o600] });
    chmodSync(join(closed, 'app'), 0o700);
    expect(search(closed).credentials).toEqual([]);
  });

  test('a directory with more of them than there can be mounts is covered as a whole, but not one with tools', () => {
    const many = (directory: string) =>
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`${directory}${i}.p12`, '']));
    const files = { ...many('app/data/'), 'app/data/deep/.npmrc': '', 'app/bin/x': '' };
    expect(search(layout(files)).credentials).toEqual(['app/data']);
    expect(search(layout(many(''))).credentials).toHaveLength(101);
  });

  test('what packages bring is judged by its name alone', () => {
    const top = layout({ 'app/example.conf': PASSWORD, 'app/.condarc': '', 'app/x': ['', 0o600] });
    expect(search(top, 'packaged').credentials).toEqual(['app/.condarc']);
  });
});

describe('what is left', () => {
  test('programs, even if their names are words for credentials', () => {
    const names = [
      'jdk/conf/security/java.security',
      'py/lib/python3.13/secrets.py',
      'tool/tokens/a.js',
      'x/private/y',
    ];
    expect(search(layout(Object.fromEntries(names.map((name) => [name, '']))))).toEqual({
      hidden: [],
      credentials: [],
    });
  });

  test('settings that have examples of passwords', () => {
    const files = { 'brew/etc/openssl@3/openssl.cnf': PASSWORD, 'brew/etc/other.cnf': PASSWORD };
    expect(search(layout(files)).credentials).toEqual(['brew/etc/other.cnf']);
  });

  test('code and data are not looked through, nor what is deep', () => {
    const files = { 'a/node_modules/x/.npmrc': '', 'a/lib/x/.npmrc': '', 'a/b/c/.npmrc': '', 'a/b/c/d/.npmrc': '' };
    expect(search(layout(files), 'shared', 3).credentials).toEqual(['a/b/c/.npmrc']);
  });

  test('links are not followed', () => {
    const top = layout({ 'real/x': '' });
    symlinkSync(layout({ '.npmrc': '' }), join(top, 'link'));
    expect(search(top).credentials).toEqual([]);
  });

  test('the workspace and the home', () => {
    const top = layout({ 'workspace/.npmrc': '', 'workspace/.runner': '', 'other/.npmrc': '' });
    const { hidden, credentials } = search(top, 'shared', 4, [join(top, 'workspace')]);
    expect([hidden, credentials]).toEqual([[], ['other/.npmrc']]);
  });
});

test('R16 a socket, whatever name its program has for it', async () => {
  const top = layout({ 'app/run/x': '' });
  const before = process.cwd();
  const server = createServer();
  process.chdir(join(top, 'app/run'));
  server.listen('agent.sock');
  process.chdir(before);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  expect(search(top).hidden).toEqual(['app/run/agent.sock']);
});
