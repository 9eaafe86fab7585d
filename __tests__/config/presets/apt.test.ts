import { expect, test } from 'vitest';
import { apt } from '../../../src/config/presets/apt.ts';
import { aMachine } from '../../../testing/machine.ts';

const urlsOf = (files: Readonly<Record<string, string>>): string[] =>
  apt(aMachine(files)).settings.map(({ url }) => url);

test('sources with one line each', () => {
  const text = `# deb http://comment.example/debian stable main
deb http://mirror.example/debian stable main
deb-src [signed-by=/usr/share/k.gpg arch=amd64] https://secure.example/debian stable main
deb cdrom:[Debian]/ stable main
`;
  expect(urlsOf({ '/etc/apt/sources.list': text, '/etc/apt/sources.list.d/old.list.disabled': text })).toEqual([
    'http://mirror.example/debian',
    'https://secure.example/debian',
  ]);
});

test('sources in stanzas', () => {
  const text = `Types: deb
# URIs: http://comment.example/debian
URIs: http://mirror.example/debian
 http://second.example/debian
Suites: stable

Types: deb
URIs: http://third.example/debian

Enabled: no
Types: deb
URIs: http://off.example/debian
`;
  expect(urlsOf({ '/etc/apt/sources.list.d/debian.sources': text })).toEqual(
    ['mirror', 'second', 'third'].map((name) => `http://${name}.example/debian`),
  );
});

test('a list of mirrors', () => {
  const files = {
    '/etc/apt/sources.list':
      'deb mirror+file:/etc/apt/mirrors.txt noble main\ndeb mirror+https://list.example/m noble main',
    '/etc/apt/mirrors.txt': 'http://a.example/ubuntu/\tpriority:1\n#http://no.example/\nhttps://b.example/ubuntu/\n',
  };
  expect(urlsOf(files)).toEqual(['http://a.example/ubuntu/', 'https://b.example/ubuntu/', 'https://list.example/m']);
});

test.each(['no', 'off', 'disable', 'without', 'false', '0'])('a stanza is off with Enabled: %s', (word) => {
  const text = `Types: deb\nURIs: https://off.example/debian\nEnabled: ${word}\n`;
  expect(urlsOf({ '/etc/apt/sources.list.d/debian.sources': text })).toEqual([]);
});

test('a list of mirrors on a server', () => {
  const text = 'deb mirror://old.example/list stable main\ndeb mirror+http://new.example/list stable main\n';
  expect(urlsOf({ '/etc/apt/sources.list': text })).toEqual(['http://old.example/list', 'http://new.example/list']);
});

test('a machine without apt says nothing', () => {
  expect(apt(aMachine()).gap).toBe('apt has no sources here');
});
