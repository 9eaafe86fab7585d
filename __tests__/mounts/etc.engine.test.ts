import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { actionStep, mainAs } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { ordinaryUser } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

const SECRET = 'SENTINEL-of-the-machine';

/** Only root can put something into /etc. */
const IS_ROOT = process.getuid?.() === 0;

/** What a command prints on the host. */
function onHost(command: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'test-awf-etc-'));
  const env = { PATH: HOST_PATH, HOME: directory };
  const { stdout } = spawnSync('bash', ['-c', command], { cwd: directory, env, encoding: 'utf8', timeout: 60_000 });
  rmSync(directory, { recursive: true });
  return stdout.trim();
}

/** Programs whose packages have settings in `/etc`, and what shows that they find them. Those that this machine has. */
const PROGRAMS: readonly (readonly [name: string, command: string])[] = (
  [
    // Its start script reads /etc/chromium.d.
    [
      'chromium',
      `chromium --headless --no-sandbox --disable-gpu --dump-dom 'data:text/html,<p>hello</p>' 2> /dev/null`,
    ],
    ['php', 'php --ini'],
    ['R', `R --no-save -s -e 'cat(Sys.getenv("R_LIBS_SITE"), Sys.getenv("R_PAPERSIZE"))'`],
    [
      'gs',
      `gs -q -dBATCH -sDEVICE=txtwrite -sOutputFile=- -c '/Courier findfont 12 scalefont setfont 9 9 moveto (hello) show showpage'`,
    ],
    ['convert', 'convert -list policy'],
    ['psql', 'psql --version'],
    ['mysql', 'mysql --print-defaults'],
  ] as const
).filter(([, command]) => onHost(command) !== '');

const SCRIPT = sectionedScript({
  ...Object.fromEntries(PROGRAMS.map(([name, command]) => [`run ${name}`, command])),
  'read the machine’s secrets': 'cat "$PLANTED/root-only" /etc/shadow /etc/sudoers /etc/ssh/*; true',
  'search for them': `grep -rsl 'SENTINEL-of-th[e]-machine' /etc; echo searched`,
  'read the user’s own settings': 'ls "$OWN"; true',
  write: 'touch /etc/new; touch /etc/ssl/certs/new; echo evil >> /etc/services; true',
  'control: settings of a package': 'cat "$PLANTED/settings.conf" "$PLANTED/link"',
  'control: what everything needs': `getent services https | cut -d' ' -f1
    getent hosts awf-agent > /dev/null && id -un > /dev/null && cat /etc/mtab > /dev/null && head -1 /etc/resolv.conf
    ls /etc/ssl/certs/ca-certificates.crt`,
});

/** Directories of the test's own in /etc, which somebody has to remove. */
interface Planted {
  /** In /etc/ssl, which belongs to a package on every machine with OpenSSL. */
  readonly inPackage: string;
  /** A directory that no package has. */
  readonly own: string;
}

function plant(): Planted {
  const [inPackage, own] = [mkdtempSync('/etc/ssl/awf-test-'), mkdtempSync('/etc/awf-test-')];
  for (const directory of [inPackage, own]) chmodSync(directory, 0o755);
  mkdirSync(join(inPackage, 'directory'));
  const files: readonly (readonly [name: string, content: string, mode?: number])[] = [
    ['settings.conf', 'colour = blue\n'],
    ['root-only', SECRET, 0o600],
    ['group-only', SECRET, 0o640],
    ['server.key', SECRET],
    ['directory/client.conf', `[client]\npassword = ${SECRET}\n`],
    ['npmrc', `//registry.example/:_authToken=${SECRET}\n`],
  ];
  for (const [name, content, mode = 0o644] of files) writeFileSync(join(inPackage, name), content, { mode });
  symlinkSync('settings.conf', join(inPackage, 'link'));
  writeFileSync(join(own, 'token'), SECRET);
  return { inPackage, own };
}

describe.each([
  { who: 'the caller', isOther: false },
  { who: 'an ordinary user', isOther: true },
])('/etc, for $who', ({ isOther }) => {
  let planted: Planted | undefined;
  let result: EntryResult;
  let sections: Record<string, string>;

  beforeAll(async () => {
    planted = IS_ROOT ? plant() : undefined;
    const { inPackage = '/nonexistent', own = '/nonexistent' } = planted ?? {};
    const step = actionStep({ run: SCRIPT, env: `PLANTED=${inPackage}\nOWN=${own}` });
    result = isOther ? await mainAs(ordinaryUser(), step) : await step.main();
    sections = sectionsOf(result.stdout);
    step.runner.remove();
  });
  afterAll(() => {
    for (const path of Object.values(planted ?? {})) rmSync(path as string, { recursive: true });
  });

  test('control: accounts, names, hosts, mounts and certificates are there', () => {
    expect(result.code, result.stdout).toBe(0);
    expect(sections['control: what everything needs']?.split('\n')).toEqual([
      'https',
      expect.stringMatching(/^nameserver 172\.30\.\d+\.\d+$/),
      '/etc/ssl/certs/ca-certificates.crt',
    ]);
  });

  test.each(PROGRAMS)('%s finds the settings of its package', (name, command) => {
    expect(sections[`run ${name}`]?.trim()).toBe(onHost(command));
  });

  test('nobody can write there', () => {
    expect(sections['write']?.match(/Read-only file system/g)).toHaveLength(3);
  });

  test.skipIf(!IS_ROOT)(
    'R13 has the settings of a package, without those that hold a credential (only as root)',
    () => {
      expect(sections['control: settings of a package']).toBe('colour = blue\ncolour = blue');
      expect(sections['search for them']).toBe('searched');
      expect(sections['read the machine’s secrets']).not.toContain(SECRET);
      expect(sections['read the machine’s secrets']).toMatch(/shadow: No such file[^]*sudoers: No such file/);
    },
  );

  test.skipIf(!IS_ROOT)('R13 has nothing that no package has (only as root)', () => {
    expect(sections['read the user’s own settings']).toContain('No such file');
  });
});
