/** The agent programs from npm at work, started as README says: a prompt, a tool call by the model, a file. */

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { quoteWord } from '../../src/shared/shell.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import {
  actionStep,
  mainAs,
  startLocalProvider,
  TEST_KEYS,
  TEST_OAUTH_TOKEN,
  type ActionStep,
  type LocalProvider,
} from '../../testing/runner/action.ts';
import { AGENT_PROGRAMS, CLAUDE, install, type AgentProgram } from '../../testing/agents/programs.ts';
import { tryGit } from '../../testing/git.ts';
import { ROOT } from '../../testing/root.ts';
import { ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import { remains } from '../../testing/runner/remains.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import type { Turn } from '../../testing/provider/server.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';

const TOOL = 'env > seen-by-the-tool.txt; mkdir -p made/by && echo content > made/by/the-agent.txt';
const LAST_WORDS = 'The file is there, says the model.';

interface Row {
  readonly program: AgentProgram;
  readonly title: string;
  /** The option that gives the credential. */
  readonly input: string;
  readonly key: string;
}

/** Each program with each credential of its provider alone. */
const ROWS: readonly Row[] = AGENT_PROGRAMS.flatMap((program) => {
  const credentials = PROVIDERS.find(({ id }) => id === program.provider)!.credentials;
  return credentials.map(({ input }): Row => ({
    program,
    title: `${program.name} with ${input}`,
    input,
    key: input === 'anthropic-oauth-token' ? TEST_OAUTH_TOKEN : TEST_KEYS[program.provider],
  }));
});

const CASES = [
  ...ROWS.map((row) => ({ ...row, caller: 'an ordinary user', user: ordinaryUser() })),
  // What differs for root does not depend on the credential.
  ...(process.getuid?.() === 0
    ? ROWS.filter(({ program }, at) => ROWS.findIndex((row) => row.program === program) === at).map((row) => ({
        ...{ ...row, caller: 'root', user: undefined },
      }))
    : []),
];

/** The inputs that README gives for the program, without the credential. */
function readmeInputs(program: AgentProgram): Record<string, string> {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const row = readme.split('\n').find((line) => line.startsWith(`| ${program.name} `)) ?? '';
  const [install = '', run = '', input = ''] = [...row.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  const flag = program.hasInstallScript ? `--allow-scripts=${program.package} ` : '';
  expect(install).toBe(`npm install -g ${flag}${program.package}`);
  expect(PROVIDERS.find(({ id }) => id === program.provider)!.credentials.map((each) => each.input)).toContain(input);
  return { run };
}

beforeAll(async () => {
  await Promise.all(AGENT_PROGRAMS.map(install));
}, FETCH_LIMIT);

describe.each(CASES)('$title, for $caller', ({ program, input, key, user }) => {
  let provider: LocalProvider;
  let step: ActionStep;
  let result: EntryResult;

  beforeAll(async () => {
    provider = await startLocalProvider({
      keys: { [program.provider]: key },
      respond: [{ toolUse: program.shellTool(TOOL) }, LAST_WORDS],
    });
    const directory = await install(program);
    const addresses = Object.entries(provider.inputs(program.provider)).filter(([name]) => !/-(key|token)$/.test(name));
    const path = [join(directory, 'node_modules', '.bin'), HOST_PATH].join(delimiter);
    step = actionStep(
      {
        ...readmeInputs(program),
        mounts: directory,
        ...Object.fromEntries(addresses),
        [input]: key,
      },
      { ca: provider.ca, env: { PATH: path } },
    );
    tryGit(step.runner.workspace, ['init']);
    result = await (user ? mainAs(user, step) : step.main());
  });
  afterAll(async () => {
    step.runner.remove();
    await provider.server.close();
  });

  test('answers the prompt', () => {
    expect(result.stdout).toContain(LAST_WORDS);
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(remains(step.runner)).toEqual([]);
  });

  test('the tool did its work, and its files belong to the user', () => {
    const { workspace } = step.runner;
    expect(readFileSync(join(workspace, 'made/by/the-agent.txt'), 'utf8')).toBe('content\n');
    for (const path of ['made', 'made/by', 'made/by/the-agent.txt']) {
      expect(statSync(join(workspace, path)).uid).toBe(user?.uid ?? statSync(workspace).uid);
    }
  });

  test('the real key arrived upstream, and no placeholder did', () => {
    const { requests } = provider.server;
    expect(requests.length).toBeGreaterThanOrEqual(2);
    expect(new Set(requests.map(({ credential }) => credential))).toEqual(new Set(['accepted']));
    expect(JSON.stringify(requests.map(({ rawHeaders }) => rawHeaders))).not.toMatch(/placeholder/i);
  });

  test('its model was offered no search that the provider runs', () => {
    const bodies = provider.server.requests.map(({ body }) => body.toString());
    expect(bodies.join()).not.toMatch(/\bWebSearch\b|"google_web_search"|"web_search"/);
  });

  test('no key was in the sandbox', () => {
    const seen = readFileSync(join(step.runner.workspace, 'seen-by-the-tool.txt'), 'utf8');
    expect(seen).toContain('HOME=');
    expect(seen).not.toContain(key);
    expect(result.stdout.slice(result.stdout.indexOf('::stop-commands::'))).not.toContain(key);
  });

  test('its session is in agent-logs', () => {
    const logs = (step.runner.main.outputs()['logs-path'] ?? '').replace('squid-logs-', 'agent-logs-');
    const files = readdirSync(logs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
    expect(texts.join('\n')).toContain(LAST_WORDS);
  });

  test('its usage is in the outputs', () => {
    const outputs = step.runner.main.outputs();
    expect(Number(outputs['requests'])).toBe(provider.server.requests.length);
    expect(Number(outputs['input-tokens'])).toBeGreaterThan(0);
    expect(Number(outputs['output-tokens'])).toBeGreaterThan(0);
  });
});

/** Runs a program once, started by the caller. @returns what the step printed, and what the model was sent */
async function runOnce(
  program: AgentProgram,
  args: readonly string[],
  respond: readonly Turn[],
  options: Readonly<Record<string, string>> = {},
): Promise<EntryResult & { readonly bodies: readonly string[]; readonly files: readonly string[] }> {
  const provider = await startLocalProvider({ respond });
  const directory = await install(program);
  const step = actionStep(
    {
      run: [program.bin, ...args, "'Please make the file.'"].join(' '),
      mounts: directory,
      ...provider.inputs(program.provider),
      ...options,
    },
    { ca: provider.ca, env: { PATH: [join(directory, 'node_modules', '.bin'), HOST_PATH].join(delimiter) } },
  );
  try {
    const result = await step.main();
    const sent = provider.server.requests.filter(({ method }) => method === 'POST');
    return { ...result, bodies: sent.map(({ body }) => body.toString()), files: readdirSync(step.runner.workspace) };
  } finally {
    step.runner.remove();
    await provider.server.close();
  }
}

describe('a search that the provider runs', () => {
  const CODEX = AGENT_PROGRAMS.find(({ bin }) => bin === 'codex')!;

  /** Runs Codex with a model for which it offers one. @returns whether the requests that arrived offer it */
  async function offers(options: Readonly<Record<string, string>>): Promise<boolean[]> {
    const { stdout, bodies } = await runOnce(CODEX, [...CODEX.args, '-m gpt-5.5'], [LAST_WORDS], options);
    expect(stdout).toContain(LAST_WORDS);
    return bodies.map((body) => body.includes('{"type":"web_search"'));
  }

  test('is off by default, and Codex works without it', async () => {
    expect(await offers({})).toEqual([false]);
  });

  test('is on with allow-provider-tools: web-search', async () => {
    expect(await offers({ 'allow-provider-tools': 'web-search' })).toEqual([true]);
  });
});

// Outside a sandbox that it knows, it refuses that to root.
test('Claude Code works with --dangerously-skip-permissions, for root too', async () => {
  const answers = [{ toolUse: CLAUDE.shellTool('echo content > made.txt') }, LAST_WORDS];
  const result = await runOnce(CLAUDE, ['--dangerously-skip-permissions', '-p'], answers);
  expect(result.stdout).toContain(LAST_WORDS);
  expect(result, result.stdout).toMatchObject({ code: 0, stderr: '' });
  expect(result.files).toContain('made.txt');
});

test('Claude Code resumes a session, with the lines of docs/agents.md', async () => {
  const [, lines = ''] = /^## Resuming a session$.*?^```sh\n(.*?)^```$/ms.exec(
    readFileSync(join(ROOT, 'docs/agents.md'), 'utf8'),
  )!;
  const provider = await startLocalProvider({ respond: ['The first answer.', LAST_WORDS] });
  const directory = await install(CLAUDE);
  const home = temporaryDirectory();
  const project = join(home, 'project');
  mkdirSync(project);
  const ca = join(home, 'ca.pem');
  writeFileSync(ca, provider.ca.certPem);
  const { 'anthropic-api-key': key = '', ...inputs } = provider.inputs('anthropic');
  const flags = Object.entries({ ...inputs, 'upstream-ca': ca, mount: directory }).map(
    ([name, value]) => `--${name}=${value}`,
  );
  const awf = [process.execPath, join(ROOT, 'dist/cli/index.js'), ...flags].map(quoteWord).join(' ');
  const script = `set -e\nawf() { ${awf} "$@"; }\n${lines}`;
  const env = { HOME: home, ANTHROPIC_API_KEY: key, PATH: `${join(directory, 'node_modules', '.bin')}:${HOST_PATH}` };
  try {
    const result = await runProgram(['bash', '-c', script], { cwd: project, env });
    expect(result, result.stderr).toMatchObject({ code: 0, stdout: `The first answer.\n${LAST_WORDS}\n` });
    const last = provider.server.requests
      .filter(({ method }) => method === 'POST')
      .at(-1)!
      .body.toString();
    for (const words of ['Fix the failing test.', 'The first answer.', 'Now add a test for it.']) {
      expect(last).toContain(words);
    }
  } finally {
    await provider.server.close();
  }
});
