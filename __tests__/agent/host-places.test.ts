import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  misplaced,
  placeWarnings,
  readKinds,
  readLinks,
  type Misplaced,
  type SandboxView,
} from '../../src/agent/host-places.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const HOME = '/home/runner';
const TEMP = '/home/runner/work/_temp';

const VIEW: SandboxView = {
  places: [
    { path: '/usr', writable: false },
    { path: '/opt', writable: false },
    { path: '/etc/ssl/certs', writable: false },
    { path: `${HOME}/.pyenv/versions`, writable: false },
    { path: `${TEMP}/terraform`, writable: false },
    { path: `${HOME}/work/r/r`, writable: true },
    { path: '/mnt/cache', writable: true },
  ],
  closed: [`${HOME}/work`, '/opt/runner'],
  home: HOME,
  temporary: [TEMP],
  isImage: false,
  links: new Map([
    ['/link/r', `${HOME}/work/r/r`],
    ['/link/jdk', '/opt/jdk'],
    ['/link/hidden', '/opt/runner'],
    [`${HOME}/go/link`, '/data/a'],
  ]),
  kinds: new Map([
    ...[
      '/data/jdk',
      '/data/a',
      '/data/cache',
      '/link/r',
      '/link/hidden',
      `${HOME}/jdk`,
      `${HOME}/.gradle`,
      '/opt/runner/tool',
      '/opt/cache',
    ].map((path) => [path, 'directory'] as const),
    ...[`${TEMP}/uv`, `${HOME}/work`].map((path) => [path, 'directory'] as const),
    ...[`${TEMP}/key.json`, `${HOME}/.npmrc`, '/data/ca.pem', '/tmp/file', '/etc/own.pem'].map(
      (path) => [path, 'file'] as const,
    ),
  ]),
};

const GONE = 'left out';
const fit = (name: string, value: string, view = VIEW): string => {
  const found = misplaced(name, value, view);
  return found === undefined ? value : (found.value ?? GONE);
};

describe('a value of the host', () => {
  test.each([
    ['in the sandbox too', 'JAVA_HOME', '/usr/lib/jvm/17', '/usr/lib/jvm/17'],
    ['the workspace, at a link', 'GITHUB_WORKSPACE', '/link/r', `${HOME}/work/r/r`],
    ['a tool, at a link', 'JAVA_HOME', '/link/jdk', '/opt/jdk'],
    ['a link to what is hidden', 'JAVA_HOME', '/link/hidden', GONE],
    ['a link in the home', 'GOCACHEPROG', `${HOME}/go/link`, `${HOME}/go/link`],
    ['in the workspace', 'UV_CACHE_DIR', `${HOME}/work/r/r/.cache`, `${HOME}/work/r/r/.cache`],
    ['in a mount of the user’s', 'UV_CACHE_DIR', '/mnt/cache/uv', '/mnt/cache/uv'],
    ['above a mount', 'PYENV_ROOT', `${HOME}/.pyenv`, `${HOME}/.pyenv`],
    ['above the workspace, for RUNNER_WORKSPACE', 'RUNNER_WORKSPACE', `${HOME}/work/r`, `${HOME}/work/r`],
    ['no path', 'GREETING', 'a:/data/jdk', 'a:/data/jdk'],
    ['a URL', 'GOPROXY', 'https://proxy.example/data', 'https://proxy.example/data'],
    ['a path that the host does not have either', 'BASE_PATH', '/api/v1', '/api/v1'],
    ['in RUNNER_TEMP', 'UV_CACHE_DIR', `${TEMP}/uv`, '/tmp/uv'],
    ['in RUNNER_TEMP, not there yet', 'PLAYWRIGHT_BROWSERS_PATH', `${TEMP}/a/b`, '/tmp/a/b'],
    ['RUNNER_TEMP itself', 'MY_TEMP', `${TEMP}/`, '/tmp'],
    ['a mounted program in RUNNER_TEMP', 'TERRAFORM_CLI_PATH', `${TEMP}/terraform`, `${TEMP}/terraform`],
    ['a file in RUNNER_TEMP', 'GOOGLE_APPLICATION_CREDENTIALS', `${TEMP}/key.json`, GONE],
    ['a directory of the home to write to', 'GRADLE_USER_HOME', `${HOME}/.gradle`, `${HOME}/.gradle`],
    ['a directory of the home with programs', 'JAVA_HOME', `${HOME}/jdk`, GONE],
    ['a file of the home', 'NPM_CONFIG_USERCONFIG', `${HOME}/.npmrc`, GONE],
    ['a file of /tmp', 'SETTINGS', '/tmp/file', GONE],
    ['elsewhere', 'JAVA_HOME', '/data/jdk', GONE],
    ['a file elsewhere', 'NODE_EXTRA_CA_CERTS', '/data/ca.pem', GONE],
    ['a file of /etc that stays out', 'SSL_CERT_FILE', '/etc/own.pem', GONE],
    ['hidden below a mount', 'TOOL', '/opt/runner/tool', GONE],
    ['a cache elsewhere', 'PIP_CACHE_DIR', '/data/cache', `${HOME}/.cache/pip_cache_dir`],
    ['a cache elsewhere, not there yet', 'GOCACHE', '/data/go', `${HOME}/.cache/gocache`],
    ['a cache that is read-only', 'npm_config_cache', '/opt/cache', `${HOME}/.cache/npm_config_cache`],
    ['the tool cache, which is to be read', 'RUNNER_TOOL_CACHE', '/opt/cache', '/opt/cache'],
    ['a read-only place for programs to install', 'GOBIN', '/usr/local/bin', GONE],
    ['PATH with a link to programs that are there', 'PATH', '/link/jdk:/data/a:/usr/bin', '/opt/jdk:/data/a:/usr/bin'],
    ['PATH, which has a warning of its own', 'PATH', '/data/a:/usr/bin', '/data/a:/usr/bin'],
    ['a list', 'LD_LIBRARY_PATH', '/data/a:/usr/lib', '/usr/lib'],
    ['a list with empty parts', 'MANPATH', '/data/a:', GONE],
    ['a list of which nothing is there', 'PYTHONPATH', '/data/a:/data/jdk', GONE],
  ])('%s: %s=%s', (_, name, value, expected) => {
    expect(fit(name, value)).toBe(expected);
  });

  test.each([
    ['UV_CACHE_DIR', `${TEMP}/uv`, '/tmp/uv'],
    ['NPM_CONFIG_USERCONFIG', `${HOME}/.npmrc`, GONE],
    ['GEM_HOME', '/data/a', '/data/a'],
  ])('for an image, whose places are not known: %s=%s', (name, value, expected) => {
    expect(fit(name, value, { ...VIEW, places: [], isImage: true })).toBe(expected);
  });
});

