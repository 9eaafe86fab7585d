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
    [
      'the user’s pip.conf',
      { '~/.config/pip/pip.conf': '[install]\nindex-url: x\nindex-url=https://mirror.example/' },
      {},
    ],
    ['uv.toml', { '~/.config/uv/uv.toml': '[[index]]\nname = "own"\nurl = "https://mirror.example/simple"' }, {}],
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
      'https://links.example/',
      'https://one.example/simple',
      'https://two.example/simple',
    ]);
  });

  test('a machine without pip says nothing', () => {
    expect(pypi(aMachine()).gap).toContain('pip is not installed');
  });
});
