import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { copyAction, give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

/** Only root can put a runner below a directory of the system, and mount a file system there. */
const IS_ROOT = process.getuid?.() === 0;

const SECRET = 'SENTINEL-of-the-host';

/** For bash on the host's toolchain, and for the one program of an image, BusyBox. */
const SCRIPT = `P=\${GITHUB_WORKSPACE%/*}; R=\${P%/_work/*}; export P R\n${sectionedScript({
  'R12 files': `cat "$R"/.credentials_rsaparams "$R"/.runner "$R"/_diag/Worker.log "$P"/temp/git.config "$P"/other/secret
    ls -A "$R" "$P"`,
  'R12 logs': 'cat "$P"/temp/*/* "$P"/temp/awf-*/*; true',
  'R9, R11 what is mounted once more':
    'ls -A tree/* "$DISK"/proc; cat tree/home/.ssh/id; cat tree/proc/*/environ; true',
  'R13 tools':
    'cat "$P"/tool-cache/node/24.1.0/x64/etc/npmrc "$HOME"/.local/share/uv/credentials/credentials.toml; true',
  'R12 everywhere': `grep -rsl 'SENTINEL-of-th[e]-host' /opt /usr/local "$HOME" /tmp; echo searched`,
  'R16 a socket': `[ -e "$P/agent.sock" ] && echo there; ! command -v node > /dev/null || node -e "
    require('net').connect(process.env.P + '/agent.sock')
      .on('connect', () => { console.log('connected'); process.exit() }).on('error', (e) => console.log('Error', e.code))"`,
  'E11 a disk': 'cat "$DISK/tool"; echo evil > "$DISK/tool"; echo evil > "$DISK/new"',
  'E12 a hard link': 'cat linked; chmod u+w linked; echo evil > linked; cat linked',
  'E13 a local action':
    'echo evil > .github/actions/a/post.js; echo evil > lib/shared.js; mv lib lib2; cat lib/shared.js',
  'E14 links':
    'mkdir coverage; ln -s /proc/self/environ coverage/a; ln -s "$R"/.credentials_rsaparams coverage/b; ln -s /usr/bin/env coverage/c',
  'E19 a program': 'cp /bin/sh program; chmod 4755 program; ls -l program',
  'E20 settings': 'echo evil > .npmrc; mkdir -p .devcontainer; echo {} > .devcontainer/devcontainer.json',
  'control: tools': 'cat "$P"/tool-cache/node/24.1.0/x64/bin/tool',
  'control: programs': 'ls /bin',
}).replace('set +e +o pipefail', 'set +e')}`;

const CASES = [
  { who: 'the caller', asOther: false, inImage: false },
  { who: 'an ordinary user', asOther: true, inImage: false },
  { who: 'an ordinary user, with an image', asOther: true, inImage: true },
];

describe.skipIf(!IS_ROOT).each(CASES)('a runner below /opt, started by $who (only as root)', ({ asOther, inImage }) => {
  const user = ordinaryUser();
  let step: ActionStep;
  let server: Server;
  let disk: string;
  /** What is mounted, for the end. */
  const mounted: string[] = [];
  const mount = (target: string, ...args: readonly string[]): void => {
    mkdirSync(target, { recursive: true });
    expect(spawnSync('mount', [...args, target]).status).toBe(0);
    mounted.unshift(target);
  };
  let result: EntryResult;
  let sections: Record<string, string>;
  /** The runner's own directory. */
  let home: string;
  /** In it, the directory of the job. */
  let top: string;
  const of = (name: string): string => join(step.runner.workspace, name);
  const write = (name: string, content: string, directory = top): void => {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content, { mode: 0o600 });
  };

  /** A tree for chroot in the workspace. */
  const mountTree = (): void => {
    mount(of('tree/proc'), '-t', 'proc', 'proc');
    mount(of('tree/home'), '--bind', join(top, 'home'));
  };

  beforeAll(async () => {
    disk = join(mkdtempSync('/opt/awf-disk-'), 'disk');
    chmodSync(dirname(disk), 0o755);
    mount(disk, '-t', 'tmpfs', '-o', 'mode=0777,size=1m', 'tmpfs');
    writeFileSync(join(disk, 'tool'), 'good\n');
    chmodSync(join(disk, 'tool'), 0o666);
    home = mkdtempSync('/opt/awf-runner-');
    chmodSync(home, 0o755);
    mkdirSync(join(home, '_work'));
    // With an image there is no toolchain of the host: the disk is below a directory that the user mounts.
    const image = inImage ? { 'agent-image': foreignImage('busybox'), shell: 'sh', mounts: dirname(disk) } : {};
    step = actionStep({ ...image, env: `DISK=${disk}`, run: SCRIPT }, { directory: join(home, '_work') });
    top = dirname(step.runner.workspace);
    for (const name of ['.credentials_rsaparams', '.runner', '_diag/Worker.log']) write(name, SECRET, home);
    for (const name of ['temp/git.config', 'other/secret']) write(name, SECRET);
    write('tool-cache/node/24.1.0/x64/etc/npmrc', SECRET);
    write('tool-cache/node/24.1.0/x64/bin/tool', 'a tool');
    write('home/.local/share/uv/credentials/credentials.toml', SECRET);
    write('home/.local/share/uv/python/x', '');
    write('home/.cache/uv/linked', 'good\n');
    linkSync(join(top, 'home/.cache/uv/linked'), of('linked'));
    write(
      'workspace/.github/actions/a/action.yml',
      'runs: { using: node24, main: main.js, post: ../../../lib/shared.js }',
    );
    write('workspace/.github/actions/a/post.js', 'good\n');
    write('workspace/lib/shared.js', 'good\n');
    write('home/.ssh/id', SECRET);
    mount(join(disk, 'proc'), '-t', 'proc', 'proc');
    server = createServer((socket) => socket.end()).listen(join(top, 'agent.sock'));
    await once(server, 'listening');
    chmodSync(join(top, 'agent.sock'), 0o777);
    if (asOther) {
      const { argv } = copyAction(top);
      give(home, user);
      mountTree();
      result = await runProgram([...user.prefix, ...argv('main')], { env: step.runner.main.env, cwd: of('.') });
    } else {
      mountTree();
      result = await step.main();
    }
    sections = sectionsOf(result.stdout);
  }, IMAGE_PATIENCE);
  afterAll(() => {
    server.close();
    for (const target of mounted) expect(spawnSync('umount', ['--lazy', target]).status).toBe(0);
    rmSync(home, { recursive: true });
    // Another test's run, which has seen the mount, may be about to mount it once more.
    spawn('sh', ['-c', 'sleep 15; rmdir "$0" "${0%/*}"', disk], { detached: true, stdio: 'ignore' }).unref();
  });

  test('control: the command ran, and sees the tool cache or its image, and its workspace', () => {
    expect(result.stderr).toBe('');
    expect(result.code, result.stdout.slice(-2_000)).toBe(0);
    if (inImage) expect(sections['control: programs']).toBe('sh');
    else expect(sections['control: tools']).toBe('a tool');
    expect(sections['E11 a disk']).toMatch(/^good/);
    expect(sections['E12 a hard link']).toMatch(/^good\nevil$/);
  });

  test('R12 nothing of the runner is there', () => {
    expect(result.stdout).not.toContain(SECRET);
    expect(sections['R12 everywhere']).toBe('searched');
    const listed = sections['R12 files']?.split('\n').filter((line) => !line.startsWith('cat:')) ?? [];
    const tools = inImage ? [] : ['tool-cache'];
    expect(listed).toEqual([`${home}:`, '_work', '', `${top}:`, 'home', ...tools, 'workspace']);
  });

  test('R9, R11 neither processes of the host nor its home, where they are mounted once more', () => {
    expect(
      sections['R9, R11 what is mounted once more']?.split('\n').filter((line) => !line.startsWith('cat:')),
    ).toEqual([`${disk}/proc:`, '', 'tree/home:', '', 'tree/proc:']);
    expect(readFileSync(of('tree/home/.ssh/id'), 'utf8')).toBe(SECRET);
    expect(existsSync(of('tree/proc/self'))).toBe(true);
  });

  test('R13 credentials among the tools are empty', () => {
    expect(sections['R13 tools']).not.toContain(SECRET);
    expect(readFileSync(join(top, 'tool-cache/node/24.1.0/x64/etc/npmrc'), 'utf8')).toBe(SECRET);
  });

  test('R16 the socket is not there', () => {
    if (inImage) expect(sections['R16 a socket']).toBe('');
    else expect(sections['R16 a socket']).toMatch(/^(there\n)?Error/);
  });

  test('E11 a file system below a read-only mount is read-only', () => {
    expect(sections['E11 a disk']?.match(/Read-only file system/g)).toHaveLength(2);
    expect(readFileSync(join(disk, 'tool'), 'utf8')).toBe('good\n');
    expect(existsSync(join(disk, 'new'))).toBe(false);
  });

  test('E12 the file outside is unchanged', () => {
    expect(readFileSync(join(top, 'home/.cache/uv/linked'), 'utf8')).toBe('good\n');
    expect(readFileSync(of('linked'), 'utf8')).toBe('evil\n');
  });

  test('E13 local actions are read-only', () => {
    expect(readFileSync(of('.github/actions/a/post.js'), 'utf8')).toBe('good\n');
    expect(readFileSync(of('lib/shared.js'), 'utf8')).toBe('good\n');
    expect(sections['E13 a local action']).toMatch(/good$/);
  });

  test('E14 links to the host’s secrets are moved aside', () => {
    expect(existsSync(of('coverage/a'))).toBe(false);
    expect(existsSync(of('coverage/b'))).toBe(false);
    expect(existsSync(of('coverage/c'))).toBe(true);
    expect(result.stdout).toMatch(/::warning title=AWF::.*coverage\/a \(a link to \/proc/);
    // An upload of the directory follows its links, whatever they are called.
    const left = readdirSync(of('coverage'));
    expect(left).toHaveLength(3);
    expect(left.filter((name) => lstatSync(of(`coverage/${name}`)).isSymbolicLink())).toEqual(['c']);
  });

  test('E19 no program lends its owner’s rights', () => {
    expect(statSync(of('program')).mode & 0o7000).toBe(0);
    expect(sections['E19 a program']).toMatch(/^-rws/);
  });

  test('E20 settings that appear are reported', () => {
    expect(result.stdout).toMatch(/::warning title=AWF::.*\.devcontainer \(added\).*\.npmrc \(added\)/);
  });
});
