import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import * as contract from '../src/shared/contract.ts';
import { copilotHost } from '../src/shared/copilot-host.ts';
import { addressesIn, DEFAULT_SUBNET, SQUID_PORT } from '../src/shared/network.ts';
import { PROVIDERS, type Provider } from '../src/shared/providers.ts';
import { PROXY_VARIABLES } from '../src/shared/proxy-variables.ts';

const root = join(import.meta.dirname, '..');

/** The paths in the repository. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('a fact lives once', () => {
  /** Everything in the provider's entry that a second place could repeat. */
  function factsOf(provider: Provider): string[] {
    const { header } = provider.injection;
    return [
      String(provider.port),
      provider.defaultTarget,
      provider.targetInput,
      provider.targetVariable,
      ...provider.credentials.flatMap(({ variable, input }) => [variable, input]),
      ...provider.agentVariables.map(({ name }) => name),
      ...provider.agentVariables.filter(({ role }) => role === 'placeholder').map(({ value }) => value),
      ...provider.managedSettings.map(({ path }) => path),
      ...(header.startsWith('x-') ? [header] : []),
    ];
  }

  const [residencyService = '', residencyDomain = ''] = copilotHost('https://octo.ghe.com').split('.octo.');
  const subnetPrefix = addressesIn(DEFAULT_SUBNET).gateway.replace(/\d+$/, '');
  // A script writes the control characters around the words in a different way.
  const marker = contract.COMMAND_MARKER.trim().replace(/^\u001e/, '');
  // A lone digit is everywhere. As a port it comes after a slash.
  const discardPort = `/${String(contract.DISCARD_PORT)}`;
  const ids = [contract.SIDECAR_ID, contract.AGENT_LIB_OWNER].map(String);
  const facts = new Set([
    ...PROVIDERS.flatMap(factsOf),
    ...Object.values({ ...contract, COMMAND_MARKER: marker, DISCARD_PORT: discardPort }).flatMap((value) =>
      typeof value === 'object' ? Object.values(value) : String(value),
    ),
    ...PROXY_VARIABLES,
    String(SQUID_PORT),
    subnetPrefix,
    residencyService,
    residencyDomain,
  ]);

  /** Files that are not TypeScript and must work alone. Each literal is the table's current value. */
  const exceptions: readonly { readonly file: string; readonly facts: readonly string[]; readonly why: string }[] = [
    {
      file: 'containers/agent/Dockerfile',
      facts: [contract.AGENT_LIB, String(contract.AGENT_LIB_OWNER)],
      why: 'paths and owners in an image are literals of its Dockerfile',
    },
    {
      file: 'containers/agent/api-proxy-health-check.sh',
      facts: [contract.AGENT_LIB, contract.AGENT_PLACES.probes],
      why: 'the interpreter is a literal of the first line, and the script runs before anything could tell it a place',
    },
    {
      file: 'containers/agent/entrypoint',
      facts: [
        contract.AGENT_LIB,
        contract.CHECKS_VARIABLE,
        contract.LIB_VARIABLE,
        contract.TRANSCRIPTS_VARIABLE,
        contract.MODEL_URLS_VARIABLE,
        contract.TRUST_VARIABLE,
        contract.SERVICES_VARIABLE,
        contract.INPUT_VARIABLE,
        marker,
      ],
      why: 'it runs before it has read what the runner tells it',
    },
    {
      file: 'containers/agent/get-claude-key.sh',
      facts: [contract.PLACEHOLDER_CLAUDE_KEY],
      why: 'Claude Code starts it with an environment of its own choice, so the script can be told nothing',
    },
    {
      file: 'containers/agent/join-trust.sh',
      facts: [contract.AGENT_LIB],
      why: 'the interpreter is a literal of the first line',
    },
    {
      file: 'containers/agent/keep-transcripts.sh',
      facts: [contract.AGENT_LIB],
      why: 'the interpreter is a literal of the first line',
    },
    {
      file: 'containers/agent/one-shot-token/one-shot-token.c',
      facts: [contract.ONE_SHOT_VARIABLE, contract.ONE_SHOT_DEBUG_VARIABLE],
      why: 'it is compiled into a library that programs of any image load',
    },
    {
      file: 'containers/api-proxy/Dockerfile',
      facts: [String(contract.SIDECAR_ID), contract.API_PROXY_LOG_DIR],
      why: 'the image also starts on its own, with this user and this directory',
    },
    {
      file: 'containers/api-proxy/health-check',
      facts: [String(PROVIDERS[0]!.port)],
      why: "the image's HEALTHCHECK works without a run",
    },
    {
      file: 'containers/squid/Dockerfile',
      facts: [
        contract.SQUID_RUN_DIRECTORY,
        contract.PEEK_CERTIFICATE,
        contract.SQUID_ERROR_DIRECTORY,
        contract.SQUID_LOG_DIR,
      ],
      why: 'paths in an image are literals of its Dockerfile',
    },
    {
      file: 'containers/squid/entrypoint',
      facts: [contract.SQUID_RUN_DIRECTORY, contract.PEERS_VARIABLE, discardPort],
      why: 'a script that imports nothing, and whose standard input is the configuration',
    },
  ];

  /**
   * Matches whole words only: `10000` is not in `100000`, nor `api.example.com` in `my-api.example.com`. The beginning
   * of a subnet, the end of a domain, and what follows an escape are parts of a word. A shell's `${NAME-}` states NAME.
   * An id may have its digits grouped, but a port never has. A Dockerfile fills its last stage below /image.
   */
  function states(text: string, fact: string): boolean {
    const start = [residencyDomain, marker, discardPort].includes(fact) ? '' : '(?:(?<=/image)|(?<![\\w.-]))';
    const end = fact === subnetPrefix ? '' : /^[A-Z_]+$/.test(fact) ? '(?!\\w)' : '(?![\\w-])';
    const body = ids.includes(fact) ? fact.replace(/(?<=.)(?=.)/g, '_?') : RegExp.escape(fact);
    return new RegExp(`${start}${body}${end}`).test(text);
  }

  test('no file outside src/shared states a fact of the tables, except the listed ones', () => {
    const searched = ['src', 'containers'].flatMap(filesIn).filter((file) => !file.startsWith('src/shared/'));
    const found = searched.flatMap((file) => {
      const text = textOf(file);
      return [...facts].filter((fact) => states(text, fact)).map((fact) => `${file}: ${fact}`);
    });
    const expected = exceptions.flatMap(({ file, facts: allowed }) => allowed.map((fact) => `${file}: ${fact}`));
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  test.each([
    ['const ID = 65_532;', String(contract.SIDECAR_ID), true],
    ['const ID = 655_321;', String(contract.SIDECAR_ID), false],
    ["target: '/run/squid/squid.conf'", contract.SQUID_RUN_DIRECTORY, true],
    ["target: '/run/squid-2'", contract.SQUID_RUN_DIRECTORY, false],
    [`stderr.indexOf('\\u001eawf: command\\n')`, marker, true],
    ['echo > "/dev/udp/$peer/9"', discardPort, true],
    ['for peer in ${AWF_PEERS-}; do', contract.PEERS_VARIABLE, true],
    ['{ HTTPS_PROXY: url }', 'HTTPS_PROXY', true],
    ['{ YARN_HTTPS_PROXY: url }', 'HTTPS_PROXY', false],
  ])('in %j, %j is found: %j', (text, fact, expected) => {
    expect(facts).toContain(fact);
    expect(states(text, fact)).toBe(expected);
  });
});

