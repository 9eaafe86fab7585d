import { describe, expect, test } from 'vitest';
import { crates } from '../../../src/config/presets/crates.ts';
import { aMachine } from '../../../testing/machine.ts';

/** As the constants stand in the program: the scheme also alone. */
const PROGRAM = Buffer.from('\0sparse+https://iints\0sparse+https://index.default.example/\0\x03\0');
const CARGO = {
  '~/.rustup/settings.toml': 'default_toolchain = "stable-x"\n',
  '~/.rustup/toolchains/nightly-x/bin/cargo': Buffer.from('sparse+https://nightly.example/'),
  '~/.rustup/toolchains/stable-x/bin/cargo': PROGRAM,
};
const CONFIG = '~/.cargo/config.toml';
const CACHE = '~/.cargo/registry/index/index.default.example-1949cf8c6b5b557f/config.json';

const said = (files: Readonly<Record<string, string | Buffer>>, environment: NodeJS.ProcessEnv = {}) =>
  crates(aMachine(files, environment)).settings;

describe('crates', () => {
  test('has the address in the program of the default toolchain, and what is below its domain', () => {
    expect(said(CARGO)).toEqual([
      { url: 'sparse+https://index.default.example/', from: "cargo's own default" },
      { url: 'https://default.example/', from: "the default's domain", isBelow: true },
    ]);
  });

  test('has the address in a distribution’s cargo', () => {
    expect(said({ '/usr/bin/cargo': PROGRAM })[0]?.url).toBe('sparse+https://index.default.example/');
  });

  test('has the files’ host from what cargo cached of the index', () => {
    const cached = '{"dl": "https://static.default.example/crates", "api": "https://default.example"}';
    expect(said({ ...CARGO, [CACHE]: cached })[1]).toEqual({
      url: 'https://static.default.example/crates',
      from: "the registry's index",
    });
  });

  test('a cache in which somebody planted a host of another domain does not count', () => {
    expect(JSON.stringify(said({ ...CARGO, [CACHE]: '{"dl":"https://files.evil.example.org/"}' }))).not.toContain(
      'evil',
    );
  });

  test.each([
    [
      'tables',
      '[source.crates-io]\nreplace-with = "own"\n[source.own]\nregistry = "sparse+https://mirror.example/index/"\n',
    ],
    [
      'inline tables',
      '[source]\ncrates-io = { replace-with = "own" }\nown = { registry = "sparse+https://mirror.example/index/" }',
    ],
    [
      'a named registry',
      'source.crates-io.replace-with = "own"\n[registries]\nown = { index = "sparse+https://mirror.example/index/" }',
    ],
    [
      'a chain',
      '[source.crates-io]\nreplace-with = "a"\n[source.a]\nreplace-with = "b"\n[source."b"]\nregistry = \'https://mirror.example/index\'\n',
    ],
    [
      'one table',
      'source = { crates-io = { replace-with = "a" }, a = { registry = "sparse+https://mirror.example/" } }',
    ],
    ['a repository', '[source.crates-io]\nreplace-with = "a"\n[source.a]\ngit = "https://mirror.example/index.git"\n'],
  ])('%s replace the default', (_, text) => {
    const hosts = said({ ...CARGO, [CONFIG]: text }).map(({ url }) => new URL(url.replace('sparse+', '')).host);
    expect([...new Set(hosts)]).toEqual(['mirror.example']);
  });

  test('further registries are added', () => {
    const config = '[registries.team]\nindex = "sparse+https://team.example/"\n';
    const urls = said({ ...CARGO, [CONFIG]: config }, { CARGO_REGISTRIES_OTHER_INDEX: 'https://other.example/git' });
    expect(urls.map(({ url }) => url)).toEqual([
      'sparse+https://index.default.example/',
      'https://default.example/',
      'sparse+https://team.example/',
      'https://other.example/git',
    ]);
  });

  test('a variable counts more than the file', () => {
    const config = '[source.crates-io]\nreplace-with = "my-own"\n[registries.my-own]\nindex = "https://old.example/"\n';
    const environment = { CARGO_REGISTRIES_MY_OWN_INDEX: 'sparse+https://new.example/', CARGO_HOME: '' };
    const urls = said({ ...CARGO, [CONFIG]: config }, environment).map(({ url }) => url);
    expect([...new Set(urls)]).toEqual(['sparse+https://new.example/']);
  });

  test('cargo takes the file without an extension', () => {
    const config = (host: string): string =>
      `[source.crates-io]\nreplace-with = "a"\n[source.a]\nregistry = "https://${host}/"\n`;
    const files = { [CONFIG]: config('toml.example'), '~/.cargo/config': config('plain.example') };
    expect(said(files)[0]?.url).toBe('https://plain.example/');
  });

  test('an address that is none does no harm', () => {
    expect(said({ [CONFIG]: '[registries.a]\nindex = "https://:80/x"\n' })).toHaveLength(1);
  });

  test('a broken file does not open the default', () => {
    const { settings, gap } = crates(aMachine({ ...CARGO, [CONFIG]: '[source\n' }));
    expect(settings).toEqual([]);
    expect(gap).toBe('~/.cargo/config.toml is not valid TOML');
  });

  test.each([
    ['a directory', '[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "vendor"\n', 'replaces'],
    ['a circle', '[source.crates-io]\nreplace-with = "a"\n[source.a]\nreplace-with = "crates-io"\n', 'replaces'],
  ])('%s has no host', (_, config, gap) => {
    expect(crates(aMachine({ [CONFIG]: config })).gap).toContain(gap);
  });
});
