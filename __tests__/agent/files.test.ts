import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { homeSettings, systemFileMounts, systemFiles, writeSystemFiles } from '../../src/agent/files.ts';
import { ADDRESSES, aConfig, given, SENTINELS, temporaryDirectory, USER } from '../../testing/builders.ts';

const files = (secrets = SENTINELS, user = USER) => systemFiles(aConfig({ secrets }), ADDRESSES, user);

describe('settings of the agent programs', () => {
  test('name the sidecar and the helper', () => {
    const found = files();
    expect(found['/etc/codex/config.toml']).toBe(
      'openai_base_url = "http://172.30.0.30:10000/v1"\nsandbox_mode = "danger-full-access"\nweb_search = "disabled"\n',
    );
    expect(JSON.parse(found['/etc/claude-code/managed-settings.json']!)).toEqual({
      apiKeyHelper: '/tmp/awf-lib/get-claude-key.sh',
      permissions: { deny: ['WebSearch'] },
    });
    const atHome = homeSettings(aConfig({ secrets: SENTINELS }), ADDRESSES);
    expect(JSON.parse(atHome['.gemini/settings.json']!)).toEqual({
      security: { auth: { selectedType: 'gemini-api-key' } },
      tools: { exclude: ['google_web_search'] },
    });
  });

  test('leave on what the providers may do', () => {
    const config = aConfig({ secrets: SENTINELS, allowProviderTools: ['web-search'] });
    const found = { ...systemFiles(config, ADDRESSES, USER), ...homeSettings(config, ADDRESSES) };
    for (const path of ['/etc/codex/config.toml', '/etc/claude-code/managed-settings.json', '.gemini/settings.json']) {
      expect(found[path]).not.toMatch(/search/i);
    }
  });

  test.each([
    [[], []],
    [['OPENAI_API_KEY'], ['/etc/codex/config.toml']],
    [['ANTHROPIC_API_KEY'], ['/etc/claude-code/managed-settings.json']],
  ])('exist for the credentials given: %j', (credentials, paths) => {
    expect(
      Object.keys(files(given(...credentials)))
        .filter((path) => path.split('/').length > 3)
        .toSorted(),
    ).toEqual(paths);
    // Gemini is always redirected.
    expect(Object.keys(homeSettings(aConfig({ secrets: given(...credentials) }), ADDRESSES))).toEqual([
      '.gemini/settings.json',
      '.m2/settings.xml',
    ]);
  });

  test('do not exist without the api-proxy', () => {
    const found = systemFiles(aConfig({ apiProxy: false, secrets: SENTINELS }), ADDRESSES, USER);
    expect(Object.keys(found).toSorted()).toEqual(['/etc/group', '/etc/passwd', '/etc/resolv.conf']);
    const atHome = homeSettings(aConfig({ apiProxy: false, secrets: SENTINELS }), ADDRESSES);
    expect(Object.keys(atHome)).toEqual(['.m2/settings.xml']);
  });
});

