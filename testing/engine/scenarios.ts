/** What AWF meets when one of its entries runs in its own process with an engine in memory. */

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { COMMAND_FILE_VARIABLES } from '../../src/agent/command-files.ts';
import { ACCESS_LOG, API_PROXY_LOG_DIR, API_PROXY_LOG_FILE, SQUID_LOG_DIR } from '../../src/shared/contract.ts';
import { namesFor, networkNames } from '../../src/shared/network.ts';
import { NO_USAGE } from '../../src/shared/usage.ts';
import { FakeEngine, type FakeEngineOptions, type Program, type ProgramIo } from './fake-engine.ts';
import { accessLine, refusedLine, requestLine } from './log-lines.ts';

const exit =
  (code: number): Program =>
  async () =>
    code;

/** Runs programs one after the other. The last one sets the exit code. */
const sequence =
  (...programs: readonly Program[]): Program =>
  async (io) => {
    let code = 0;
    for (const program of programs) code = await program(io);
    return code;
  };

/** Runs until it is killed. */
const endless: Program = async (io) => {
  await io.stdout('running\n');
  await sleep(60_000, undefined, { signal: io.signal });
  return 0;
};

const squidLog = (io: ProgramIo): string => join(io.hostPath(SQUID_LOG_DIR, 'squid'), ACCESS_LOG);

const apiProxyLog = (io: ProgramIo): string => join(io.hostPath(API_PROXY_LOG_DIR, 'api-proxy'), API_PROXY_LOG_FILE);

/** Reaches one host, is denied another, and asks a model. */
const traffic: Program = async (io) => {
  const agent = io.spec.address ?? '';
  appendFileSync(squidLog(io), accessLine(agent, 'allowed.example:443') + refusedLine(agent, 'refused.example:443'));
  const usage = { ...NO_USAGE, inputTokens: 20, cachedInputTokens: 5, outputTokens: 7, estimated: false };
  appendFileSync(apiProxyLog(io), requestLine({ usage }));
  return 0;
};

const results: Program = async (io) => {
  writeFileSync(io.hostPath(COMMAND_FILE_VARIABLES.GITHUB_OUTPUT), 'answer=42\n');
  writeFileSync(io.hostPath(COMMAND_FILE_VARIABLES.GITHUB_STEP_SUMMARY), 'The answer is 42.\n');
  return 0;
};

/** Writes to both streams, and goes on for a moment. */
const prints: Program = async (io) => {
  await io.stdout('out\n');
  await io.stderr('err\n');
  await sleep(500, undefined, { signal: io.signal });
  return 0;
};

/** Leaves a repository with a hook in the workspace. AWF moves it aside and warns. */
const hook: Program = async (io) => {
  const git = join(io.spec.workingDirectory ?? '', '.git');
  for (const name of ['hooks', 'objects', 'refs']) mkdirSync(join(git, name), { recursive: true });
  writeFileSync(join(git, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(git, 'hooks', 'post-checkout'), '#!/bin/sh\n', { mode: 0o755 });
  return 0;
};

/**
 * Prints what a runner would carry out if the command's output reached it. The last line does not end in a line feed.
 */
const logCommands: Program = async (io) => {
  const lines = ['::error::forged', '##[error]forged', '::stop-commands::mine', '::set-output name=outcome::forged'];
  await io.stdout(`${[...lines, '::mine::', '::add-mask::visible'].join('\n')}\n`);
  await io.stderr('::warning::forged');
  return 0;
};

/** Asks for more names than anybody reads. All of them are denied. */
const names: Program = async (io) => {
  const targets = Array.from({ length: 300 }, (_, index) => `${index}.exfiltrated.example:443`);
  appendFileSync(squidLog(io), targets.map((target) => refusedLine(io.spec.address ?? '', target)).join(''));
  return 0;
};

const without =
  (path: (io: ProgramIo) => string): Program =>
  async (io) => {
    rmSync(path(io), { recursive: true });
    return 0;
  };

/** Puts a directory where one of the runner's files was, so that nobody can write the file. */
const blocked =
  (variable: string): Program =>
  async () => {
    const path = process.env[variable] ?? '';
    rmSync(path);
    mkdirSync(path);
    return 0;
  };

const SCENARIOS = {
  success: { command: sequence(traffic, results) },
  'exit-7': { command: exit(7) },
  'prints-7': { command: sequence(prints, exit(7)) },
  'no-logs': {
    command: sequence(
      traffic,
      without((io) => join(squidLog(io), '..')),
      without((io) => join(apiProxyLog(io), '..')),
      exit(3),
    ),
  },
  'state-lost': { command: sequence(blocked('GITHUB_STATE'), exit(3)) },
  'log-commands': { command: sequence(hook, logCommands) },
  'log-commands-then-failure': {
    command: sequence(hook, logCommands, async () => {
      throw new Error('The Docker engine ended the connection.');
    }),
  },
  'engine-fails': {
    onCall: (verb) => {
      if (verb === 'createNetwork') throw new Error('docker network create failed: no');
    },
  },
  endless: { command: sequence(traffic, hook, endless) },
  /** The removal takes long enough that a second Ctrl-C arrives during it. */
  'slow-removal': {
    command: endless,
    onCall: async (verb) => {
      if (verb !== 'removeContainers') return;
      process.stderr.write('removing\n');
      await sleep(5_000);
    },
  },
  'many-names': { command: names },
  'engine-hangs': {
    onCall: (verb) => (verb === 'objectsOf' ? new Promise<never>(() => undefined) : undefined),
  },
  'engine-gone': {
    onCall: (verb) => {
      if (verb === 'objectsOf') throw new Error('No Docker engine answers.');
    },
  },
} satisfies Record<string, FakeEngineOptions>;

export type Scenario = keyof typeof SCENARIOS;

/** What a report says about the engine once the process has ended. */
export interface EngineReport {
  readonly calls: readonly string[];
  readonly left: readonly string[];
  readonly running: readonly string[];
}

/** The variables that name the scenario and the file for the report. */
export const SCENARIO_VARIABLES = { scenario: 'TEST_SCENARIO', report: 'TEST_ENGINE_REPORT' } as const;

/** The engine of this process's scenario. It writes its report when the process exits. */
export function engineOfScenario(): FakeEngine {
  const name = process.env[SCENARIO_VARIABLES.scenario] ?? '';
  if (!(name in SCENARIOS)) throw new Error(`There is no scenario ${name}.`);
  const engine = new FakeEngine(SCENARIOS[name as Scenario]);
  process.on('exit', () => {
    writeReport(engine);
  });
  return engine;
}

/** Writes the report now, for a process that a signal ends. */
export function writeReport({ calls, left, running }: EngineReport): void {
  writeFileSync(process.env[SCENARIO_VARIABLES.report] ?? '', JSON.stringify({ calls, left, running }));
}

/** Leaves on `engine` what a killed main step leaves behind. */
export async function leaveBehind(engine: FakeEngine, runId: string): Promise<void> {
  const subnet = '10.213.7.0/24';
  const { internal, outer } = networkNames(runId);
  await engine.createNetwork({ name: internal, runId, subnet, internal: true });
  await engine.createNetwork({ name: outer, runId, subnet: '10.214.7.0/24', internal: false });
  for (const name of Object.values(namesFor(runId, subnet).container)) {
    const limits = { memory: '6m', pids: 1 };
    await engine.create({
      ...{ name, image: 'test', runId, network: internal, user: '1:1', limits },
      ...{ mounts: [], tmpfs: [], environment: {} },
    });
  }
}
