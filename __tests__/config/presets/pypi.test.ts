import { describe, expect, test } from 'vitest';
import { pypi } from '../../../src/config/presets/pypi.ts';
import { aMachine } from '../../../testing/machine.ts';

const INDEX = `
PyPI = PackageIndex("https://default.example/", file_storage_domain="files.example")
TestPyPI = PackageIndex("https://test.example/", file_storage_domain="test-files.example")
`;
const PIP = { '/usr/lib/python3/dist-packages/pip/_internal/models/index.py': INDEX };

const urlsOf = (files: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv = {}): string[] =>
  pypi(aMachine(files, environment)).settings.map(({ url }) => url);

describe('pypi', () => {
  test('has the index and the files’ host that the installed pip knows', () => {
    expect(urlsOf(PIP)).toEqual(['https://default.example/', 'https://files.example/']);
  });

  test.each([
    ['a program’s own prefix', '/opt/python/lib/python3.13/site-packages', { PATH: '/opt/python/bin' }],
    ['a version of pyenv', '~/.pyenv/versions/3.12.1/lib/python3.12/site-packages', { PATH: '/home/me/.pyenv/shims' }],
    ['the user’s packages', '~/.local/lib/python3.12/site-packages', {}],
  ])('pip may be in %s', (_, packages, environment) => {
    expect(urlsOf({ [`${packages}/pip/_internal/models/index.py`]: INDEX }, environment)).toHaveLength(2);
  });

  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['PIP_INDEX_URL', {}, { PIP_INDEX_URL: 'https://user:secret@mirror.example/simple' }],
    ['UV_DEFAULT_INDEX', {}, { UV_DEFAULT_INDEX: 'https://mirror.example/simple' }],
    ['/etc/pip.conf', { '/etc/pip.conf': '[global]\nindex-url = https://mirror.example/simple\n' }, {}],
    ['the user’s pip.conf', { '~/.config/pip/pip.conf': '[install]\nindex-url=https://mirror.example/' }, {}],
    ['a colon', { '~/.pip/pip.conf': '[global]\nindex-url: https://mirror.example/\n' }, {}],
    ['an underscore', { '/etc/pip.conf': '[global]\nIndex_URL = https://mirror.example/\n' }, {}],
    ['a byte order mark', { '/etc/pip.conf': '\uFEFF[global]\r\nindex-url = https://mirror.example/\r\n' }, {}],
    [
      'XDG_CONFIG_DIRS',
      { '/opt/x/pip/pip.conf': '[global]\nindex-url=https://mirror.example/' },
      { XDG_CONFIG_DIRS: '/opt/x:/y' },
    ],
    [
      'an installation’s pip.conf',
      { '/opt/py/pip.conf': '[global]\nindex-url=https://mirror.example/' },
      { PATH: '/opt/py/bin' },
    ],
    [
      'a virtual environment’s',
      { '/opt/v/pip.conf': '[global]\nindex-url=https://mirror.example/' },
      { VIRTUAL_ENV: '/opt/v' },
    ],
    [
      'the file of PIP_CONFIG_FILE',
      { '/run/p': '[global]\nindex-url=https://mirror.example/' },
      { PIP_CONFIG_FILE: '/run/p' },
    ],
    [
      'a file, though a variable is empty',
      { '~/.config/pip/pip.conf': '[global]\nindex-url=https://mirror.example/' },
      { XDG_CONFIG_HOME: '', PIP_INDEX_URL: '' },
    ],
    ['uv.toml', { '~/.config/uv/uv.toml': 'index-url = "https://mirror.example/simple"' }, {}],
    ['uv.toml’s table', { '/etc/uv/uv.toml': '[[index]]\nurl = "https://mirror.example/simple"\ndefault = true' }, {}],
    [
      'uv.toml’s list',
      { '/etc/xdg/uv/uv.toml': 'index = [\n  { url = "https://mirror.example/simple", default = true },\n]' },
      {},
    ],
    ['a password with separators', {}, { PIP_INDEX_URL: 'https://user:pa,s;s|w@mirror.example/simple' }],
  ])('%s replaces the default, whose files are then not needed', (_, files, environment) => {
    const urls = urlsOf({ ...PIP, ...files }, environment);
    expect(urls.map((url) => new URL(url).host)).toEqual(['mirror.example']);
  });

  test('the default keeps its files if a setting names it', () => {
    expect(urlsOf(PIP, { PIP_INDEX_URL: 'https://default.example/simple' })).toEqual([
      'https://default.example/simple',
      'https://files.example/',
    ]);
  });

  test('further indexes are added, those on lines of their own too', () => {
    const text = '[global]\nextra-index-url =\n    https://one.example/simple\n    https://two.example/simple\n';
    const environment = { PIP_FIND_LINKS: '/opt/wheels https://links.example/' };
    expect(urlsOf({ ...PIP, '/etc/pip.conf': text }, environment).slice(2)).toEqual([
      'https://one.example/simple',
      'https://two.example/simple',
      'https://links.example/',
    ]);
  });

  test('an index of uv that is not its default is added', () => {
    const text = '[[index]]\nname = "team"\nurl = "https://team.example/simple"\n';
    const list = 'extra-index-url = [\n"https://more.example/simple", # ours\n]\n';
    expect(urlsOf({ ...PIP, '~/.config/uv/uv.toml': list + text })).toEqual([
      'https://default.example/',
      'https://files.example/',
      'https://team.example/simple',
      'https://more.example/simple',
    ]);
  });

  test('the user’s file counts more than the machine’s, and a variable more than both', () => {
    const files = {
      ...PIP,
      '/etc/pip.conf': '[global]\nindex-url = https://old.example/\n',
      '~/.config/pip/pip.conf': '[global]\nindex-url = https://new.example/\n',
    };
    expect(urlsOf(files)).toEqual(['https://new.example/']);
    expect(urlsOf(files, { PIP_INDEX_URL: 'https://newest.example/' })).toEqual(['https://newest.example/']);
  });

  test.each<[string, Record<string, string>, NodeJS.ProcessEnv]>([
    ['pip', { '/etc/pip.conf': '[global]\nindex-url = https://mirror.example/\n' }, { PIP_CONFIG_FILE: '/dev/null' }],
    ['uv', { '/etc/uv/uv.toml': 'index-url = "https://mirror.example/"' }, { UV_NO_CONFIG: '1' }],
    [
      'uv, which another file replaces',
      { '/etc/uv/uv.toml': 'index-url = "https://mirror.example/"', '/run/u': '' },
      { UV_CONFIG_FILE: '/run/u' },
    ],
  ])('files that are switched off do not count: %s', (_, files, environment) => {
    expect(urlsOf({ ...PIP, ...files }, environment)).toEqual(['https://default.example/', 'https://files.example/']);
  });

  test('without an index, the default is not asked', () => {
    const links = 'find-links = https://wheels.example/list';
    expect(urlsOf({ ...PIP, '/etc/pip.conf': `[global]\nno-index = true\n${links}\n` })).toEqual([
      'https://wheels.example/list',
    ]);
    expect(pypi(aMachine(PIP, { PIP_NO_INDEX: '1' })).gap).toContain('no-index');
  });

  test('a broken uv.toml is named', () => {
    expect(pypi(aMachine({ ...PIP, '/etc/uv/uv.toml': '[[index\n' })).gap).toBe('/etc/uv/uv.toml is not valid TOML');
  });

  test('a machine without pip says nothing', () => {
    expect(pypi(aMachine()).gap).toContain('pip is not installed');
  });
});
