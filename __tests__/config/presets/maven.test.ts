import { expect, test } from 'vitest';
import { maven } from '../../../src/config/presets/maven.ts';
import { aMachine } from '../../../testing/machine.ts';
import { zipOf } from './zip-of.ts';

const POM = `<project><repositories><repository><id>central</id><url>https://central.example/maven2</url></repository>
</repositories></project>`;
const MAVEN = {
  '/usr/share/maven/lib/maven-model-builder-3.9.9.jar': zipOf({
    'META-INF/': '',
    'org/apache/maven/model/pom-4.0.0.xml': POM,
  }),
  '/usr/share/maven/conf/settings.xml': `<settings><mirrors>
    <!-- <mirror><mirrorOf>*</mirrorOf><url>https://comment.example</url></mirror> -->
    <mirror><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror>
  </mirrors></settings>`,
};

const urlsOf = (settings: string, environment: NodeJS.ProcessEnv = {}): string[] =>
  maven(aMachine({ ...MAVEN, '~/.m2/settings.xml': settings }, environment)).settings.map(({ url }) => url);

const mirror = (of: string, url = 'https://mirror.example/all'): string =>
  `<settings><mirrors><mirror><id>m</id><mirrorOf>${of}</mirrorOf><url> ${url} </url></mirror></mirrors></settings>`;

test('the repository of the installed Maven', () => {
  expect(maven(aMachine(MAVEN)).settings).toEqual([
    { url: 'https://central.example/maven2', from: "Maven's own default" },
  ]);
});

test.each(['*', 'central', 'external:*', '*,!team', 'team, central'])('a mirror of %s stands in for it', (of) => {
  expect(urlsOf(mirror(of))).toEqual(['https://mirror.example/all']);
});

test.each(['team', '*,!central'])('a mirror of %s is added', (of) => {
  expect(urlsOf(mirror(of))).toEqual(['https://mirror.example/all', 'https://central.example/maven2']);
});

test('a mirror’s address can have a variable', () => {
  expect(urlsOf(mirror('*', 'https://${env.PLACE}.example/'), { PLACE: 'here' })).toEqual(['https://here.example/']);
});

test('repositories of profiles are added', () => {
  const repositories = ['repository', 'pluginRepository'].map(
    (name) => `<${name}><url>https://${name.toLowerCase()}.example</url></${name}>`,
  );
  expect(urlsOf(`<settings><profiles><profile>${repositories.join('')}</profile></profiles></settings>`)).toEqual([
    'https://repository.example',
    'https://pluginrepository.example',
    'https://central.example/maven2',
  ]);
});

test('what a mirror stands in for is not asked', () => {
  const repository = '<repository><id>central</id><url>http://central</url></repository>';
  const text = mirror('*').replace('<mirrors>', `<profiles>${repository}</profiles><mirrors>`);
  expect(urlsOf(text)).toEqual(['https://mirror.example/all']);
  expect(urlsOf(text.replace('>*<', '>*,!central<'))).toContain('http://central');
});

test('a mirror for unencrypted repositories leaves the others', () => {
  const repositories = ['http://plain.example', 'https://safe.example'].map(
    (url) => `<repository><id>${url}</id><url>${url}</url></repository>`,
  );
  const text = mirror('external:http:*').replace('<mirrors>', `<profiles>${repositories.join('')}</profiles><mirrors>`);
  expect(urlsOf(text)).toEqual([
    'https://mirror.example/all',
    'https://safe.example',
    'https://central.example/maven2',
  ]);
});

test('elements can have attributes', () => {
  const text = mirror('*').replace('<mirror>', '<mirror combine.self="override">').replace('</mirror>', '</mirror >');
  expect(urlsOf(text)).toEqual(['https://mirror.example/all']);
});

test('MAVEN_ARGS can name the settings', () => {
  const files = { '/run/own.xml': mirror('*', 'https://own.example/'), '/run/all.xml': mirror('team') };
  const urls = (options: string): string[] =>
    maven(aMachine({ ...MAVEN, ...files }, { MAVEN_ARGS: options })).settings.map(({ url }) => url);
  expect(urls('-B -s /run/own.xml')).toEqual(['https://own.example/']);
  expect(urls('--global-settings=/run/all.xml')).toEqual([
    'https://mirror.example/all',
    'https://central.example/maven2',
  ]);
});

test('a machine without Maven says nothing', () => {
  expect(maven(aMachine()).gap).toContain('Maven is not installed');
});
