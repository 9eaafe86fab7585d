import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../testing/root.ts';

/** Folders with tests about AWF as a whole, named after what they test. */
const WHOLE_PRODUCT = ['attacks', 'clients', 'workflows'];

/** What a test is about if it covers several source files and so is named after none. */
const SUBJECTS: Readonly<Record<string, string>> = {
  layout: 'the folders and facts of the repository',
  mirror: 'the tests themselves',
  'import-circles': 'all imports',
  links: 'the links of the documents, and the pages that messages name',
  messages: 'the messages that docs/troubleshooting.md explains',
  'action/edge-cases': 'a step, from its inputs to its clean-up',
  'action/full-disk': 'a step whose command fills the disk',
  'action/image': 'a step whose command runs in another image',
  'action/check-keys': 'what a step asks the providers when it starts',
  'action/money': 'what a step costs, and what it may cost',
  'action/kill': 'a main step that is killed, and its post step',
  'action/ordinary-user': 'a step of an ordinary user',
  'workspace/git-day': 'a day of git, in the sandbox and outside',
  'docker/daemon': 'a run on an engine that is set up otherwise',
  'report/artifact': 'what a step leaves for later: its artifact, the event, the result',
  'config/presets/cmake': 'CMake, which fetches a project by git with a preset alone',
  'squid/derived-target': 'Squid’s rules for a target that the configuration derives',
  'squid/egress': 'Squid’s rules, judged by Squid',
  'squid/verdicts': 'Squid’s verdict for every policy, scheme, source and mode',
  'containers/agent/one-shot-token-sandbox': 'the one-shot-token library in a run',
  'containers/agent/pre-flight': 'the pre-flight check in a run',
  'containers/api-proxy/answer-parts': 'what an answer has beside its body',
  'containers/api-proxy/body-limit': 'the limit of request bodies, over HTTP',
  'containers/api-proxy/byte-exactness': 'all bytes that go through the sidecar',
  'containers/api-proxy/disconnect': 'clients and upstreams that go away',
  'containers/api-proxy/leaks': 'the memory of the sidecar’s process',
  'containers/api-proxy/hosts/github': 'GitHub’s hosts: gh, git and curl through the sidecar',
  'containers/api-proxy/process': 'the sidecar’s process, from start to end',
  'containers/api-proxy/providers': 'the sidecar of a run, with every provider',
  'containers/api-proxy/request/credentials': 'the credential that a request gets, and those that it loses',
  'containers/api-proxy/stop': 'the end of the sidecar',
  'containers/api-proxy/streaming': 'bodies that come piece by piece',
  'containers/api-proxy/websocket/websocket': 'a WebSocket, from its handshake to its end',
};

const TESTS = readdirSync(join(ROOT, '__tests__'), { recursive: true })
  .map(String)
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => ({ path, subject: path.replace(/(\.(engine|slow))?\.test\.ts$/, '') }))
  .filter(({ path }) => !WHOLE_PRODUCT.some((folder) => path.startsWith(`${folder}/`)));

/** Where the source file of a test may be. */
function sourcesOf(subject: string): string[] {
  const [, container, rest] = /^(containers\/[^/]+)\/(.+)$/.exec(subject) ?? [];
  if (container === undefined) return [`src/${subject}.ts`, ...['.ts', '.js', ''].map((suffix) => subject + suffix)];
  return [`${container}/src/${rest}.ts`, `${container}/${rest}`, `${container}/${rest}.sh`];
}

const hasSource = (subject: string): boolean => sourcesOf(subject).some((path) => existsSync(join(ROOT, path)));

// A test about several files needs an entry in SUBJECTS. Every other test has the name and folder of its source file.
test('a test has the path of the file that it is about', () => {
  const lost = TESTS.filter(({ subject }) => !(subject in SUBJECTS) && !hasSource(subject));
  expect(lost.map(({ path }) => path)).toEqual([]);
});

test('the tests named in the documents exist', () => {
  for (const file of readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))) {
    const named = readFileSync(join(ROOT, 'docs', file), 'utf8').matchAll(/`([\w/.-]+\.test\.ts)`/g);
    const lost = [...named].filter(
      ([, path = '']) => ![path, `__tests__/${path}`].some((at) => existsSync(join(ROOT, at))),
    );
    expect(lost.map(([name]) => `${file}: ${name}`)).toEqual([]);
  }
});

test('each entry of SUBJECTS has a test, and no source file with its name', () => {
  const subjects = new Set(TESTS.map(({ subject }) => subject));
  expect(Object.keys(SUBJECTS).filter((subject) => !subjects.has(subject) || hasSource(subject))).toEqual([]);
});
