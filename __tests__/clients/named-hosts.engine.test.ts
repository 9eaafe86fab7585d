/** Programs that ask for a provider's host under its own name, with a placeholder and no base URL. */

import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { API_PROXY_LOG_FILE } from '../../src/shared/contract.ts';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';
import type { RequestRecord } from '../../src/shared/request-record.ts';
import { AGENT_PROGRAMS, install } from '../../testing/agents/programs.ts';
import {
  installOther,
  isFromPyPI,
  LAST_WORDS,
  MADE_FILE,
  OTHER_PROGRAMS,
} from '../../testing/agents/other-programs.ts';
import type { RecordedRequest } from '../../testing/provider/recorded-request.ts';
import type { Responder } from '../../testing/provider/server.ts';
import { HAS_PYTHON } from '../../testing/python.ts';
import { ROOT } from '../../testing/root.ts';
import { actionStep, startLocalProvider } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { FETCH_LIMIT, installLocked } from '../../testing/scratch.ts';

/** Every variable with which the sandbox leads programs to the api-proxy. */
const BASE_URLS = PROVIDERS.flatMap(({ agentVariables }) =>
  agentVariables.flatMap((variable) => (variable.role === 'base-url' ? [variable.name] : [])),
);
const WITHOUT = `unset ${BASE_URLS.join(' ')}\n`;

interface Outcome {
  readonly result: EntryResult;
  readonly requests: readonly RecordedRequest[];
  /** What the api-proxy logged. */
  readonly records: readonly RequestRecord[];
  /** The content of {@link MADE_FILE}. */
  readonly made: () => string;
}

async function run(
  providers: readonly ProviderId[],
  inputs: Readonly<Record<string, string>> & { readonly run: string },
  { respond, path = [] }: { readonly respond?: Responder; readonly path?: readonly string[] },
): Promise<Outcome> {
  const provider = await startLocalProvider({ ...(respond && { respond }), webSockets: true });
  const all = providers.map((id) => provider.inputs(id));
  const step = actionStep(
    {
      ...Object.fromEntries(all.flatMap((one) => Object.entries(one))),
      'add-hosts': all.map((one) => one['add-hosts']).join('\n'),
      ...inputs,
      run: WITHOUT + inputs.run,
    },
    { ca: provider.ca, env: { PATH: [...path, HOST_PATH].join(delimiter) } },
  );
  try {
    const result = await step.main();
    const log = readdirSync(step.runner.temp, { recursive: true }).find((name) =>
      String(name).endsWith(API_PROXY_LOG_FILE),
    );
    const lines = readFileSync(join(step.runner.temp, String(log)), 'utf8').split('\n');
    const made = readdirSync(step.runner.workspace).includes(MADE_FILE)
      ? readFileSync(join(step.runner.workspace, MADE_FILE), 'utf8')
      : '';
    return {
      result,
      requests: provider.server.requests,
      records: lines.flatMap((line) =>
        line.startsWith('{"event":"request"') ? [JSON.parse(line) as RequestRecord] : [],
      ),
      made: () => made,
    };
  } finally {
    step.runner.remove();
    await provider.server.close();
  }
}

/** Checks that everything came under the providers' names, and arrived with the real credentials. */
function expectNamed({ requests, records, result }: Outcome, hosts: readonly string[]): void {
  expect(requests.length, result.stdout + result.stderr).toBeGreaterThan(0);
  expect(requests.map(({ credential }) => credential)).toEqual(requests.map(() => 'accepted'));
  expect(JSON.stringify(requests.map(({ rawHeaders, path }) => [rawHeaders, path]))).not.toMatch(/placeholder/i);
  expect(new Set(records.map(({ host }) => host))).toEqual(new Set(hosts));
}

test('SDKs and a WebSocket', async () => {
  const [node, program] = ['node_modules/.bin/node', '__tests__/clients/fixtures/named-sdks.ts'];
  const mounts = ['node_modules', 'package.json', '__tests__/clients'].map((name) => join(ROOT, name));
  const command = `${join(ROOT, node)} ${join(ROOT, program)}`;
  const outcome = await run(['openai', 'anthropic', 'gemini'], { run: command, mounts: mounts.join('\n') }, {});
  const { stdout } = outcome.result;
  for (const name of ['openai', 'anthropic', 'gemini'])
    expect(stdout).toContain(`${name}: Hello from the local provider.`);
  expect(stdout).toContain('realtime: session.created');
  expectNamed(outcome, ['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com']);
});