describe('accounts', () => {
  const rows = (text: string | undefined): string[][] =>
    (text ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':'));

  test('the user, root and nobody, with seven fields each', () => {
    const accounts = rows(files()['/etc/passwd']);
    expect(accounts.map(([name, , uid, gid, , home]) => [name, uid, gid, home])).toEqual([
      ['root', '0', '0', '/nonexistent'],
      ['runner', '1001', '1002', '/home/runner'],
      ['nobody', '65534', '65534', '/nonexistent'],
    ]);
    expect(accounts.every((fields) => fields.length === 7)).toBe(true);
    expect(rows(files()['/etc/group']).map(([name, , gid]) => [name, gid])).toEqual([
      ['root', '0'],
      ['runner', '1002'],
      ['nogroup', '65534'],
    ]);
  });

  test('root is not listed twice', () => {
    const found = files(SENTINELS, { uid: 0, gid: 0, name: 'root', home: '/root' });
    expect(
      rows(found['/etc/passwd'])
        .filter(([, , uid]) => uid === '0')
        .map(([, , , , , home]) => home),
    ).toEqual(['/root']);
    expect(rows(found['/etc/group']).filter(([, , gid]) => gid === '0')).toHaveLength(1);
  });

  test('nobody, the user on some machines, is not listed twice', () => {
    const found = files(SENTINELS, { uid: 65534, gid: 65534, name: 'nobody', home: '/home/nobody' });
    const accounts = rows(found['/etc/passwd']).filter(([, , uid]) => uid === '65534');
    expect(accounts.map(([name, , , , , home]) => [name, home])).toEqual([['nobody', '/home/nobody']]);
    expect(rows(found['/etc/group']).filter(([, , gid]) => gid === '65534')).toHaveLength(1);
  });

  test('the accounts’ shell in an image is sh, because it may have no bash', () => {
    const shells = (agentImage?: string): string[] => {
      const found = systemFiles(aConfig({ agentImage }), ADDRESSES, USER);
      return rows(found['/etc/passwd']).map(([, , , , , , shell = '']) => shell);
    };
    expect(shells()).toEqual(['/bin/bash', '/bin/bash', '/bin/false']);
    expect(shells('alpine:3')).toEqual(['/bin/sh', '/bin/sh', '/bin/false']);
  });
});

test.each([
  ['the api-proxy, which leads allowed names to itself', true, ADDRESSES['api-proxy']],
  ['on loopback where nobody is carried: no name is resolved', false, '127.0.0.1'],
])('the only server of names is %s', (_, transparent, address) => {
  const found = systemFiles(aConfig({ transparent }), ADDRESSES, USER)['/etc/resolv.conf'];
  expect(found?.match(/^nameserver .*$/gm)).toEqual([`nameserver ${address}`]);
});

test('no file contains a credential', () => {
  const text = JSON.stringify(files());
  for (const secret of SENTINELS.values()) expect(text).not.toContain(secret);
});

describe('on the host', () => {
  // Two in one directory, which can be mounted only once.
  const FILES = { '/etc/passwd': 'a', '/etc/codex/config.toml': 'b', '/etc/codex/other.toml': 'c' };

  test('a file in /etc is mounted itself, read-only; for anything deeper the directory is', () => {
    const directory = temporaryDirectory();
    writeSystemFiles(directory, FILES);
    expect(systemFileMounts(directory, FILES)).toEqual([
      { kind: 'bind', source: join(directory, 'etc/passwd'), target: '/etc/passwd', writable: false },
      { kind: 'bind', source: join(directory, 'etc/codex'), target: '/etc/codex', writable: false },
    ]);
    expect(readFileSync(join(directory, 'etc/passwd'), 'utf8')).toBe('a');
    expect(readFileSync(join(directory, 'etc/codex/config.toml'), 'utf8')).toBe('b');
  });

  test('take the place of what is there, and are written through no link', () => {
    const directory = temporaryDirectory();
    const elsewhere = join(directory, 'elsewhere');
    writeFileSync(elsewhere, 'of the host');
    mkdirSync(join(directory, 'etc'));
    symlinkSync(elsewhere, join(directory, 'etc/passwd'));
    writeSystemFiles(directory, FILES);
    writeSystemFiles(directory, FILES);
    expect(readFileSync(join(directory, 'etc/passwd'), 'utf8')).toBe('a');
    expect(readFileSync(elsewhere, 'utf8')).toBe('of the host');
  });

  test('other users can read them, and nobody else can write them, whatever the umask', () => {
    const directory = temporaryDirectory();
    const before = process.umask(0o077);
    try {
      writeSystemFiles(directory, FILES);
    } finally {
      process.umask(before);
    }
    const mode = (path: string): number => statSync(join(directory, path)).mode & 0o777;
    expect([mode('etc/passwd'), mode('etc/codex'), mode('etc/codex/config.toml')]).toEqual([0o644, 0o755, 0o644]);
  });
});
