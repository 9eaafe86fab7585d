import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { certificatesIn, type HostTrust } from '../../src/agent/host-trust.ts';
import { planTrust, type Trust } from '../../src/agent/trust.ts';
import { createAuthority } from '../../src/authority/authority.ts';
import type { MountSpec } from '../../src/docker/spec.ts';
import type { EtcPlan } from '../../src/mounts/etc-files.ts';

const { rootPem } = createAuthority(['named.example']);
const SYSTEM_PEM = createAuthority(['system.example']).rootPem;
const USER_PEM = createAuthority(['user.example']).rootPem;

const DEBIAN = '/etc/ssl/certs/ca-certificates.crt';
const RHEL = '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem';
const ROOT = '/tmp/awf-trust/root.pem';
const BUNDLE = '/tmp/awf-trust/bundle.pem';

const mountAt = (target: string, source = target): MountSpec => ({ kind: 'bind', source, target, writable: false });
const etcWith = (part: Partial<EtcPlan>): EtcPlan => ({
  ...{ directories: [], files: [], links: [], mounts: [], userMounts: [] },
  ...part,
});
const copyOf = (path: string): EtcPlan => etcWith({ files: [{ path, content: Buffer.from(SYSTEM_PEM), mode: 0o444 }] });

const bundle = (real: string, ...paths: string[]): HostTrust['bundles'][number] => ({
  ...{ real, paths: paths.length === 0 ? [real] : paths },
  ...certificatesIn(SYSTEM_PEM),
});

interface Given {
  readonly bundles?: HostTrust['bundles'];
  readonly named?: HostTrust['named'];
  readonly etc?: EtcPlan;
  readonly toolchain?: readonly MountSpec[];
  readonly userMounts?: readonly MountSpec[];
}

function onHost({ bundles = [bundle(DEBIAN)], named = new Map(), ...given }: Given = {}): Trust {
  const { etc = etcWith({ mounts: [mountAt('/etc/ssl/certs')] }), toolchain = [], userMounts = [] } = given;
  return planTrust(rootPem, { bundles, named }, { etc, toolchain, userMounts, directory: '/work' });
}

const inImage = (): Trust =>
  planTrust(rootPem, undefined, { etc: undefined, toolchain: [], userMounts: [], directory: '/work' });

test('without an authority, nothing changes', () => {
  const place = { etc: etcWith({}), toolchain: [], userMounts: [], directory: '/work' };
  const trust = planTrust(undefined, { bundles: [bundle(DEBIAN)], named: new Map() }, place);
  expect(trust).toMatchObject({ files: {}, mounts: [], replaced: [], homeFiles: {}, javaStore: undefined, words: '' });
  expect(trust.variables({ SSL_CERT_FILE: DEBIAN })).toEqual({});
});

