import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { docker } from '../../testing/engine/engine.ts';
import { OUTSIDE, startOwnEngine, type OwnEngine } from '../../testing/engine/own-engine.ts';
import { ROOT } from '../../testing/root.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { runProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

let engine: OwnEngine | undefined;
const directories: string[] = [];

afterEach(async () => {
  await engine?.close();
  engine = undefined;
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

afterAll(() => {
  // Below each control group, in version 1; the engine leaves it.
  spawnSync('find', ['/sys/fs/cgroup', '-maxdepth', '2', '-name', GROUP, '-exec', 'rmdir', '{}', '+']);
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'test-awf-daemon-'));
  directories.push(directory);
  return directory;
}

const ASK = `curl -sS -m 10 http://outside.example/`;

/** Runs `awf` on `engine`, for a command that asks a web server outside, and checks that it leaves nothing. */
async function awf(own: OwnEngine, script = ASK, ...args: readonly string[]): Promise<EntryResult> {
  const top = newDirectory();
  for (const name of ['workspace', 'home', 'temporary']) mkdirSync(join(top, name));
  const hosts = ['--allow-domains=outside.example', `--add-hosts=outside.example:${own.outside}`];
  const program = [process.execPath, join(ROOT, 'dist', 'cli', 'index.js'), ...hosts, ...args];
  const env = { PATH: HOST_PATH, HOME: join(top, 'home'), TMPDIR: join(top, 'temporary'), ...own.variables };
  const argv = [...own.prefix, ...program, '--', 'bash', '-c', script];
  const result = await runProgram(argv, { cwd: join(top, 'workspace'), env });
  expect(own.docker('ps', '--all', '--quiet')).toBe('');
  expect(own.docker('network', 'ls', '--format={{.Name}}').split('\n').sort()).toEqual(['bridge', 'host', 'none']);
  return result;
}

const MAJOR = Number.parseInt(docker(['version', '--format={{.Server.Version}}']), 10);

const GROUP = `awf-test-${process.pid}`;

/** What daemon.json can give to containers and networks that do not say what they want. */
const OTHER_DEFAULTS = {
  init: true,
  'default-shm-size': '1m',
  // What the CIS benchmark for Docker recommends.
  'default-ulimits': {
    nproc: { Name: 'nproc', Soft: 1024, Hard: 2048 },
    nofile: { Name: 'nofile', Soft: 100, Hard: 200 },
    // With the first two, the runtime itself runs out of memory, and with the third one, Squid ends.
    as: { Name: 'as', Soft: 50_000_000, Hard: 50_000_000 },
    data: { Name: 'data', Soft: 1_000_000, Hard: 1_000_000 },
    stack: { Name: 'stack', Soft: 16_384, Hard: 16_384 },
    fsize: { Name: 'fsize', Soft: 1_000, Hard: 1_000 },
    cpu: { Name: 'cpu', Soft: 1, Hard: 1 },
  },
  'default-ipc-mode': 'shareable',
  'log-opts': { 'max-size': '10m', 'max-file': '3' },
  'dns-search': ['corp.example'],
  'dns-opts': ['ndots:5'],
  'cgroup-parent': `/${GROUP}`,
  ...{ icc: false, 'userland-proxy': false, 'live-restore': true, 'no-new-privileges': true },
  ...(MAJOR < 24
    ? {}
    : {
        'default-network-opts': {
          bridge: {
            'com.docker.network.bridge.enable_icc': 'false',
            'com.docker.network.bridge.enable_ip_masquerade': 'false',
            'com.docker.network.bridge.inhibit_ipv4': 'true',
          },
        },
      }),
};

/** Starts containers with the machine's runtime, but without filters of system calls. */
const LAX_RUNTIME = `
const { readFileSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const bundle = args[args.indexOf('--bundle') + 1];
if (args.includes('create')) {
  const config = JSON.parse(readFileSync(bundle + '/config.json'));
  delete config.linux.seccomp;
  // Its numbers are larger than those of JavaScript: no limit.
  writeFileSync(bundle + '/config.json', JSON.stringify(config).replace(/18446744073709552000/g, '18446744073709551615'));
}
process.exit(require('node:child_process').spawnSync('runc', args, { stdio: 'inherit' }).status);
`;

describe.skipIf(process.getuid?.() !== 0)('a daemon (only as root)', () => {
  // With a range of its own, a run makes both networks.
  test.each([[[]], [['--subnet=10.213.7.0/24']]])('whose defaults are others, %j', async (args) => {
    engine = await startOwnEngine(OTHER_DEFAULTS);
    const script = `${ASK} && cat /proc/1/comm; for limit in s Hs f t v d; do ulimit -$limit; done`;
    const { code, stdout, stderr } = await awf(engine, script, ...args);
    expect(stdout, stderr).toBe(`${OUTSIDE}entrypoint\n8192\n${'unlimited\n'.repeat(5)}`);
    expect(code).toBe(0);
  });

  test('that gives containers no way out', async () => {
    engine = await startOwnEngine({ iptables: false });
    const { code, stderr } = await awf(engine, 'curl -sS -m 2 http://outside.example/ || true');
    expect(code).toBe(0);
    expect(stderr).toContain('Allowed, but not reached: outside.example. Why: no answer came.');
    expect(stderr).toContain('Nothing outside answered. If this machine itself reaches what was asked for');
  });

  test('whose runtime does not apply what it is told', async () => {
    // Some runtimes have no filters of system calls, for example because they were built without them.
    const runtime = join(newDirectory(), 'lax');
    writeFileSync(runtime, `#!${process.execPath}\n${LAX_RUNTIME}`, { mode: 0o755 });
    engine = await startOwnEngine({ runtimes: { lax: { path: runtime } }, 'default-runtime': 'lax' });
    const { code, stdout, stderr } = await awf(engine);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain("the kernel reports Seccomp: 0; the engine's runtime does not confine the sandbox");
  });

  test('that leaves a user too few processes', async () => {
    engine = await startOwnEngine({ 'default-ulimits': { nproc: { Name: 'nproc', Soft: 1, Hard: 1 } } });
    const { code, stderr } = await awf(engine);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: Squid ended unexpectedly .*nproc in default-ulimits/s);
  });
});
