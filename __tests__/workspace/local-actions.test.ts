import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { protectionOf } from '../../src/workspace/guarded.ts';
import { localActions } from '../../src/workspace/local-actions.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function make(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>>): string {
  const workspace = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), content);
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(workspace, name));
  return workspace;
}

function pathsOf(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}): string[] {
  const workspace = make(files, links);
  const directories = Object.keys(files)
    .filter((name) => /(^|\/)action\.ya?ml$/.test(name))
    .map((name) => join(workspace, dirname(name)));
  return protectedIn(workspace, directories).readOnly;
}

/** What becomes read-only, without what lies below it, and the links on the way. */
function protectedIn(workspace: string, directories: readonly string[]): { readOnly: string[]; links: string[] } {
  const { readOnly, links } = protectionOf(localActions(directories, workspace), workspace);
  const outermost = readOnly.filter((path) => !readOnly.some((other) => path.startsWith(`${other}/`)));
  const shown = (paths: readonly string[]): string[] =>
    [...new Set(paths)].map((path) => relative(workspace, path)).sort();
  return { readOnly: shown(outermost), links: shown(links) };
}

test('E13 an action below the workspace is read-only as a whole', () => {
  expect(
    pathsOf({ '.github/actions/a/action.yml': 'runs:\n  using: node24\n  main: main.js\n  post: post.js\n' }),
  ).toEqual(['.github/actions/a']);
});

test('E13 what an action names outside its directory is read-only too', () => {
  const files = {
    'actions/a/action.yaml': 'runs: { using: node24, main: ../../dist/a/index.js, post: ../../lib/post.js }',
    'dist/a/index.js': '',
    'dist/a/chunk.js': '',
    'lib/post.js': '',
    'src/index.ts': '',
  };
  expect(pathsOf(files)).toEqual(['actions/a', 'dist/a', 'lib']);
});

test('E13 of an action at the top of the workspace, its metadata and what it names', () => {
  const files = {
    'action.yml': 'runs:\n  using: node24\n  main: dist/index.js\n  pre: setup.js\n',
    'dist/index.js': '',
    'setup.js': '',
    'src/index.ts': '',
  };
  expect(pathsOf(files)).toEqual(['action.yml', 'dist', 'setup.js']);
});

test('E13 what has letters beyond ASCII in its name', () => {
  const files = {
    'action.yml': 'runs:\n  using: node24\n  main: größe/index.js\n',
    'größe/index.js': '',
    '.github/workflows/a.yml': 'steps: [{ uses: ./hülle }]',
    'hülle/Dockerfile': '',
  };
  const found = pathsOf(files).map((path) => Buffer.from(path, 'latin1').toString('utf8'));
  expect(found).toEqual(['action.yml', 'größe', 'hülle']);
});

test('E13 the scripts of a composite action, and the Dockerfile of a container action', () => {
  const composite = `runs:
  using: composite
  steps:
    - run: bash "\${{ github.action_path }}/scripts/run.sh" --flag; $GITHUB_ACTION_PATH/other.sh
      shell: bash
    - uses: ./inner
`;
  const files = {
    'action.yml': composite,
    'scripts/run.sh': '',
    'other.sh': '',
    'inner/action.yml': "runs: { using: docker, image: '../Dockerfile' }",
    Dockerfile: '',
    'notes.md': '',
  };
  expect(pathsOf(files)).toEqual(['Dockerfile', 'action.yml', 'inner', 'other.sh', 'scripts/run.sh']);
});

test('E13 a composite action below names scripts and other actions from the top of the workspace', () => {
  const files = {
    '.github/actions/a/action.yml': `runs:
  using: composite
  steps:
    - run: |
        cd src/lib && cat package.json | tee ./notes.md
        ./scripts/deploy.sh --to x && bash -e ci/other.sh
    - uses: ./docker/tool
`,
    'src/lib/x.ts': '',
    'package.json': '',
    'notes.md': '',
    'scripts/deploy.sh': '',
    'scripts/notes.md': '',
    'ci/other.sh': '',
    'docker/tool/Dockerfile': '',
  };
  expect(pathsOf(files)).toEqual(['.github/actions/a', 'ci/other.sh', 'docker/tool', 'scripts/deploy.sh']);
});

test('E13 a script may name the workspace by its variable, start in another directory, and have a shell of its own', () => {
  const files = {
    '.github/actions/a/action.yml': `runs:
  using: composite
  steps:
    - run: '"$GITHUB_WORKSPACE/scripts/one.sh" "\${GITHUB_WORKSPACE}/data/read.txt"'
    - run: |
        CI=1 \${{ github.workspace }}/scripts/two.sh
        cd tools && ./three.sh
    - run: ./four.sh
      working-directory: ci
    - run: echo x
      shell: ./shell {0}
`,
    'scripts/one.sh': '',
    'scripts/two.sh': '',
    'data/read.txt': '',
    'tools/three.sh': '',
    'ci/four.sh': '',
    'four.sh': '',
    shell: '',
  };
  const readOnly = ['.github/actions/a', 'ci/four.sh', 'scripts/one.sh', 'scripts/two.sh', 'shell', 'tools/three.sh'];
  expect(pathsOf(files)).toEqual(readOnly);
  const odd = make(
    Object.fromEntries(Object.entries(files).map(([name, content]) => [`a $b (c)/${name}`, content])),
    {},
  );
  const workspace = join(odd, 'a $b (c)');
  expect(protectedIn(workspace, [join(workspace, '.github/actions/a')]).readOnly).toEqual(readOnly);
});

test.each(['', '[', 'runs: 1', 'runs: { main: 5, steps: [null, 3] }', 'runs: { main: /etc/passwd, post: ../../x.js }'])(
  'metadata that names nothing in the workspace: %j',
  (content) => {
    expect(pathsOf({ 'a/action.yml': content })).toEqual(['a']);
  },
);

test('a link to an action elsewhere protects what it leads to, if that is in the workspace', () => {
  expect(pathsOf({ 'real/action.yml': '' }, { out: '/etc' })).toEqual(['real']);
});

test('E13 the metadata of an action may be a link', () => {
  const files = { 'a/main.js': '', 'common/meta.yml': 'runs: { using: node24, main: ../lib/x.js }', 'lib/x.js': '' };
  const workspace = make(files, { 'a/action.yml': '../common/meta.yml' });
  expect(protectedIn(workspace, [join(workspace, 'a')])).toEqual({
    readOnly: ['a', 'common/meta.yml', 'lib'],
    links: ['a/action.yml'],
  });
});

test('E13 what a workflow uses needs no metadata, and may be reached through links', () => {
  const workspace = make(
    {
      '.github/workflows/w.yml': 'steps:\n  - uses: ./docker\n  - "uses": "./alias/a" # ./no\n  - uses: ./../x\n',
      '.github/workflows/x.yaml': 'jobs: { j: { uses: ./.github/workflows/w.yml }, k: { steps: [{uses: ./missing}] } }',
      'docker/Dockerfile': '',
      'actions/a/main.js': '',
    },
    { alias: 'second', second: 'actions' },
  );
  expect(protectedIn(workspace, [])).toEqual({ readOnly: ['actions/a', 'docker'], links: ['alias', 'second'] });
});
