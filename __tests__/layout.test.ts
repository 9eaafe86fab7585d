import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Linter } from 'eslint';
import { describe, expect, test } from 'vitest';
import { copilotHost } from '../src/shared/copilot-host.ts';
import { addressesIn, DEFAULT_SUBNET, SQUID_PORT } from '../src/shared/network.ts';
import { AGENT_LIB } from '../src/shared/contract.ts';
import { PLACEHOLDER_CLAUDE_KEY, PROVIDERS, type Provider } from '../src/shared/providers.ts';

const root = join(import.meta.dirname, '..');

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
  const facts = new Set([
    ...PROVIDERS.flatMap(factsOf),
    PLACEHOLDER_CLAUDE_KEY,
    AGENT_LIB,
    String(SQUID_PORT),
    subnetPrefix,
    residencyService,
    residencyDomain,
  ]);

  /** Files that are no TypeScript and must work alone. The literal stands here as the table has it now. */
  const exceptions = [
    {
      file: 'containers/agent/Dockerfile',
      fact: AGENT_LIB,
      why: 'a path in an image is a literal of its Dockerfile',
    },
    {
      file: 'containers/agent/api-proxy-health-check.sh',
      fact: AGENT_LIB,
      why: 'the interpreter of a script is a literal of its first line',
    },
    {
      file: 'containers/agent/entrypoint',
      fact: AGENT_LIB,
      why: 'the interpreter of a script is a literal of its first line',
    },
    {
      file: 'containers/agent/get-claude-key.sh',
      fact: PLACEHOLDER_CLAUDE_KEY,
      why: 'Claude Code starts it with an environment of its own choice, so the script can be told nothing',
    },
    {
      file: 'containers/api-proxy/health-check',
      fact: String(PROVIDERS[0]!.port),
      why: "the image's HEALTHCHECK works without a run",
    },
  ];

  function filesIn(folder: string): string[] {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((file) => !file.startsWith('src/shared/'));
  }

  /**
   * Whole words only: `10000` is not in `100000`, nor `api.example.com` in `my-api.example.com`. A subnet's beginning and a
   * domain's end are parts.
   */
  function states(text: string, fact: string): boolean {
    const start = fact === residencyDomain ? '' : '(?<![\\w.-])';
    const end = fact === subnetPrefix ? '' : '(?![\\w-])';
    return new RegExp(`${start}${RegExp.escape(fact)}${end}`).test(text);
  }

  test('no file outside src/shared states a fact of the tables, but for the listed ones', () => {
    const found = ['src', 'containers'].flatMap(filesIn).flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return [...facts].filter((fact) => states(text, fact)).map((fact) => `${file}: ${fact}`);
    });
    expect(found.toSorted()).toEqual(exceptions.map(({ file, fact }) => `${file}: ${fact}`));
  });
});

describe('the layout law', async () => {
  const url = new URL('../eslint.config.js', import.meta.url).href;
  const { default: config } = (await import(url)) as { default: Linter.Config[] };
  const law = config.filter(({ name }) => name?.startsWith('awf/layout'));

  function violations(file: string, code: string): number {
    return new Linter({ cwd: root }).verify(code, law, file).length;
  }

  test('every file and folder of the api-proxy has a place in its direction', () => {
    const parts = readdirSync(join(root, 'containers/api-proxy/src'), { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name.replace(/\.ts$/, ''),
    );
    const placed = law.flatMap(({ name = '' }) => /(?<=^awf\/layout: api-proxy ).*/.exec(name) ?? []);
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
    { file: 'src/action/artifacts.ts', code: "import { exec } from '@actions/exec';" },
    { file: 'src/post.ts', code: "import { DefaultArtifactClient } from '@actions/artifact';" },
    { file: 'src/post.ts', code: "await import('@actions/artifact');" },
    { file: 'src/main.ts', code: "import { getInput } from '@actions/core';" },
    { file: 'src/main.ts', code: "import * as core from '@actions/core'; core.getBooleanInput('env-all');" },
    { file: 'src/docker/cli.ts', code: "import { getMultilineInput } from '@actions/core';" },
  ])('refuses in $file: $code', ({ file, code }) => {
    expect(violations(file, code)).toBe(1);
  });

  test.each([
    { file: 'src/main.ts', code: "import * as core from '@actions/core'; core.info('hello');" },
    { file: 'src/squid/config.ts', code: "import { a } from '../shared/network.ts';" },
    { file: 'src/shared/providers.ts', code: "import { a } from './network.ts';" },
    { file: 'src/action/inputs.ts', code: "import { getInput } from '@actions/core';" },
    { file: 'src/docker/cli.ts', code: "import { exec } from '@actions/exec';" },
    { file: 'src/action/artifacts.ts', code: "import { DefaultArtifactClient } from '@actions/artifact';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { a } from '../../../src/shared/providers.ts';" },
    { file: 'containers/api-proxy/src/main.ts', code: "import { a } from './server.ts';" },
    { file: 'containers/api-proxy/src/websocket/relay.ts', code: "import { A } from '../exchange.ts';" },
    { file: 'containers/api-proxy/src/usage/ledger.ts', code: "import { a } from './reading.ts';" },
  ])('allows in $file: $code', ({ file, code }) => {
    expect(violations(file, code)).toBe(0);
  });
});
