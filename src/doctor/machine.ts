import { readFileSync, rmdirSync, statfsSync } from 'node:fs';
import { arch, release } from 'node:os';
import { join } from 'node:path';
import { makeTemporary } from '../host/directories.ts';
import { requireLinux } from '../host/platform.ts';
import { abandonedLogs } from '../logs/previous.ts';
import type { Check, CheckContext } from './context.ts';
import { path, problemOf, words, type Finding, type Name } from './finding.ts';

/** The architectures that the images are made for, as Node.js names them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64' };

export const MACHINE: Check = {
  id: 'machine',
  page: 'docs/troubleshooting.md#before-any-container',
  limitMs: 5_000,
  find: ({ root }) => [linux(), node(root)],
};

function linux(platform: string = process.platform, architecture = arch()): Finding {
  requireLinux(platform);
  const name = ARCHITECTURES[architecture];
  const [version = ''] = /^\d+\.\d+/.exec(release()) ?? [];
  if (name !== undefined) return { status: 'ok', text: words`Linux ${version}, ${name}` };
  return {
    status: 'problem',
    text: words`This machine is ${architecture}: the sandbox is made for x86_64 and arm64.`,
    hint: words`Use another machine.`,
  };
}

function node(root: string, version = process.versions.node): Finding {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
  const oldest = Number.parseInt(engines.node.replace(/\D*/, ''), 10);
  if (Number.parseInt(version, 10) >= oldest) return { status: 'ok', text: words`Node ${version}` };
  return {
    status: 'problem',
    text: words`Node ${version} is too old: AWF needs ${oldest} or later.`,
    hint: words`Install a newer one, or put it first in PATH.`,
  };
}

/** Bytes below which a run or its builds may fail. */
const LITTLE = 2 * 1024 ** 3;

export const DISK: Check = {
  id: 'disk',
  page: 'docs/troubleshooting.md#before-any-container',
  limitMs: 5_000,
  find: ({ temporary, workspace, names }) => [
    unusable(temporary, names) ?? spaceIn(temporary, 'temporary files'),
    spaceIn(workspace, 'the workspace'),
  ],
};

/** What a run would say of its directory for temporary files, if nothing can be made there. */
function unusable(temporary: string, names: readonly Name[]): Finding | undefined {
  try {
    rmdirSync(makeTemporary(temporary, 'awf-doctor-'));
    return undefined;
  } catch (error) {
    return problemOf(error, names);
  }
}

function spaceIn(directory: string, what: string, least = LITTLE): Finding {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const size = `${(free / 1024 ** 3).toFixed(1)} GB`;
  if (free >= least) return { status: 'ok', text: words`${size} are free for ${what}` };
  return {
    status: 'warning',
    text: words`Only ${size} are free for ${what}, in ${path(directory)}.`,
    hint: words`Remove what nobody needs: docker system prune, awf logs --prune.`,
  };
}

export const OLD_LOGS: Check = {
  id: 'old-logs',
  page: 'docs/command-line.md#awf-logs',
  limitMs: 10_000,
  find: ({ environment, user, temporary }: CheckContext) => {
    const logs = abandonedLogs({ environment, user, temporary });
    if (logs.length === 0) return [];
    const bytes = logs.reduce((sum, directory) => sum + directory.bytes, 0);
    return [
      {
        status: 'warning',
        text: words`${logs.length} old log directories are in ${path(temporary)} (${(bytes / 1e6).toFixed(0)} MB).`,
        hint: words`Remove them: awf logs --prune`,
      },
    ];
  },
};
