import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { loadInputs } from '../../src/action/inputs.ts';
import { OPTIONS } from '../../src/config/options.ts';
import { CREDENTIALS } from '../../src/shared/providers.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { isObject, objects } from '../../testing/json.ts';
import { ROOT } from '../../testing/root.ts';
import { inputEnv } from '../../testing/runner/files.ts';
import { createTestCa } from '../../testing/tls.ts';
import { awfSteps, EXAMPLES, exampleText, jobsOf, stepsOf, THIS_ACTION } from './example-files.ts';

const LIMITS = ['max-cost-usd', 'max-tokens', 'max-requests'];
const KEYS = CREDENTIALS.map(({ input }) => input);

/** The step's inputs as a runner gives them: each expression has a value of its own. */
const inputsOf = (step: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isObject(step['with']) ? step['with'] : {}).map(([name, value]) => [
      name,
      String(value).replaceAll(/\$\{\{.*?\}\}/g, `value-of-${name}`),
    ]),
  );

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe.each(EXAMPLES)('%s', (file) => {
  const text = exampleText(file);
  const jobs = Object.values(jobsOf(text));

  test('says what it does, and what has to be set up', () => {
    expect(text).toMatch(/^# Title: [A-Z].{20,100}\n#\n# Set up: /);
  });

  test('can do no more than it has to', () => {
    expect(parse(text)).toMatchObject({ permissions: {} });
    for (const job of jobs) {
      expect(job).toHaveProperty('permissions');
      expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
      // A job with an agent writes nothing, unless the api-proxy stands between.
      const agents = objects(job['steps']).filter(({ uses }) => uses === THIS_ACTION);
      if (agents.length === 0 || agents.some((step) => 'github-token' in inputsOf(step))) continue;
      expect(Object.values(job['permissions'] as object)).not.toContain('write');
    }
  });

  test('pins the actions of others, and keeps the token out of the checkout', () => {
    for (const [line] of text.matchAll(/uses: .*/g)) {
      if (line !== `uses: ${THIS_ACTION}`) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
    for (const { uses, with: inputs } of stepsOf(text)) {
      if (String(uses).startsWith('actions/checkout@')) expect(inputs).toHaveProperty('persist-credentials', false);
    }
  });

  test('puts no expression into a script', () => {
    const scripts = stepsOf(text).flatMap((step) => [step['run'], inputsOf(step)['run']]);
    expect(scripts.filter((script) => /\$\{\{|value-of-/.test(String(script)))).toEqual([]);
  });

  test.each(awfSteps(text))('gives AWF what it understands: $id', async (step) => {
    const inputs = inputsOf(step);
    const known = OPTIONS.filter(({ only }) => only !== 'cli').map(({ name }) => name);
    expect(Object.keys(inputs).filter((name) => !known.includes(name))).toEqual([]);
    expect(Object.keys(inputs).some((name) => LIMITS.includes(name))).toBe(
      Object.keys(inputs).some((name) => KEYS.includes(name)),
    );
    expect(inputs).toHaveProperty('timeout-minutes');
    const workspace = temporaryDirectory();
    mkdirSync(join(workspace, '.github'));
    writeFileSync(join(workspace, '.github/corp-ca.pem'), (await createTestCa()).certPem);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    for (const [name, value] of Object.entries(inputEnv(join(ROOT, 'action.yml'), inputs))) vi.stubEnv(name, value);
    vi.stubEnv('GITHUB_REPOSITORY', 'owner/repository');
    const { config } = loadInputs({ ...process.env, GITHUB_WORKSPACE: workspace });
    expect(config.timeoutMinutes).toBeGreaterThan(0);
  });
});

test('every agent program and every kind of trigger has an example', () => {
  const all = EXAMPLES.map(exampleText).join('\n');
  for (const word of ['claude --', 'codex exec', 'gemini --', 'copilot --']) expect(all).toContain(word);
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(14);
});
