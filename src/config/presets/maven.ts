import { join } from 'node:path';
import {
  bytesOf,
  homesOfProgram,
  namesIn,
  shownPath,
  textOf,
  type Machine,
  type Setting,
  type Tool,
} from './machine.ts';
import { addressesIn } from './settings-text.ts';
import { fileInZip } from './zip.ts';

/** Maven's built-in project, with its repository. (Maven Model Builder, Super POM) */
const SUPER_POM = 'org/apache/maven/model/pom-4.0.0.xml';
const ITS_JAR = /^maven-(?:model-builder|impl)-.*\.jar$/;

/** The repositories of Maven's settings, and the built-in one if no mirror stands in for it. (settings.html) */
export const maven: Tool = (machine) => {
  const homes = mavenHomes(machine);
  const files = [join(machine.home, '.m2/settings.xml'), ...homes.map((home) => join(home, 'conf/settings.xml'))];
  const read = files.map((path) => ofSettings(textOf(machine, path) ?? '', shownPath(machine, path), machine));
  const own = read.flatMap(({ settings }) => settings);
  const settings = [...own, ...(read.some(({ isMirrored }) => isMirrored) ? [] : builtIn(machine, homes))];
  return settings.length > 0
    ? { settings }
    : { settings, gap: 'Maven is not installed, and no setting names a repository' };
};

const mavenHomes = (machine: Machine): string[] => {
  const { environment } = machine;
  const named = ['MAVEN_HOME', 'M2_HOME'].flatMap((name) => environment[name] ?? []);
  return [
    ...new Set([...named, ...homesOfProgram(machine, 'mvn').map((path) => join(path, '..')), '/usr/share/maven']),
  ];
};

function ofSettings(
  text: string,
  from: string,
  { environment }: Machine,
): { settings: readonly Setting[]; isMirrored: boolean } {
  const plain = text
    .replace(/<!--.*?-->/gs, '')
    .replace(/\$\{env\.(\w+)\}/g, (_, name: string) => environment[name] ?? '');
  const mirrors = elements(plain, 'mirror').filter((mirror) => one(mirror, 'blocked') !== 'true');
  const others = ['repository', 'pluginRepository'].flatMap((name) => elements(plain, name));
  const settings = [...mirrors, ...others].flatMap((element) =>
    addressesIn(one(element, 'url')).map((url) => ({ url, from })),
  );
  return { settings, isMirrored: mirrors.some((mirror) => isForCentral(one(mirror, 'mirrorOf'))) };
}

/** `*`, `external:*`, `central`, or a list with one of them and without `!central`. */
function isForCentral(mirrorOf: string): boolean {
  const names = mirrorOf.split(',').map((name) => name.trim());
  return !names.includes('!central') && names.some((name) => ['*', 'external:*', 'central'].includes(name));
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

const elements = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, content = '']) => content);

const one = (text: string, name: string): string => elements(text, name)[0]?.trim() ?? '';
