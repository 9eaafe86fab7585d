import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../testing/root.ts';
import { docker } from '../../testing/engine/engine.ts';
import { give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';

interface Case {
  readonly who: string;
  /** Put in front of an argv to run it as this caller. */
  readonly prefix: readonly string[];
  /** The owner of the directories before the run. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** The user whom the command should run as. */
  readonly expected: { readonly uid: number; readonly gid: number; readonly name: string | RegExp };
}

/** No account has this uid. The gid allows access to the engine. */
const STRANGER = { uid: 54_321, gid: ordinaryUser().gid };

const asRoot = (): Case[] => {
  const { uid, gid, prefix } = ordinaryUser();
  const stranger = ['setpriv', `--reuid=${STRANGER.uid}`, `--regid=${STRANGER.gid}`, '--clear-groups', '--'];
  return [
    // As after newgrp, the group of the process differs from the account's.
    { who: 'an ordinary caller', prefix, owner: { uid, gid }, expected: { uid, gid, name: 'nobody' } },
    {
      who: 'a caller without an account',
      prefix: stranger,
      owner: STRANGER,
      expected: { ...STRANGER, name: 'agent' },
    },
    {
      who: 'root, in a workspace of somebody’s',
      prefix: [],
      owner: { uid: 4711, gid: 4712 },
      expected: { uid: 4711, gid: 4712, name: 'agent' },
    },
    { who: 'root, in its own', prefix: [], owner: { uid: 0, gid: 0 }, expected: { uid: 0, gid: 0, name: 'root' } },
  ];
};

/** Only root can become another user. */
const asCaller = (): Case[] => {
  const ids = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return [{ who: 'the caller', prefix: [], owner: ids, expected: { ...ids, name: /.+/ } }];
};

/** Settings that the Docker client passes to its containers. */
const CLIENT_PROXIES = {
  httpProxy: 'http://user:password@corporation.example:3128',
  ftpProxy: 'http://user:password@corporation.example:21',
  allProxy: 'socks5://corporation.example:1080',
};

const XDG = ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'];

const PROBES = {
  ids: 'echo "$(id -u) $(id -g) $(id -G) $(id -un)"',
  account: 'awk -F: -v uid="$(id -u)" \'$3 == uid { print $1, $4, $6 }\' /etc/passwd',
  capabilities: 'grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb):" /proc/self/status | cut -f2 | sort -u',
  modes: `stat -c '%a %u' ${XDG.map((name) => `"$${name}"`).join(' ')} "$HOME" | sort -u`,
  writable: `for d in "$HOME" "$TMPDIR" ${XDG.map((name) => `"$${name}"`).join(' ')}; do echo x > "$d/file" || echo "not $d"; done`,
  'beside a tool of the home':
    'mkdir ~/.cargo/registry ~/.local/share/x ~/go/pkg && ~/.cargo/bin/tool && ~/go/bin/tool',
  'proxies of the client': 'env | grep -iE "^(all|ftp)_proxy=" || echo none',
  'the first process': 'tr "\\0" "\\n" < /proc/1/environ | grep -ic corporation || true',
  'the tool itself': 'echo x >> ~/.cargo/bin/tool',
  workspace: 'mkdir -p made/deep && echo x > made/deep/file && chmod 600 made/deep/file',
};

describe.each(process.getuid?.() === 0 ? asRoot() : asCaller())('$who', ({ who, prefix, owner, expected }) => {
  let directory: string;
  let result: EntryResult;
  let found: Readonly<Record<string, string>>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'test-awf-user-'));
    for (const path of ['workspace', 'home', 'home/.cargo/bin', 'home/.local/bin', 'home/go/bin', 'temporary']) {
      mkdirSync(join(directory, path), { recursive: true });
    }
    for (const path of ['home/.cargo/bin/tool', 'home/go/bin/tool']) {
      writeFileSync(join(directory, path), '#!/bin/sh\necho "a tool"\n');
      chmodSync(join(directory, path), 0o755);
    }
    mkdirSync(join(directory, 'home/.docker'));
    writeFileSync(
      join(directory, 'home/.docker/config.json'),
      JSON.stringify({ proxies: { default: CLIENT_PROXIES } }),
    );
    // Other users must be able to read the program.
    cpSync(join(ROOT, 'dist'), join(directory, 'awf/dist'), { recursive: true });
    cpSync(process.execPath, join(directory, 'awf/node'));
    chmodSync(directory, 0o755);
    if (process.getuid?.() === 0) {
      // The tools too, so that only the mount keeps the command from changing them.
      for (const path of ['workspace', 'home', 'temporary']) give(join(directory, path), owner);
    }
    const argv = [...prefix, join(directory, 'awf/node'), join(directory, 'awf/dist/cli/index.js'), '--'];
    const env = {
      PATH: HOST_PATH,
      HOME: join(directory, 'home'),
      TMPDIR: join(directory, 'temporary'),
    };
    result = await runProgram([...argv, 'bash', '-c', sectionedScript(PROBES)], {
      cwd: join(directory, 'workspace'),
      env,
    });
    found = sectionsOf(result.stdout);
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test('runs, and only root gets a warning', () => {
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stderr.includes('The command runs as root (without capabilities)')).toBe(expected.uid === 0);
    expect(who).toContain(expected.uid === 0 ? 'root' : ' ');
  });

  test('has the ids of the caller or of the workspace’s owner, without further groups, and an account', () => {
    const [uid, gid, groups, name = ''] = (found['ids'] ?? '').split(' ');
    expect([uid, gid, groups]).toEqual([String(expected.uid), String(expected.gid), String(expected.gid)]);
    expect(name).toMatch(expected.name);
    const [account, accountGroup, home] = (found['account'] ?? '').split(' ');
    expect([account, home]).toEqual([name, join(directory, 'home')]);
    expect(accountGroup).toBe(String(expected.gid));
  });

  test('has no capabilities', () => {
    expect(found['capabilities']).toBe('0000000000000000');
  });

  test('has its own home, temporary and XDG directories', () => {
    expect(found['modes']).toBe(`700 ${expected.uid}`);
    expect(found['writable']).toBe('');
  });

  test('can write next to a mounted tool, but not to the tool', () => {
    expect(found['beside a tool of the home']).toBe('a tool\na tool');
    expect(found['the tool itself']).toContain('Read-only file system');
  });

  test('does not get the proxies in the Docker client’s configuration', () => {
    expect(found['proxies of the client']).toBe('none');
    expect(found['the first process']).toBe('0');
    // The client does pass them to a container that does not override them.
    const env = ['create', '--network=none', 'debian:trixie-slim'];
    const container = docker(['--config', join(directory, 'home/.docker'), ...env]);
    onTestFinished(() => void docker(['rm', container]));
    expect(docker(['inspect', '--format={{.Config.Env}}', container])).toContain('corporation.example');
  });

  test('creates files in the workspace with its ids on the host', () => {
    for (const path of ['made', 'made/deep', 'made/deep/file']) {
      expect(statSync(join(directory, 'workspace', path))).toMatchObject({ uid: expected.uid, gid: expected.gid });
    }
  });
});
