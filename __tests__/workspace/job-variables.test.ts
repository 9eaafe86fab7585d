import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hidingOthers, namedByVariables, searchedDirectories } from '../../src/workspace/job-variables.ts';
import { protectionOf } from '../../src/workspace/guarded.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function make(...files: readonly string[]): string {
  const top = temporaryDirectory();
  write(top, ...files);
  return top;
}

function write(top: string, ...files: readonly string[]): void {
  for (const name of files) {
    mkdirSync(dirname(join(top, `${name}x`)), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(join(top, name), '');
  }
}

/** What is moved aside after `change`, with the reason. */
function hiding(workspace: string, environment: NodeJS.ProcessEnv, change: () => void): Record<string, string> {
  const searched = searchedDirectories(workspace, environment);
  change();
  const found = searched.flatMap((one) => hidingOthers(one, workspace));
  return Object.fromEntries(found.map(({ path, what }) => [relative(workspace, path), what]));
}

describe('E20 a directory of the workspace in PATH', () => {
  test('a new program that hides one of the host’s, and no other', () => {
    const [workspace, host] = [make('.venv/bin/python', '.venv/bin/pip'), make('git', 'python', 'pip', 'tar/')];
    const PATH = `/nowhere:${workspace}/.venv/bin:${host}`;
    const found = hiding(workspace, { PATH }, () => {
      write(workspace, '.venv/bin/git', '.venv/bin/eslint', '.venv/bin/pip', '.venv/bin/tar', 'git');
    });
    expect(found).toEqual({ '.venv/bin/git': `PATH has it before ${host}/git` });
  });

  test('a directory that is made later, and a link to another', () => {
    const [workspace, host] = [make('tools/'), make('git', 'tar')];
    const PATH = [`${workspace}/node_modules/.bin`, `${workspace}/bin`, host].join(':');
    const found = hiding(workspace, { PATH }, () => {
      write(workspace, 'node_modules/.bin/git', 'tools/tar');
      symlinkSync('tools', join(workspace, 'bin'));
    });
    expect(Object.keys(found).sort()).toEqual(['node_modules/.bin/git', 'tools/tar']);
  });

  test('a link outside that leads into it', () => {
    const [workspace, host, links] = [make('bin/'), make('git'), temporaryDirectory()];
    symlinkSync(join(workspace, 'bin'), join(links, 'bin'));
    const found = hiding(workspace, { PATH: `${links}/bin:${host}` }, () => {
      write(workspace, 'bin/git');
    });
    expect(Object.keys(found)).toEqual(['bin/git']);
  });

  test.each(['', '.', './'])('the current directory, as %j', (entry) => {
    const [workspace, host] = [make(), make('git')];
    const found = hiding(workspace, { PATH: `${entry}:${host}` }, () => {
      write(workspace, 'git');
    });
    expect(Object.keys(found)).toEqual(['git']);
  });

  test('what stands behind the host’s hides nothing, and neither does what is in two directories of the workspace', () => {
    const [workspace, host] = [make('a/', 'b/tool'), make('git')];
    const PATH = [`${workspace}/a`, host, `${workspace}/b`, ''].join(':');
    const found = hiding(workspace, { PATH }, () => {
      write(workspace, 'b/git', 'a/tool', 'git');
    });
    expect(found).toEqual({});
  });

  test('a link that leads out is not followed', () => {
    const [workspace, host, other] = [make(), make('git'), make()];
    const found = hiding(workspace, { PATH: `${workspace}/bin:${host}` }, () => {
      symlinkSync(other, join(workspace, 'bin'));
      write(other, 'git');
    });
    expect(found).toEqual({});
  });
});

test('E20 a library that the current directory would lend to every program', () => {
  const [workspace, host] = [make(), make('libz.so.1')];
  const found = hiding(workspace, { LD_LIBRARY_PATH: `:${host}` }, () => {
    write(workspace, 'libz.so.1', 'libmine.so');
  });
  expect(found).toEqual({ 'libz.so.1': `LD_LIBRARY_PATH has it before ${host}/libz.so.1` });
  const system = hiding(workspace, { LD_LIBRARY_PATH: '/opt/lib:' }, () => {
    write(workspace, 'libc.so.6');
  });
  expect(system['libc.so.6']).toMatch(/^LD_LIBRARY_PATH has it before \/\S+\/libc\.so\.6$/);
  expect(hiding(workspace, { LD_LIBRARY_PATH: '' }, () => undefined)).toEqual({});
});

describe('E20 files that variables of the job name', () => {
  const guarded = (workspace: string, environment: NodeJS.ProcessEnv) => {
    const { readOnly, absent } = protectionOf(namedByVariables(workspace, environment), workspace);
    const shown = (paths: readonly string[]): string[] => paths.map((path) => relative(workspace, path)).sort();
    return { readOnly: shown(readOnly), absent: shown(absent.map(({ path }) => path)) };
  };

  test('are read-only, whatever stands beside them', () => {
    const workspace = make('ci/env.sh', 'hook.cjs', 'agent.jar', 'lib/a.so', 'lib/b.so', '.docker/config.json');
    expect(
      guarded(workspace, {
        BASH_ENV: 'ci/env.sh',
        NODE_OPTIONS: '--max-old-space-size=4096 --require=./hook.cjs',
        JAVA_TOOL_OPTIONS: `-Xmx1g -javaagent:${workspace}/agent.jar=port=1`,
        LD_PRELOAD: `${workspace}/lib/a.so:${workspace}/lib/b.so`,
        DOCKER_CONFIG: join(workspace, '.docker'),
      }),
    ).toEqual({ readOnly: ['.docker', 'agent.jar', 'ci/env.sh', 'hook.cjs', 'lib/a.so', 'lib/b.so'], absent: [] });
  });

  test('are those of libraries and languages too, and lists of directories', () => {
    const workspace = make('ci/openssl.cnf', 'ci/php/a.ini', 'ci/more/b.ini', 'ci/hgrc', 'ci/wrapper');
    expect(
      guarded(workspace, {
        OPENSSL_CONF: `${workspace}/ci/openssl.cnf`,
        PHP_INI_SCAN_DIR: `:${workspace}/ci/php:ci/more`,
        HGRCPATH: '/etc/mercurial/hgrc:ci/hgrc',
        RUSTC_WRAPPER: './ci/wrapper',
        PAGER: 'less -R',
        EDITOR: './ci/edit --wait',
      }),
    ).toEqual({
      readOnly: ['ci/hgrc', 'ci/more', 'ci/openssl.cnf', 'ci/php', 'ci/wrapper'],
      absent: ['ci/edit'],
    });
  });

  test('must not appear if they are certainly meant', () => {
    const environment = { BASH_ENV: './ci/env.sh', NODE_OPTIONS: '--import tsx', PIP_CONFIG_FILE: '/etc/pip.conf' };
    expect(guarded(make(), environment)).toEqual({ readOnly: [], absent: ['ci/env.sh'] });
  });

  test('a directory that is called like an option is the command’s', () => {
    expect(guarded(make('tsx/', 'src/'), { NODE_OPTIONS: '--import tsx', BASH_ENV: 'src' }).readOnly).toEqual([]);
  });
});