describe('the system’s list', () => {
  const over = mountAt(DEBIAN, `/work${BUNDLE}`);
  test.each<[string, Given, readonly MountSpec[], readonly string[]]>([
    ['in a mounted directory', {}, [over], []],
    ['copied', { etc: copyOf(DEBIAN) }, [], [DEBIAN]],
    ['mounted alone', { etc: etcWith({ mounts: [mountAt(DEBIAN)] }) }, [], [DEBIAN]],
    [
      'on Fedora, behind links',
      {
        bundles: [bundle(RHEL, '/etc/pki/tls/certs/ca-bundle.crt', RHEL)],
        etc: etcWith({ mounts: [mountAt('/etc/pki/ca-trust')] }),
      },
      [mountAt(RHEL, `/work${BUNDLE}`)],
      [],
    ],
    [
      'in a directory of the toolchain',
      { bundles: [bundle('/nix/store/x/ca.crt', DEBIAN)], etc: etcWith({}), toolchain: [mountAt('/nix/store')] },
      [mountAt('/nix/store/x/ca.crt', `/work${BUNDLE}`)],
      [],
    ],
    ['where the sandbox does not show it', { etc: etcWith({}) }, [], []],
    ['behind a link that leads out of the sandbox', { bundles: [bundle('/srv/ca.pem', DEBIAN)] }, [], []],
    [
      'in a directory that is elsewhere on the host',
      {
        bundles: [bundle('/srv/certs/ca-certificates.crt', DEBIAN)],
        etc: etcWith({ mounts: [mountAt('/etc/ssl/certs', '/srv/certs')] }),
      },
      [over],
      [],
    ],
    ['which the user mounts', { userMounts: [mountAt(DEBIAN, '/my.pem')] }, [], []],
    ['in a directory that the user mounts', { userMounts: [mountAt('/etc/ssl/certs', '/my')] }, [], []],
  ])('%s', (_, given, mounts, replaced) => {
    const trust = onHost(given);
    expect([trust.mounts, trust.replaced]).toEqual([mounts, replaced]);
    for (const path of [BUNDLE, ...replaced]) expect(trust.files[path]).toBe(rootPem + SYSTEM_PEM);
    // git and wget look nowhere else.
    const isShown = mounts.length + replaced.length > 0;
    expect(trust.variables({})['GIT_SSL_CAINFO']).toBe(isShown ? undefined : BUNDLE);
    expect(trust.homeFiles).toEqual(isShown ? {} : { '.wgetrc': `ca_certificate=${BUNDLE}\n` });
  });

  test('a second one keeps its own certificates', () => {
    const other = { ...bundle('/etc/ssl/cert.pem'), ...certificatesIn(USER_PEM) };
    const etc = etcWith({ mounts: [mountAt('/etc/ssl')] });
    const { files, mounts } = onHost({ bundles: [bundle(DEBIAN), other], etc });
    expect(mounts.map(({ target }) => target)).toEqual([DEBIAN, '/etc/ssl/cert.pem']);
    expect(files['/tmp/awf-trust/bundle-2.pem']).toBe(rootPem + USER_PEM);
  });

  test('is Mozilla’s on a host that has none', () => {
    const { files } = onHost({ bundles: [] });
    expect(String(files[BUNDLE]).match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(100);
  });
});

describe('variables', () => {
  const named = new Map([
    ['/home/u/ca.pem', { real: '/home/u/ca.pem', ...certificatesIn(USER_PEM) }],
    ['/link/to/list', { real: DEBIAN, ...certificatesIn(SYSTEM_PEM) }],
  ]);
  const JOINED = '/tmp/awf-trust/user-1.pem';
  const DEFAULTS = { SSL_CERT_FILE: BUNDLE, NODE_EXTRA_CA_CERTS: ROOT, REQUESTS_CA_BUNDLE: BUNDLE };

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['unset', {}, DEFAULTS],
    ['empty', { SSL_CERT_FILE: '' }, DEFAULTS],
    ['a file of the user’s', { SSL_CERT_FILE: '/home/u/ca.pem' }, { ...DEFAULTS, SSL_CERT_FILE: JOINED }],
    ['one that is only joined', { PIP_CERT: '/home/u/ca.pem' }, { ...DEFAULTS, PIP_CERT: JOINED }],
    [
      'curl’s, which requests reads too',
      { CURL_CA_BUNDLE: '/home/u/ca.pem' },
      { SSL_CERT_FILE: BUNDLE, NODE_EXTRA_CA_CERTS: ROOT, CURL_CA_BUNDLE: JOINED },
    ],
    [
      'a file that the command may make',
      { SSL_CERT_FILE: '/tmp/later.pem' },
      { NODE_EXTRA_CA_CERTS: ROOT, REQUESTS_CA_BUNDLE: BUNDLE },
    ],
    [
      'the system’s list, which has the root already',
      { SSL_CERT_FILE: '/link/to/list' },
      { NODE_EXTRA_CA_CERTS: ROOT, REQUESTS_CA_BUNDLE: BUNDLE },
    ],
    ['a directory beside the file', { SSL_CERT_DIR: '/home/u' }, DEFAULTS],
    ['another variable with the same file', { OTHER: '/home/u/ca.pem' }, DEFAULTS],
  ])('%s', (_, given, expected) => {
    expect(onHost({ named }).variables(given)).toEqual(expected);
  });

  test('a joined file has the root and the user’s certificates, wherever the user’s file is', () => {
    const { files, isJoined } = onHost({ named });
    expect(files[JOINED]).toBe(rootPem + USER_PEM);
    expect(isJoined('SSL_CERT_FILE', '/home/u/ca.pem')).toBe(true);
    expect(isJoined('SSL_CERT_FILE', '/link/to/list')).toBe(false);
    expect(isJoined('JAVA_HOME', '/home/u/ca.pem')).toBe(false);
  });
});

test('Java’s store has the system’s list and the root', () => {
  const { files, javaStore } = onHost();
  const store = files[javaStore ?? ''] as Buffer;
  for (const pem of [rootPem, SYSTEM_PEM]) expect(store.includes(new X509Certificate(pem).raw)).toBe(true);
});

describe('in an image', () => {
  test('everything that is generated lies in one directory, and nothing is mounted over the image’s', () => {
    const { files, mounts, replaced } = inImage();
    expect(Object.keys(files).toSorted()).toEqual([BUNDLE, '/tmp/awf-trust/java.jks', ROOT]);
    expect([mounts, replaced]).toEqual([[], []]);
  });

  test('the entrypoint joins the image’s list and the files of variables, and sets the others', () => {
    const { words, variables, homeFiles } = inImage();
    expect(words).toMatch(/^\/tmp\/awf-trust \/tmp\/awf-joined-trust \/etc\/ssl\/certs\/ca-certificates.crt /);
    expect(words.split(' ')).toEqual(
      expect.arrayContaining([
        ...['SSL_CERT_FILE=bundle', 'NODE_EXTRA_CA_CERTS=root', 'REQUESTS_CA_BUNDLE=bundle/CURL_CA_BUNDLE'],
        ...['GIT_SSL_CAINFO=bundle', 'CURL_CA_BUNDLE='],
      ]),
    );
    expect(variables({})).toEqual({});
    expect(homeFiles).toEqual({ '.wgetrc': 'ca_certificate=/tmp/awf-joined-trust/bundle.pem\n' });
  });
});