/** Settings that lead past the base URL in a file. */
const ARGS: Readonly<Record<string, string>> = { codex: '-c openai_base_url=https://api.openai.com/v1' };

describe('agent programs', () => {
  test.each(AGENT_PROGRAMS.filter(({ provider }) => provider !== 'copilot'))(
    '$name',
    async (program) => {
      const directory = await install(program);
      const { bin, args, provider } = program;
      const command = [bin, ...args.slice(0, 1), ARGS[bin] ?? '', ...args.slice(1), "'Please make the file.'"].join(
        ' ',
      );
      const outcome = await run(
        [provider],
        { run: command, mounts: directory },
        {
          respond: [{ toolUse: program.shellTool(`echo content > ${MADE_FILE}`) }, LAST_WORDS],
          path: [join(directory, 'node_modules', '.bin')],
        },
      );
      expect(outcome.result.stdout, outcome.result.stderr).toContain(LAST_WORDS);
      expect(outcome.made()).toBe('content\n');
      expectNamed(outcome, [PROVIDERS.find(({ id }) => id === provider)!.defaultTarget]);
    },
    FETCH_LIMIT,
  );
});

describe('programs for which AWF contains nothing of their own', () => {
  const programs = OTHER_PROGRAMS.filter(({ folder }) => ['opencode', 'aider'].includes(folder));
  for (const program of programs) {
    test.skipIf(isFromPyPI(program) && !HAS_PYTHON)(
      program.name,
      async () => {
        const { bin, mounts } = await installOther(program);
        const outcome = await run(
          [program.provider],
          { ...program.inputs, mounts: mounts.join('\n') },
          { respond: program.answers, path: [bin] },
        );
        expect(outcome.result.stdout, outcome.result.stderr).toContain(LAST_WORDS);
        expect(outcome.made()).toBe('content\n');
        expectNamed(outcome, [PROVIDERS.find(({ id }) => id === program.provider)!.defaultTarget]);
      },
      FETCH_LIMIT,
    );
  }

  // It needs a newer Node.js than hosts may have.
  test(
    'pi: a prompt and an answer',
    async () => {
      const directory = await installLocked(join(ROOT, 'testing/agents/pi'));
      const program = join(directory, 'node_modules', '.bin', 'pi');
      const options = '--provider anthropic --model claude-sonnet-4-5 --no-session';
      const outcome = await run(
        ['anthropic'],
        {
          run: `${process.execPath} ${program} ${options} -p 'Please say hello.'`,
          env: 'ANTHROPIC_API_KEY=placeholder',
          mounts: [directory, process.execPath].join('\n'),
        },
        { respond: [LAST_WORDS] },
      );
      expect(outcome.result.stdout, outcome.result.stderr).toContain(LAST_WORDS);
      expectNamed(outcome, ['api.anthropic.com']);
    },
    FETCH_LIMIT,
  );

  // Its program is a file of one architecture, and it takes the key from its own settings.
  test.skipIf(process.arch !== 'x64')(
    'cline',
    async () => {
      const directory = await installLocked(join(ROOT, 'testing/agents/cline'));
      const sign = 'cline auth --provider anthropic --apikey placeholder --modelid claude-sonnet-4-5';
      const outcome = await run(
        ['anthropic'],
        { run: `${sign}\ncline --yolo 'Please make the file.'`, mounts: directory },
        {
          respond: [
            { toolUse: { name: 'run_commands', input: { commands: [`echo content > ${MADE_FILE}`] } } },
            { toolUse: { name: 'submit_and_exit', input: { summary: LAST_WORDS, verified: true } } },
            LAST_WORDS,
          ],
          path: [join(directory, 'node_modules', '.bin')],
        },
      );
      expect(outcome.result.stdout, outcome.result.stderr).toContain(LAST_WORDS);
      expect(outcome.made()).toBe('content\n');
      expectNamed(outcome, ['api.anthropic.com']);
    },
    FETCH_LIMIT,
  );
});