const found = (values: Readonly<Record<string, string>>): Misplaced[] =>
  Object.entries(values).flatMap(([name, value]) => misplaced(name, value, VIEW) ?? []);

test('one warning names them, and what to do', () => {
  expect(placeWarnings([])).toEqual([]);
  expect(placeWarnings(found({ UV_CACHE_DIR: `${TEMP}/uv`, JAVA_HOME: '/data/jdk' }))).toEqual([
    expect.stringMatching(/Changed: UV_CACHE_DIR is now \/tmp\/uv\. Left out: JAVA_HOME\. .*mounts/),
  ]);
});

test('nobody is warned of a link that was resolved: what the host has is there', () => {
  const same = { GITHUB_WORKSPACE: '/link/r', JAVA_HOME: '/link/jdk', LD_LIBRARY_PATH: '/link/jdk:/usr/lib:' };
  expect(found(same).map(({ value }) => value)).toEqual([`${HOME}/work/r/r`, '/opt/jdk', '/opt/jdk:/usr/lib:']);
  expect(placeWarnings(found(same))).toEqual([]);
  const others = { ...same, TOOL: '/link/hidden', LIBRARIES: '/link/jdk:/data/a', GOBIN: '/link/jdk' };
  expect(placeWarnings(found(others))).toEqual([
    expect.stringMatching(/Changed: LIBRARIES is now \/opt\/jdk\. Left out: TOOL, GOBIN\. /),
  ]);
});

test('where the directories of PATH lead', () => {
  const directory = temporaryDirectory();
  symlinkSync('.', join(directory, 'link'));
  expect(readLinks({ PATH: `relative:${join(directory, 'link')}:${directory}:` })).toEqual(
    new Map([[join(directory, 'link'), directory]]),
  );
});

test('what paths are on the host', () => {
  const directory = temporaryDirectory();
  const [file, below, absent] = ['file', 'directory', 'absent'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, '');
  mkdirSync(below);
  const kinds = readKinds({ A: `${file}:${below}`, B: absent, C: 'relative', PATH: directory });
  expect(kinds).toEqual(
    new Map([
      [file, 'file'],
      [below, 'directory'],
    ]),
  );
});
