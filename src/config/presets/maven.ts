import { join } from 'node:path';
import {
  bytesOf,
  homesOfProgram,
  namesIn,
  shownPath,
  textOf,
  variableOf,
  type Machine,
  type Setting,
  type Tool,
} from './machine.ts';
import { addressesIn } from './settings-text.ts';
import { fileInZip } from './zip.ts';

/** Maven's built-in project, with its repository. (Maven Model Builder, Super POM) */
const SUPER_POM = 'org/apache/maven/model/pom-4.0.0.xml';
const ITS_JAR = /^maven-(?:model-builder|impl)-.*\.jar$/;

/**
 * The repositories of Maven's settings, and the built-in one, or the mirrors that stand in for them. (maven.apache.org:
 * settings.html, guides/mini/guide-mirror-settings.html)
 */
export const maven: Tool = (machine) => {
  const homes = mavenHomes(machine);
  const files = settingsFiles(machine, homes);
  const mirrors = files.flatMap((file) =>
    elements(file.text, 'mirror')
      .filter((mirror) => one(mirror, 'blocked') !== 'true')
      .map((mirror) => ({ ...file, url: one(mirror, 'url'), of: one(mirror, 'mirrorOf') })),
  );
  const repositories = files.flatMap((file) =>
    ['repository', 'pluginRepository'].flatMap((name) =>
      elements(file.text, name).map((element) => ({ ...file, url: one(element, 'url'), id: one(element, 'id') })),
    ),
  );
  const isAsked = (id: string, url: string): boolean => !mirrors.some((mirror) => isMirrored(mirror.of, id, url));
  const own = [...mirrors, ...repositories.filter(({ id, url }) => isAsked(id, url))];
  const defaults = builtIn(machine, homes).filter(({ url }) => isAsked('central', url));
  const settings = [
    ...own.flatMap(({ url, from }) => addressesIn(url).map((one) => ({ url: one, from }))),
    ...defaults,
  ];
  return settings.length > 0
    ? { settings }
    : { settings, gap: 'Maven is not installed, and no setting names a repository' };
};

const mavenHomes = (machine: Machine): string[] => {
  const named = ['MAVEN_HOME', 'M2_HOME'].flatMap((name) => variableOf(machine, name) ?? []);
  return [
    ...new Set([...named, ...homesOfProgram(machine, 'mvn').map((path) => join(path, '..')), '/usr/share/maven']),
  ];
};

/** The user's, and those of everybody, without comments and with the values of variables. */
function settingsFiles(machine: Machine, homes: readonly string[]): { text: string; from: string }[] {
  const options = variableOf(machine, 'MAVEN_ARGS') ?? '';
  const named = (pattern: RegExp): string | undefined => pattern.exec(options)?.[1];
  const ofAll = named(/(?:^|\s)(?:-gs|--global-settings)[=\s]+(\S+)/);
  const paths = [
    named(/(?:^|\s)(?:-s|--settings)[=\s]+(\S+)/) ?? join(machine.home, '.m2/settings.xml'),
    ...(ofAll === undefined ? homes.map((home) => join(home, 'conf/settings.xml')) : [ofAll]),
  ];
  return paths.flatMap((path) => {
    const text = (textOf(machine, path) ?? '')
      .replace(/<!--.*?-->/gs, '')
      .replace(/\$\{env\.(\w+)\}/g, (_, name: string) => machine.environment[name] ?? '');
    return text === '' ? [] : [{ text, from: shownPath(machine, path) }];
  });
}

/** Whether a mirror stands in for a repository: `*`, `external:*`, its id, or a list of them without `!` and its id. */
function isMirrored(mirrorOf: string, id: string, url: string): boolean {
  const words = mirrorOf.split(',').map((word) => word.trim());
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  const isLocal = protocol === 'file:' || hostname === 'localhost' || hostname === '127.0.0.1';
  const meant = [
    ...['*', id],
    ...(isLocal ? [] : ['external:*']),
    ...(protocol === 'http:' && !isLocal ? ['external:http:*'] : []),
  ];
  return !words.includes(`!${id}`) && words.some((word) => meant.includes(word));
}

function builtIn(machine: Machine, homes: readonly string[]): Setting[] {
  for (const home of homes) {
    for (const name of namesIn(machine, join(home, 'lib')).filter((file) => ITS_JAR.test(file))) {
      const jar = bytesOf(machine, join(home, 'lib', name));
      const pom = jar && fileInZip(jar, SUPER_POM)?.toString('utf8');
      const found = elements(pom ?? '', 'repository').flatMap((element) => addressesIn(one(element, 'url')));
      if (found.length > 0) return found.map((url) => ({ url, from: "Maven's own default" }));
    }
  }
  return [];
}

/** An element can have attributes, and its closing tag a space. */
const elements = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`<${name}(?:\\s[^<>]*)?>(.*?)</${name}\\s*>`, 'gs'))].map(([, content = '']) => content);

const one = (text: string, name: string): string => elements(text, name)[0]?.trim() ?? '';
