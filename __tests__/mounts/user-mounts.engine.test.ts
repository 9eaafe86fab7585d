import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../testing/root.ts';
import { docker, leftOvers } from '../../testing/engine/engine.ts';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { runProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';

const PROGRAM = join(ROOT, 'dist', 'cli', 'index.js');

let directory: string;
const at = (path: string): string => join(directory, path);

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-mounts-')));
  for (const path of ['workspace/there', 'home/.cache/tool', 'home/.ssh', 'temporary', 'data/deep']) {
    mkdirSync(at(path), { recursive: true });
  }
  writeFileSync(at('data/file'), 'of the host');
  writeFileSync(at('home/.npmrc'), 'a setting');
  symlinkSync('data', at('link'));
  symlinkSync('/var/run', at('data/run'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const awf = (mounts: readonly string[], ...command: string[]): Promise<EntryResult> => awfWith([], mounts, ...command);

async function awfWith(
  flags: readonly string[],
  mounts: readonly string[],
  ...command: string[]
): Promise<EntryResult> {
  const options = [...flags, ...mounts.map((mount) => `--mount=${mount}`), '--log-level=debug'];
  const argv = [process.execPath, PROGRAM, ...options, '--'];
  const env = { PATH: HOST_PATH, HOME: at('home'), TMPDIR: at('temporary') };
  const result = await runProgram([...argv, ...command], { cwd: at('workspace'), env });
  const runId = /"awf\.run":"([0-9a-f]{8})"/.exec(result.stderr)?.[1];
  if (runId !== undefined) expect(leftOvers(runId)).toEqual([]);
  return result;
}

test.each([
  ['', () => []],
  [' in an image', () => [`--agent-image=${foreignImage('busybox')}`]],
])(
  'mounts what is requested%s, read-only unless it says :rw, and creates nothing on the host',
  async (_, flags) => {
    const probes = {
      'read-only': 'cat /mnt/data/file; echo x > /mnt/data/new',
      writable: 'echo y > /mnt/deep/new && cat /mnt/deep/new',
      link: 'cat /mnt/link/file',
      file: 'cat ~/.npmrc',
      cache: 'echo kept > ~/.cache/tool/result; touch ~/.cache/other && echo "others can be made"',
      workspace: 'cat there/file',
      'own place': `cat ${at('data/file')}`,
      'a link in it leads nowhere': 'ls /mnt/data/run/docker.sock',
    };
    const result = await awfWith(
      flags(),
      [
        `${at('data')}:/mnt/data`,
        `${at('data/deep')}:/mnt/deep:rw`,
        `${at('link')}/:/mnt/link`,
        at('home/.npmrc'),
        `${at('home/.cache/tool')}:rw`,
        `${at('data')}:${at('workspace/there')}`,
        at('data'),
      ],
      ...['sh', '-c', sectionedScript(probes).replace('set +e +o pipefail', 'set +e')],
    );
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(sectionsOf(result.stdout)).toEqual({
      'read-only': expect.stringMatching(/^of the host.*\n?.*Read-only file system$/) as string,
      writable: 'y',
      link: 'of the host',
      file: 'a setting',
      cache: 'others can be made',
      workspace: 'of the host',
      'own place': 'of the host',
      'a link in it leads nowhere': expect.stringContaining('No such file') as string,
    });
    expect(readFileSync(at('data/deep/new'), 'utf8')).toBe('y\n');
    expect(readFileSync(at('home/.cache/tool/result'), 'utf8')).toBe('kept\n');
    expect(readdirSync(at('data')).sort()).toEqual(['deep', 'file', 'run']);
    expect(readdirSync(at('home/.cache'))).toEqual(['tool']);
    expect(readdirSync(at('workspace'))).toEqual(['there']);
    expect(readdirSync(at('workspace/there'))).toEqual([]);
  },
  IMAGE_PATIENCE,
);

test('mounts in /etc are added to what is there, and replace it', async () => {
  const probes = {
    'a directory': 'cat /etc/company/file',
    'a file deep in it': 'cat /etc/company-tools/conf.d/own.conf',
    'the machine’s own': 'ls /etc/services',
    replaced: 'cat /etc/nsswitch.conf',
  };
  const result = await awf(
    [
      `${at('data')}:/etc/company`,
      `${at('data/file')}:/etc/company-tools/conf.d/own.conf`,
      `${at('data/file')}:/etc/nsswitch.conf`,
    ],
    ...['sh', '-c', sectionedScript(probes).replace('set +e +o pipefail', 'set +e')],
  );
  expect(result.code, result.stdout + result.stderr).toBe(0);
  expect(sectionsOf(result.stdout)).toEqual({
    'a directory': 'of the host',
    'a file deep in it': 'of the host',
    'the machine’s own': '/etc/services',
    replaced: 'of the host',
  });
  expect(readdirSync(at('data')).sort()).toEqual(['deep', 'file', 'run']);
});

const DATA_ROOT = docker(['info', '--format={{.DockerRootDir}}']);

test.each<[mount: string, ...message: string[]]>([
  ['/', "it contains /proc, which shows the host's processes"],
  ['/var/run/docker.sock', 'neither a directory nor a file'],
  ['DIRECTORY/data/run', "it holds the engine's socket"],
  [DATA_ROOT, "it is the engine's data root"],
  ['DIRECTORY', 'it contains'],
  ['DIRECTORY/home', 'home directory and its credentials'],
  ['DIRECTORY/temporary', "which holds the run's own files"],
  ['DIRECTORY/home/.ssh:rw', 'programs outside the sandbox, which act on it', 'omit :rw'],
  ['/usr/share:rw', 'belongs to the system'],
  ['DIRECTORY/nothing', 'it does not exist', 'earlier step'],
  ['DIRECTORY/data:/etc', 'cannot be mounted at /etc', 'it would hide'],
  ['DIRECTORY/data:/tmp/awf-lib', 'cannot be mounted at /tmp/awf-lib', 'of its own'],
  ['DIRECTORY/data:DIRECTORY/workspace/new', 'there is no directory', 'Create an empty directory there'],
  ['DIRECTORY/data:/a\nDIRECTORY/home/.cache:/a', 'already mounted at /a', 'target of its own'],
])('rejects %s', async (mounts, ...message) => {
  const result = await awf(mounts.replaceAll('DIRECTORY', directory).split('\n'), 'echo', 'the command has run');
  expect(result, result.stdout + result.stderr).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/^awf: error: --mount(?: \(\w+\))?: /m);
  for (const part of message) expect(result.stderr).toContain(part);
  expect(result.stderr).not.toContain('/containers/create');
  expect(readdirSync(at('workspace'))).toEqual(['there']);
});

test('rejects a directory in which a program listens, and warns about one in the workspace', async () => {
  for (const socket of [at('data/deep/agent.sock'), at('workspace/editor.sock')]) {
    const server = createServer().listen(socket);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
  }
  const refused = await awf([`${at('data')}:/mnt/data`], 'true');
  expect(refused.code, refused.stdout + refused.stderr).toBe(2);
  expect(refused.stderr).toContain(
    `it contains ${at('data/deep/agent.sock')}, which leads to a program outside the sandbox`,
  );

  const beside = await awf([`${at('home/.cache')}:/mnt/data`], 'true');
  expect(beside.code, beside.stdout + beside.stderr).toBe(0);
  expect(beside.stderr).toContain(`awf: warning: The command can talk to the program`);
  expect(beside.stderr).toContain(at('workspace/editor.sock'));
});
