import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MountSpec } from '../../src/docker/spec.ts';
import { atOnce } from '../../src/host/slices.ts';
import { etcMounts, planEtc, writeEtc } from '../../src/mounts/etc-files.ts';
import { readEtc, type EtcTree } from '../../src/mounts/etc.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

const NOTHING_BELOW = { hidden: [], credentials: [], views: [] };
const OWN = process.getuid?.() ?? 0;

/** A host. Files by their paths; a value that starts with `->` is a link. `packaged` belongs to a package. */
function hostWith(files: Readonly<Record<string, string>>, packaged: readonly string[] = []) {
  const root = realpathSync(temporaryDirectory());
  const write = (path: string, content: string): string => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (content.startsWith('->')) symlinkSync(content.slice(2), join(root, path));
    else writeFileSync(join(root, path), content, { mode: 0o644 });
    return join(root, path);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  write('/dpkg/some.conffiles', packaged.map((name) => `/etc/${name}/file\n`).join(''));
  const packages = { info: join(root, 'dpkg'), generated: join(root, 'none') };
  const read = (below: Partial<typeof NOTHING_BELOW> = {}, owner = OWN): EtcTree =>
    atOnce(readEtc({ ...NOTHING_BELOW, ...below }, { root, packages, owner }));
  return { root, write, read };
}

const names = ({ files, links, mounts }: EtcTree): string[] =>
  [...files.map(({ path }) => path), ...links.map(({ path }) => path), ...mounts.map(({ target }) => target)].sort();

describe('the settings of packages', () => {
  test('are there at any depth, with generated files, links and modes', () => {
    const { read, root } = hostWith(
      {
        '/etc/php/8.2/cli/php.ini': 'memory_limit = 1G\n',
        '/etc/php/8.2/mods-available/a.ini': 'extension=a\n',
        '/etc/php/8.2/cli/conf.d/10-a.ini': '->/etc/php/8.2/mods-available/a.ini',
        '/etc/chromium.d/default-flags': 'export FLAGS=\n',
      },
      ['php', 'chromium.d'],
    );
    chmodSync(join(root, '/etc/chromium.d/default-flags'), 0o777);
    const tree = read();
    expect(names(tree)).toEqual([
      '/etc/chromium.d/default-flags',
      '/etc/php/8.2/cli/conf.d/10-a.ini',
      '/etc/php/8.2/cli/php.ini',
      '/etc/php/8.2/mods-available/a.ini',
    ]);
    expect(tree.links[0]?.target).toBe('/etc/php/8.2/mods-available/a.ini');
    expect(tree.files[0]?.mode).toBe(0o755);
  });

  test('do not include what no package has: the user’s own settings', () => {
    const { read } = hostWith({ '/etc/acme/settings.conf': 'a=b', '/etc/R/Renviron': '' }, ['R']);
    expect(names(read())).toEqual(['/etc/R/Renviron']);
  });

  test('are judged as the host has them at that moment, not as the package had them', () => {
    const { read, write } = hostWith({ '/etc/mysql/my.cnf': '[client]\nuser=root\n' }, ['mysql']);
    expect(names(read())).toEqual(['/etc/mysql/my.cnf']);
    write('/etc/mysql/my.cnf', '[client]\npassword=hunter2\n');
    expect(names(read())).toEqual([]);
  });
});

describe('what not everybody may read is not there, whoever the command is', () => {
  test.each([
    ['a file for root', '/etc/R/Renviron', 0o600],
    ['a file for a group', '/etc/R/Renviron', 0o640],
    ['a directory that others cannot enter', '/etc/R', 0o750],
    ['a directory that others cannot list', '/etc/R', 0o711],
    ['a file among those that are always there', '/etc/ssl/certs/own.pem', 0o640],
    ['a directory among them', '/etc/ssl/certs', 0o710],
  ])('%s', (_, path, mode) => {
    const { read, root } = hostWith({ '/etc/R/Renviron': 'x', '/etc/ssl/certs/own.pem': 'x' }, ['R']);
    const all = names(read());
    expect(all).toHaveLength(2);
    chmodSync(join(root, path), mode);
    expect(names(read())).toEqual(all.filter((name) => !name.startsWith(path)));
    chmodSync(join(root, path), 0o755);
  });

  test('a file of a package that does not belong to root', () => {
    const { read } = hostWith({ '/etc/R/Renviron': 'x', '/etc/services': 'x' }, ['R']);
    expect(names(read({}, OWN + 1))).toEqual(['/etc/services']);
  });
});

