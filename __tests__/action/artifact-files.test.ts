import { spawnSync } from 'node:child_process';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { artifactFiles } from '../../src/action/artifact-files.ts';
import type { LogDirectories } from '../../src/host/log-directories.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const FILES = {
  squid: ['access.log', 'policy.json', 'timings.json', 'workspace.json', 'summary.md', 'usage.json'],
  apiProxy: ['api-proxy.log', 'usage.json', 'policy.json'],
  agent: ['.claude/projects/a.jsonl', 'usage.json'],
};

function someLogs(): { readonly directory: string; readonly logs: LogDirectories } {
  const directory = temporaryDirectory();
  const at = (name: string): string => join(directory, `${name}-logs-1`);
  const logs = { squid: at('squid'), apiProxy: at('api-proxy'), agent: at('agent') };
  for (const [key, names] of Object.entries(FILES)) {
    for (const name of names) {
      const path = join(logs[key as keyof typeof logs], name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, `${key} ${name}`);
    }
  }
  return { directory, logs };
}

test('each file stands where its subject is, and what a sidecar writes never at the top', () => {
  const { directory, logs } = someLogs();
  const staging = join(directory, 'awf-1', 'artifact');
  const { root, files, warnings } = artifactFiles(logs, staging);
  expect({ root, warnings }).toEqual({ root: staging, warnings: [] });
  const found = Object.fromEntries(files.map((path) => [relative(root, path), readFileSync(path, 'utf8')]));
  expect(found).toEqual({
    'squid/access.log': 'squid access.log',
    'policy.json': 'squid policy.json',
    'timings.json': 'squid timings.json',
    'workspace.json': 'squid workspace.json',
    'summary.md': 'squid summary.md',
    'squid/usage.json': 'squid usage.json',
    'api-proxy/api-proxy.log': 'apiProxy api-proxy.log',
    'usage.json': 'apiProxy usage.json',
    'api-proxy/policy.json': 'apiProxy policy.json',
    'agent-logs/.claude/projects/a.jsonl': 'agent .claude/projects/a.jsonl',
    'agent-logs/usage.json': 'agent usage.json',
  });
  // No copies: a log may have 256 MiB, and the disk may be full.
  expect(statSync(join(staging, 'squid/access.log')).ino).toBe(statSync(join(logs.squid, 'access.log')).ino);
  for (const path of [join(directory, 'awf-1'), staging]) expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('no link is taken, symbolic or hard', () => {
  const { directory, logs } = someLogs();
  writeFileSync(join(directory, 'secret'), 'secret');
  symlinkSync(join(directory, 'secret'), join(logs.squid, 'cache.log'));
  linkSync(join(directory, 'secret'), join(logs.apiProxy, 'hard.log'));
  const { files } = artifactFiles(logs, join(directory, 'artifact'));
  expect(files).toHaveLength(Object.values(FILES).flat().length);
  for (const path of files) expect(lstatSync(path).isFile()).toBe(true);
  expect(files.map((path) => readFileSync(path, 'utf8')).join()).not.toContain('secret');
});

test('where no directory can be made, the logs keep the names that they have', () => {
  const { directory, logs } = someLogs();
  writeFileSync(join(directory, 'file'), '');
  const { root, files, warnings } = artifactFiles(logs, join(directory, 'file', 'artifact'));
  expect(root).toBe(directory);
  expect(files).toContain(join(logs.squid, 'access.log'));
  expect(files).toHaveLength(Object.values(FILES).flat().length);
  expect(warnings).toEqual([
    expect.stringMatching(/^The logs have their names on the runner in the artifact: ENOTDIR/),
  ]);
});

test('a file that gets no second name is left out, which is said', () => {
  const { directory, logs } = someLogs();
  const staging = join(directory, 'artifact');
  mkdirSync(staging);
  writeFileSync(join(staging, 'agent-logs'), 'in the way');
  const { files, warnings } = artifactFiles(logs, staging);
  expect(files).toHaveLength(FILES.squid.length + FILES.apiProxy.length);
  expect(warnings).toEqual([
    expect.stringMatching(/^The artifact is missing agent-logs\/\S+, agent-logs\/\S+: E(EXIST|NOTDIR)/),
  ]);
});

test('what cannot be read is left out, which is said, and costs nothing else', () => {
  const fixture = join(import.meta.dirname, 'fixtures', 'unreadable-logs.ts');
  const { stdout, stderr } = spawnSync(process.execPath, [fixture], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    files: ['squid/a.log', 'api-proxy/a.log', 'agent-logs/a.log'],
    warnings: [expect.stringMatching(/^The artifact is missing api-proxy\/locked, squid\/locked\.log: EACCES/)],
  });
});

test('without logs, nothing is made', () => {
  const { directory } = someLogs();
  const nowhere = join(directory, 'nowhere');
  const none = artifactFiles({ squid: nowhere, apiProxy: nowhere, agent: nowhere }, join(directory, 'artifact'));
  expect(none).toMatchObject({ files: [], warnings: [] });
  expect(readdirSync(directory)).not.toContain('artifact');
});