test('the map in docs/architecture.md has every folder of src', () => {
  const text = textOf('docs/architecture.md');
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => !text.includes(`| \`src/${name}/\``))).toEqual([]);
});

describe('the layout law', async () => {
  const url = new URL('../eslint.config.js', import.meta.url).href;
  const { default: config } = (await import(url)) as { default: Linter.Config[] };
  const parser = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser as Linter.Parser } };
  const law = [parser, ...config.filter(({ name }) => /^awf\/(layout|size)/.test(name ?? ''))];

  function violations(file: string, code: string): number {
    return new Linter({ cwd: root }).verify(code, law, file).length;
  }

  test('every file and folder of the api-proxy has a place in the import order', () => {
    const parts = readdirSync(join(root, 'containers/api-proxy/src'), { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name.replace(/\.ts$/, ''),
    );
    const placed = config.flatMap(({ name = '' }) => /(?<=^awf\/layout: api-proxy ).*/.exec(name) ?? []);
    expect(placed.toSorted()).toEqual(parts.toSorted());
  });

  test.each([
    { file: 'src/run/run.ts', code: "import { a } from '../../containers/api-proxy/src/log.ts';" },
    { file: 'src/run/run.ts', code: "await import('../../containers/api-proxy/src/log.ts');" },
    { file: 'src/run/run.ts', code: "export { a } from '../../containers/api-proxy/src/log.ts';" },
    { file: 'src/run/run.ts', code: "import { a } from '../../testing/tls.ts';" },
    { file: 'src/shared/network.ts', code: "import { a } from '../run/run.ts';" },
    { file: 'src/shared/network.ts', code: "import { a } from '../../containers/api-proxy/src/log.ts';" },
    { file: 'src/shared/network.ts', code: "import { info } from '@actions/core';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { a } from '../../../src/run/run.ts';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { a } from '../../agent/a.ts';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { info } from '@actions/core';" },
    { file: 'containers/api-proxy/src/log.ts', code: "import { a } from './server.ts';" },
    { file: 'containers/api-proxy/src/exchange.ts', code: "import { A } from './websocket/handshake.ts';" },
    { file: 'containers/api-proxy/src/usage/ledger.ts', code: "import { a } from '../exchange.ts';" },
    { file: 'containers/api-proxy/src/request/headers.ts', code: "import { a } from '../usage/reading.ts';" },
    { file: 'containers/api-proxy/src/request/headers.ts', code: "import { a } from '../../../agent/a.ts';" },
    { file: 'containers/api-proxy/src/request/headers.ts', code: "await import('../forward.ts');" },
    { file: 'src/run/run.ts', code: "import { exec } from '@actions/exec';" },
    { file: 'src/action/artifact-package.ts', code: "import { exec } from '@actions/exec';" },
    { file: 'src/post.ts', code: "import { DefaultArtifactClient } from '@actions/artifact';" },
    { file: 'src/post.ts', code: "await import('@actions/artifact');" },
    { file: 'src/main.ts', code: "import { getInput } from '@actions/core';" },
    { file: 'src/main.ts', code: "import * as core from '@actions/core'; core.getBooleanInput('env-all');" },
    { file: 'src/docker/docker-engine.ts', code: "import { getMultilineInput } from '@actions/core';" },
    { file: 'src/run/run.ts', code: 'await import(`${place}/log.ts`);' },
    // Imports up the floors, or across one.
    { file: 'src/host/user.ts', code: "import { a } from '../config/config.ts';" },
    { file: 'src/host/user.ts', code: "import type { A } from '../config/config.ts';" },
    { file: 'src/host/user.ts', code: "import { type A } from '../config/config.ts';" },
    { file: 'src/host/user.ts', code: "export type { A } from '../config/config.ts';" },
    { file: 'src/host/user.ts', code: "type A = import('../config/config.ts').A;" },
    { file: 'src/host/user.ts', code: "import { a } from '../../src/config/config.ts';" },
    { file: 'src/config/build.ts', code: "import { a } from '../squid/config.ts';" },
    { file: 'src/squid/config.ts', code: "import { a } from '../docker/spec.ts';" },
    { file: 'src/docker/docker-engine.ts', code: "import { a } from '../workspace/workspace.ts';" },
    { file: 'src/mounts/home.ts', code: "import { a } from '../agent/plan.ts';" },
    { file: 'src/mounts/home.ts', code: "import { a } from '../workspace/workspace.ts';" },
    { file: 'src/workspace/guards.ts', code: "import { a } from '../mounts/home.ts';" },
    { file: 'src/workspace/git/config.ts', code: "import { a } from '../../mounts/home.ts';" },
    { file: 'src/agent/plan.ts', code: "import { a } from '../workspace/workspace.ts';" },
    { file: 'src/agent/plan.ts', code: "import { a } from '../report/summary.ts';" },
    { file: 'src/report/summary.ts', code: "import { a } from '../run/run.ts';" },
    { file: 'src/run/run.ts', code: "import { a } from '../action/relay.ts';" },
    { file: 'src/action/state.ts', code: "import { a } from '../command-line/args.ts';" },
    { file: 'src/command-line/args.ts', code: "import { a } from '../action/inputs.ts';" },
    { file: 'src/action/inputs.ts', code: "import { a } from '../command-line/args.ts';" },
    { file: 'src/errors.ts', code: "import { a } from './host/user.ts';" },
    { file: 'src/reporter.ts', code: "import { a } from './config/config.ts';" },
    { file: 'src/shared/network.ts', code: "import { a } from '../errors.ts';" },
    { file: 'src/shared/providers/openai.ts', code: "import { a } from '../../errors.ts';" },
    { file: 'src/action/state.ts', code: "import { a } from '../main.ts';" },
    { file: 'src/post.ts', code: "import { a } from './main.ts';" },
    // Into a folder within a folder.
    { file: 'src/run/run.ts', code: "import { a } from '../workspace/git/config.ts';" },
    { file: 'src/main.ts', code: "import { a } from './workspace/git/config.ts';" },
    // And back out of one.
    { file: 'src/workspace/git/config.ts', code: "import { a } from '../survey.ts';" },
    { file: 'src/config/build.ts', code: "import { a } from '../shared/providers/openai.ts';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { a } from '../../../src/shared/providers/openai.ts';" },
    // A sixth file at the root, and a folder without a floor.
    { file: 'src/gate.ts', code: "import { a } from './shared/network.ts';" },
    { file: 'src/tools/gate.ts', code: "import { a } from '../shared/network.ts';" },
    { file: 'src/shared/a/b/c.ts', code: "import { a } from './d.ts';" },
  ])('refuses in $file: $code', ({ file, code }) => {
    expect(violations(file, code)).toBe(1);
  });

  test.each([
    { file: 'src/main.ts', code: "import * as core from '@actions/core'; core.info('hello');" },
    { file: 'src/main.ts', code: "import { a } from './action/main-step.ts';" },
    { file: 'src/squid/config.ts', code: "import { a } from '../shared/network.ts';" },
    {
      file: 'src/squid/config.ts',
      code: "import { type A } from '../config/config.ts'; import { b } from '../errors.ts';",
    },
    { file: 'src/host/user.ts', code: "import { a } from '../shared/contract.ts';" },
    { file: 'src/docker/topology.ts', code: "import { a } from './cli.ts'; import { b } from '../squid/config.ts';" },
    {
      file: 'src/agent/plan.ts',
      code: "import { a } from '../mounts/home.ts'; import { b } from '../docker/docker-engine.ts';",
    },
    { file: 'src/workspace/workspace.ts', code: "import { a } from './git/config.ts';" },
    { file: 'src/workspace/git/config.ts', code: "import { a } from './directory.ts';" },
    { file: 'src/workspace/git/config.ts', code: "import { a } from '../../host/file-names.ts';" },
    { file: 'src/report/aftermath.ts', code: "import type { A } from '../workspace/workspace.ts';" },
    { file: 'src/command-line/args.ts', code: "import { a } from '../run/run.ts';" },
    { file: 'src/reporter.ts', code: "import { a } from './shared/log-level.ts';" },
    { file: 'src/shared/providers.ts', code: "import { a } from './providers/openai.ts';" },
    { file: 'src/shared/providers/openai.ts', code: "import { a } from '../endpoints.ts';" },
    { file: 'src/shared/providers.ts', code: "import { a } from './network.ts';" },
    { file: 'src/action/inputs.ts', code: "import { getInput } from '@actions/core';" },
    { file: 'src/docker/client.ts', code: "import { exec } from '@actions/exec';" },
    { file: 'src/action/artifact-package.ts', code: "import { DefaultArtifactClient } from '@actions/artifact';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { a } from '../../../src/shared/providers.ts';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { a } from './server.ts';" },
    { file: 'containers/api-proxy/src/websocket/relay.ts', code: "import { A } from '../exchange.ts';" },
    { file: 'containers/api-proxy/src/usage/ledger.ts', code: "import { a } from './reading.ts';" },
  ])('allows in $file: $code', ({ file, code }) => {
    expect(violations(file, code)).toBe(0);
  });

  const ofLines = (count: number): string => `function f() {\n${'  g();\n'.repeat(count - 2)}}\n`;

  test.each(['src/docker/docker-engine.ts', 'containers/api-proxy/src/server.ts'])(
    '%s: a function has at most 60 lines',
    (file) => {
      expect(violations(file, ofLines(60))).toBe(0);
      expect(violations(file, ofLines(61))).toBe(1);
      expect(violations(file, `f(() => {\n${'\n'.repeat(60)}});`)).toBe(1);
    },
  );

  test.each(['src/docker/docker-engine.ts', 'containers/api-proxy/src/server.ts'])(
    '%s: a file has at most 300 lines',
    (file) => {
      expect(violations(file, ofLines(50).repeat(6))).toBe(0);
      expect(violations(file, `${ofLines(50).repeat(6)}// one more\n`)).toBe(1);
    },
  );
});

test('no step starts with the artifact library or an HTTP client: together, they take longer to load than the rest', () => {
  const text = (name: string): string => readFileSync(join(root, 'dist', name), 'utf8');
  const packages = ['@actions/artifact', '@actions/http-client', 'undici'];
  const licensed = (name: string): string[] =>
    packages.filter((each) => text(`${name}/licenses.txt`).split('\n').includes(each));
  expect(licensed('main')).toEqual([]);
  expect(licensed('post')).toEqual(packages);
  expect(text('post/artifact-package.js')).toContain('class ProxyAgent');
  for (const name of ['main/index.js', 'post/index.js']) expect(text(name)).not.toContain('class ProxyAgent');
  expect(text('main/index.js').length).toBeLessThan(1_900_000);
  expect(text('post/index.js').length).toBeLessThan(1_000_000);
});
