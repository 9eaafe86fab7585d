import { join } from 'node:path';
import { namesIn, shownPath, textOf, type Machine, type Setting, type Tool } from './machine.ts';
import { addressesIn } from './settings-text.ts';

const DIRECTORY = '/etc/apt/sources.list.d';

/** The servers of apt's sources, third parties' included. (sources.list(5), apt-transport-mirror(1)) */
export const apt: Tool = (machine) => {
  const names = namesIn(machine, DIRECTORY).filter((name) => /\.(?:list|sources)$/.test(name));
  const settings = ['/etc/apt/sources.list', ...names.map((name) => join(DIRECTORY, name))].flatMap((path) => {
    const text = textOf(machine, path) ?? '';
    const uris = path.endsWith('.sources') ? urisOfStanzas(text) : urisOfLines(text);
    return uris.flatMap((uri) => serversOf(machine, uri, shownPath(machine, path)));
  });
  return settings.length > 0 ? { settings } : { settings, gap: 'apt has no sources here' };
};

/** `deb [options] URI suite component` */
const urisOfLines = (text: string): string[] =>
  [...text.matchAll(/^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)/gm)].map(([, uri = '']) => uri);

function urisOfStanzas(text: string): string[] {
  const stanzas = text.replace(/^#.*\n?/gm, '').split(/\n\s*\n/);
  return stanzas
    .filter((stanza) => !/^Enabled:\s*(?:no|false|without|off|disable|0)\s*$/im.test(stanza))
    .flatMap((stanza) => /^URIs:((?:.*\n?)(?:[ \t].*\n?)*)/im.exec(stanza)?.[1]?.trim().split(/\s+/) ?? []);
}

/** GitHub's Ubuntu runners have a list of mirrors in a file of its own. */
function serversOf(machine: Machine, uri: string, from: string): Setting[] {
  const [, list] = /^mirror\+file:\/*(\/.*)$/.exec(uri) ?? [];
  const text =
    list === undefined
      ? uri.replace(/^mirror\+/, '').replace(/^mirror:/, 'http:')
      : (textOf(machine, list) ?? '').replace(/^#.*$/gm, '');
  return addressesIn(text).map((url) => ({ url, from: list ?? from }));
}
