import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PROVIDERS, type ProviderId } from '../../src/shared/providers.ts';
import { PLAYED } from '../../testing/provider/server.ts';
import { actionStep, startLocalProvider, type ActionStep, type LocalProvider } from '../../testing/runner/action.ts';
import { remains } from '../../testing/runner/remains.ts';

let provider: LocalProvider;
let step: ActionStep;
beforeAll(async () => {
  provider = await startLocalProvider();
});
afterAll(() => provider.server.close());
afterEach(() => {
  expect(remains(step.runner)).toEqual([]);
  step.runner.remove();
  provider.server.reset();
});

/** Long enough for the list of models to arrive. The command does not wait for it. */
const RUN = 'sleep 3';

function inputsOf(ids: readonly ProviderId[]): Record<string, string> {
  const all = ids.map((id) => provider.inputs(id));
  const hosts = all.map((inputs) => inputs['add-hosts']).join('\n');
  return { ...Object.fromEntries(all.flatMap((inputs) => Object.entries(inputs))), 'add-hosts': hosts };
}

const CHECKED = PROVIDERS.filter(({ id }) => PLAYED.has(id));
const IDS = CHECKED.map(({ id }) => id);

describe('check-keys', () => {
  test('warns about each key that its provider does not know, and the command runs all the same', async () => {
    const keys = CHECKED.map(({ credentials }): [string, string] => [credentials[0]!.input, 'wrong-key-of-somebody']);
    step = actionStep(
      { ...inputsOf(IDS), ...Object.fromEntries(keys), run: `${RUN}; echo went on` },
      { ca: provider.ca },
    );
    const { code, stdout } = await step.main();
    expect(code).toBe(0);
    expect(stdout).toContain('went on');
    for (const { name, credentials } of CHECKED) {
      expect(stdout).toMatch(
        new RegExp(
          `${name} does not accept the key in ${credentials[0]!.input}: it answered 40[01]\\. Check the key\\.`,
        ),
      );
    }
  });

  test('says nothing about keys that are right, and asks each provider once', async () => {
    step = actionStep({ ...inputsOf(IDS), run: RUN }, { ca: provider.ca });
    const { stdout } = await step.main();
    expect(stdout).not.toContain('does not accept');
    expect(provider.server.modelLists.map(({ provider: id }) => id).sort()).toEqual([...IDS].sort());
    expect(provider.server.requests).toEqual([]);
    expect(step.runner.main.outputs()['requests']).toBe('0');
  });

  test('false asks nobody', async () => {
    step = actionStep({ ...inputsOf(['openai', 'gemini']), run: RUN, 'check-keys': 'false' }, { ca: provider.ca });
    await step.main();
    expect(provider.server.modelLists).toEqual([]);
  });
});

describe('the model of a program that insists on one', () => {
  const run = 'echo "model ${COPILOT_MODEL-none}, wire ${COPILOT_PROVIDER_WIRE_API-none}"';

  test.each([
    ['is asked for', {}, 'model local-default, wire none'],
    [
      'is the user’s, and speaks as its model does',
      { COPILOT_MODEL: 'local-newer' },
      'model local-newer, wire responses',
    ],
  ])('%s', async (_, env, expected) => {
    step = actionStep({ ...provider.inputs('copilot'), run }, { ca: provider.ca, env });
    expect((await step.main()).stdout).toContain(expected);
  });

  test('is missed aloud, if there is no list', async () => {
    const silent = { ...provider.inputs('copilot'), 'copilot-github-token': 'github_pat_of-nobody' };
    step = actionStep({ ...silent, run: `${run}; sleep 1` }, { ca: provider.ca });
    const { stdout } = await step.main();
    expect(stdout).toContain('model none, wire none');
    expect(stdout).toContain('GitHub Copilot does not accept the key in copilot-github-token');
  });
});