describe('credentials are not there', () => {
  const CONTENT = 'x\n';
  test.each([
    ...['shadow', 'gshadow-', 'passwd', 'sudoers.d/a', 'ssh/ssh_host_rsa_key', 'docker/daemon.json', 'machine-id'],
    ...['environment', 'profile', 'profile.d/a.sh', 'default/a', 'apt/auth.conf', 'apt/auth.conf.d/a', 'pip.conf'],
    ...['npmrc', 'wgetrc', 'gitconfig', 'odbc.ini', 'openvpn/a', 'msmtprc', 'cni/a', 'kubernetes/admin.conf'],
    ...['rancher/k3s/k3s.yaml', 'wireguard/wg0.conf', 'NetworkManager/a', 'letsencrypt/a', 'krb5.keytab'],
    ...['R/private/a', 'R/server.key', 'R/auth.conf.d/a', 'R/db.password', 'R/jmxremote.password', 'R/tokens.json'],
    ...['R/.netrc', 'R/store.jks', 'R/client.p12', 'ssl/private/a', 'java-17-openjdk/management/jmxremote.password'],
    ...['maven/settings.xml', 'systemd/system/a.service'],
  ])('by name: %s', (name) => {
    const { read } = hostWith({ [`/etc/${name}`]: CONTENT, '/etc/R/Renviron': CONTENT }, [
      ...['R', 'ssl', 'maven', 'java-17-openjdk', name.split('/')[0] ?? ''],
    ]);
    expect(names(read())).toEqual(['/etc/R/Renviron']);
  });

  test('by content, wherever they are', () => {
    const { read } = hostWith({ '/etc/R/a/b/c': 'url = https://me:hunter2@example.com/', '/etc/R/Renviron': '' }, [
      'R',
    ]);
    expect(names(read())).toEqual(['/etc/R/Renviron']);
  });

  test('nor in a file that is too large to look through', () => {
    const { read, write } = hostWith({ '/etc/R/large': 'a'.repeat(300_000), '/etc/ld.so.cache': 'x' }, ['R']);
    write('/etc/ld.so.cache', 'b'.repeat(300_000));
    const { mounts, files } = read();
    expect(files).toEqual([]);
    expect(mounts).toMatchObject([{ target: '/etc/ld.so.cache', writable: false }]);
  });

  test('nor what a variable of the host names, nor what is hidden elsewhere', () => {
    const { read, root } = hostWith({ '/etc/R/a': '', '/etc/R/b/c': '', '/etc/R/d': '', '/etc/services': '' }, ['R']);
    const at = (path: string, isDirectory = false) => [{ path: join(root, path), isDirectory }] as never[];
    const tree = read({ credentials: at('/etc/R/a'), hidden: at('/etc/R/b', true), views: at('/etc/services') });
    expect(names(tree)).toEqual(['/etc/R/d']);
  });

  test('a link that leads nowhere stays one', () => {
    expect(names(hostWith({ '/etc/R/x': '->/nowhere' }, ['R']).read())).toEqual(['/etc/R/x']);
  });
});

describe('large directories', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`/etc/fonts/conf.d/${n}.conf`, 'x']));

  test('are mounted if nothing of them is left out', () => {
    const { read, root } = hostWith(many, ['fonts']);
    expect(read().files).toEqual([]);
    expect(read().mounts).toEqual([
      { kind: 'bind', source: join(root, '/etc/fonts/conf.d'), target: '/etc/fonts/conf.d', writable: false },
    ]);
  });

  test('are copied if something is', () => {
    const { read, root } = hostWith(many, ['fonts']);
    chmodSync(join(root, '/etc/fonts/conf.d/7.conf'), 0o600);
    expect(read().mounts).toEqual([]);
    expect(read().files).toHaveLength(39);
  });
});

describe('without a package manager', () => {
  test('the rows are there, and nothing else', () => {
    const { read } = hostWith({
      '/etc/services': 'x',
      '/etc/pki/tls/certs/ca.pem': 'x',
      '/etc/pki/tls/private/a': 'x',
      '/etc/R/a': 'x',
    });
    expect(names(read())).toEqual(['/etc/pki/tls/certs/ca.pem', '/etc/services']);
  });

  test('a row that leads out of the sandbox becomes what it leads to', () => {
    const { read, root, write } = hostWith({
      '/etc/os-release': '->../usr/lib/os-release',
      '/usr/lib/os-release': 'x',
    });
    write('/var/zone', 'UTC');
    symlinkSync(join(root, '/var/zone'), join(root, '/etc/localtime'));
    const { files, links } = read();
    expect(links).toEqual([{ path: '/etc/os-release', target: '../usr/lib/os-release' }]);
    expect(files.map(({ path, content }) => [path, content.toString()])).toEqual([['/etc/localtime', 'UTC']]);
  });
});

describe('the tree on disk', () => {
  const FILES = {
    '/etc/R/Renviron': 'x',
    '/etc/services': 'x',
    '/etc/php/link': '->/usr/share/php',
  };
  const bind = (source: string, target: string): MountSpec => ({ kind: 'bind', source, target, writable: false });

  test('has the files, the links, and places for what the engine and the user mount', () => {
    const { read } = hostWith(FILES, ['R', 'php']);
    const directory = temporaryDirectory();
    const file = join(directory, 'file');
    writeFileSync(file, 'own');
    const tree = planEtc(read(), [
      bind(file, '/etc/company/ca.pem'),
      bind(directory, '/etc/R'),
      bind(directory, '/data'),
    ]);
    const before = process.umask(0o077);
    try {
      atOnce(writeEtc(directory, tree));
    } finally {
      process.umask(before);
    }
    const at = (path: string): string => join(directory, 'etc', path);
    expect(readFileSync(at('services'), 'utf8')).toBe('x');
    expect(statSync(at('services')).mode & 0o777).toBe(0o644);
    expect(statSync(at('')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(at('php/link'))).toBe('/usr/share/php');
    expect(readlinkSync(at('mtab'))).toBe('/proc/self/mounts');
    expect(['hosts', 'hostname', 'company/ca.pem'].map((name) => readFileSync(at(name), 'utf8'))).toEqual(['', '', '']);
    // The user's directory comes instead of the host's.
    expect(statSync(at('R')).isDirectory()).toBe(true);
    expect(tree.files.map(({ path }) => path)).toEqual(['/etc/services']);
  });

  test('is one mount, read-only, with those of large directories over it', () => {
    const { read } = hostWith(FILES, ['R', 'php']);
    const mounts = [bind('/etc/alternatives', '/etc/alternatives')];
    expect(etcMounts('/work', { ...read(), mounts })).toEqual([bind('/work/etc', '/etc'), ...mounts]);
  });
});
