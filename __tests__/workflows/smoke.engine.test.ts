/**
 * The smoke workflows, run by act with a provider of the test's own. The programs are the ones that the workflows
 * install; what stays out is GitHub's: `actions/setup-node`, the secret's environment, and the installation itself.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { AGENT_PROGRAMS, install, type AgentProgram } from '../../testing/agents/programs.ts';
import { HAS_PYTHON } from '../../testing/python.ts';
import type { Turn } from '../../testing/provider/server.ts';
import { ROOT } from '../../testing/root.ts';
import { type LocalProvider, startLocalProvider, TEST_KEYS } from '../../testing/runner/action.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { type ActResult, installAct, runAct } from './act.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly jobs: { readonly smoke: { readonly steps: Step[]; readonly permissions?: unknown } };
}

/** The workflow without what only GitHub has, whose sandbox finds the test's provider. */
function localCopy(file: string, inputs: Readonly<Record<string, string>>): string {
  const workflow = parse(readFileSync(join(ROOT, file), 'utf8')) as Workflow;
  const { smoke } = workflow.jobs;
  const steps = smoke.steps
    .filter(({ uses = '', name = '' }) => !uses.startsWith('actions/setup-node@') && !name.startsWith('Install '))
    .map((step) => (step.uses === './' ? { ...step, with: { ...step.with, ...inputs } } : step));
  expect(steps).toHaveLength(smoke.steps.length - 2);
  // act has no token, and does not know the permission for Copilot.
  return stringify({ ...workflow, jobs: { smoke: { ...smoke, steps, permissions: {} } } });
}

interface Smoke {
  readonly job: ActResult;
  readonly provider: LocalProvider;
}

const directories: string[] = [];
const providers: LocalProvider[] = [];

afterAll(async () => {
  for (const { server } of providers) await server.close();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Runs a program's workflow with a model that answers `respond`. */
async function run(program: AgentProgram, respond: readonly Turn[]): Promise<Smoke> {
  const file = `.github/workflows/smoke-${program.bin}.yml`;
  const { credentials } = PROVIDERS.find(({ id }) => id === program.provider)!;
  const [act, installed] = await Promise.all([installAct(), install(program)]);
  const directory = mkdtempSync(join(tmpdir(), 'awf-smoke-'));
  directories.push(directory);
  const provider = await startLocalProvider({ respond });
  providers.push(provider);
  const ca = join(directory, 'ca.pem');
  writeFileSync(ca, provider.ca.certPem);
  const given = Object.entries(provider.inputs(program.provider));
  const addresses = given.filter(([name]) => !credentials.some(({ input }) => input === name));
  mkdirSync(join(directory, 'workflow'));
  const workflow = join(directory, 'workflow', basename(file));
  writeFileSync(workflow, localCopy(file, { ...Object.fromEntries(addresses), 'upstream-ca': ca, mounts: installed }));
  const secret = /secrets\.(\w+)/.exec(readFileSync(workflow, 'utf8'))?.[1] ?? '';
  const ended = new AbortController();
  const job = await runAct({
    act,
    workflow,
    directory,
    env: { PATH: [join(installed, 'node_modules', '.bin'), process.env['PATH']].join(delimiter) },
    secrets: { [secret]: TEST_KEYS[program.provider] },
    signal: ended.signal,
  });
  return { job, provider };
}

const shell = ({ shellTool }: AgentProgram, command: string): Turn => ({ toolUse: shellTool(command) });

describe.skipIf(!HAS_PYTHON)('the smoke workflow, run by act,', () => {
  test.each(AGENT_PROGRAMS)(
    'passes if $name runs the command',
    async (program) => {
      const { job, provider } = await run(program, [
        shell(program, 'sha256sum challenge.txt > proof.txt'),
        'It is done.',
      ]);
      expect(job.exitCode, job.log).toBe(0);
      const { requests } = provider.server;
      expect(requests.length).toBeGreaterThanOrEqual(2);
      expect(new Set(requests.map(({ credential }) => credential))).toEqual(new Set(['accepted']));
    },
    FETCH_LIMIT,
  );

  // A model that only talks about it, and one that makes something up. All four check the proof alike: see policy.test.ts.
  test(
    'fails if no tool ran, or another one',
    async () => {
      const [program] = AGENT_PROGRAMS as [AgentProgram];
      const talk = await run(program, ['It is done.']);
      expect(talk.job.exitCode, talk.job.log).toBe(1);
      const forged = `echo '${'0'.repeat(64)}  challenge.txt' > proof.txt`;
      const madeUp = await run(program, [shell(program, forged), 'It is done.']);
      expect(madeUp.job.exitCode, madeUp.job.log).toBe(1);
      const failures = madeUp.job.records.filter(({ stepResult }) => stepResult === 'failure');
      expect(failures).toContainEqual(expect.objectContaining({ step: 'Check the proof' }));
    },
    FETCH_LIMIT,
  );
});
