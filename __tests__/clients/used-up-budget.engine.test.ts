/** What the agent programs do once the run's budget is used up: they end soon, with the reason. */

import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_PROXY_LOG_FILE } from '../../src/shared/contract.ts';
import type { RequestRecord } from '../../src/shared/request-record.ts';
import { AGENT_PROGRAMS, install, type AgentProgram } from '../../testing/agents/programs.ts';
import { actionStep, startLocalProvider, type ActionStep, type LocalProvider } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';

/**
 * Requests after the budget: measured is one, and two for Codex with a WebSocket. One more may be under way at the same
 * time.
 */
const FURTHER_REQUESTS = 2;
/** Milliseconds from the first refusal to the end of the step, on a busy machine. Measured: one second. */
const END_MS = 30_000;

const CASES: { readonly program: AgentProgram; readonly title: string; readonly webSockets: boolean }[] = [
  ...AGENT_PROGRAMS.map((program) => ({ program, title: program.name, webSockets: false })),
  ...AGENT_PROGRAMS.filter(({ bin }) => bin === 'codex').map((program) => ({
    ...{ program, title: `${program.name} with a WebSocket`, webSockets: true },
  })),
];

beforeAll(async () => {
  await Promise.all(AGENT_PROGRAMS.map(install));
}, FETCH_LIMIT);

describe.each(CASES)('$title', ({ program, webSockets }) => {
  let provider: LocalProvider;
  let step: ActionStep;
  let result: EntryResult;
  let endedAt: number;
  let refused: RequestRecord[];

  beforeAll(async () => {
    provider = await startLocalProvider({
      respond: [{ toolUse: program.shellTool('echo hello') }, 'never said'],
      webSockets,
    });
    const directory = await install(program);
    const path = [join(directory, 'node_modules', '.bin'), HOST_PATH].join(delimiter);
    step = actionStep(
      {
        run: [program.bin, ...program.args, "'Please make the file.'"].join(' '),
        mounts: directory,
        // The first answer uses more.
        'max-tokens': '10',
        ...provider.inputs(program.provider),
      },
      { ca: provider.ca, env: { PATH: path } },
    );
    result = await step.main();
    endedAt = Date.now();
    const logs = (step.runner.main.outputs()['logs-path'] ?? '').replace('squid-logs', 'api-proxy-logs');
    refused = readFileSync(join(logs, API_PROXY_LOG_FILE), 'utf8')
      .split('\n')
      .filter((line) => line.includes('budget_exhausted'))
      .map((line) => JSON.parse(line) as RequestRecord);
  });
  afterAll(async () => {
    step.runner.remove();
    await provider.server.close();
  });

  test('fails with the reason, and not with a lack of answers', () => {
    expect(result.stdout).toContain('The budget of this run is exhausted: max-tokens allows 10 tokens');
    expect(result.code).not.toBe(0);
    expect(step.runner.main.outputs()['outcome']).toBe('failure');
  });

  test('asks no more than it has to', () => {
    // The end of a WebSocket is not a request.
    const requests = refused.filter(({ status }) => status !== 101);
    expect(requests.length).toBeGreaterThanOrEqual(1);
    expect(requests.length).toBeLessThanOrEqual(FURTHER_REQUESTS);
  });

  test('ends soon', () => {
    const [first] = refused;
    expect(endedAt - Date.parse(first!.time) - first!.durationMs).toBeLessThan(END_MS);
  });
});
