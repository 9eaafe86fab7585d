/** Copilot CLI as GitHub's own client: it asks GitHub about the token, then the host of the plan that the answer names. */

import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_PROGRAMS, install } from '../../testing/agents/programs.ts';
import { actionStep, startLocalProviderAt443, TEST_KEYS } from '../../testing/runner/action.ts';
import type { ActionStep, LocalProvider } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';

const PROGRAM = AGENT_PROGRAMS.find(({ provider }) => provider === 'copilot')!;
const LAST_WORDS = 'The file is there, says the model.';
const PLAN = 'api.individual.githubcopilot.com';

/** One run: as the sandbox starts it, and without the variable that names the host for everybody. */
const SCRIPT = `
  copilot --allow-all-tools -p 'Please make the file.'
  cp made.txt first.txt
  env -u COPILOT_API_URL copilot --allow-all-tools -p 'Please make the file.'
`;

describe.skipIf(process.getuid?.() !== 0)('Copilot CLI in its own mode (only as root: the port of HTTPS)', () => {
  let provider: LocalProvider;
  let step: ActionStep;
  let result: EntryResult;

  beforeAll(async () => {
    provider = await startLocalProviderAt443({
      respond: [{ toolUse: PROGRAM.shellTool('env >> env.txt; echo content > made.txt') }, LAST_WORDS],
    });
    const directory = await install(PROGRAM);
    step = actionStep(
      { ...provider.inputs('copilot'), mounts: directory, run: SCRIPT },
      { ca: provider.ca, env: { PATH: [join(directory, 'node_modules', '.bin'), HOST_PATH].join(delimiter) } },
    );
    result = await step.main();
  }, FETCH_LIMIT);
  afterAll(async () => {
    step.runner.remove();
    await provider.server.close();
  });

  test('answers the prompt, and its tool works', () => {
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stdout.split(LAST_WORDS)).toHaveLength(3);
    for (const name of ['first.txt', 'made.txt']) {
      expect(readFileSync(join(step.runner.workspace, name), 'utf8')).toBe('content\n');
    }
  });

  test('the real token arrived, and no placeholder did', () => {
    const { requests } = provider.server;
    expect(new Set(requests.map(({ credential }) => credential))).toEqual(new Set(['accepted']));
    expect(JSON.stringify(requests.map(({ rawHeaders }) => rawHeaders))).not.toMatch(/placeholder/i);
    const env = readFileSync(join(step.runner.workspace, 'env.txt'), 'utf8');
    expect(env).toContain('COPILOT_TOKEN=placeholder-token-for-credential-isolation');
    expect(env).not.toContain(TEST_KEYS.copilot);
  });

  test('it asks GitHub about the token and nothing else, and the host of its plan', () => {
    const asked = new Set(provider.server.requests.map(({ host, method, path }) => `${method} ${host}${path}`));
    expect([...asked].filter((request) => request.includes('api.github.com'))).toEqual([
      'GET api.github.com/copilot_internal/user',
    ]);
    expect(asked).toContain(`GET ${PLAN}/models`);
    expect([...asked].filter((request) => request.startsWith('POST '))).toContain(`POST ${PLAN}/responses`);
    const { headers } = provider.server.requests.find(({ host, method }) => host === PLAN && method === 'POST')!;
    expect(headers['copilot-integration-id']).toBe('copilot-developer-cli');
    expect(headers['x-github-api-version']).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  test('the summary names what was refused, and proposes none of its side traffic', () => {
    const summary = step.runner.main.summary();
    expect(summary).toMatch(
      /harmless: telemetry of Copilot CLI[^]*`api\.github\.com GET \/copilot_internal\/team_customizations`/,
    );
    expect(summary).not.toContain('host-rules: |');
    expect(summary).not.toContain('`api.github.com` | ✅ allowed |');
  });
});
