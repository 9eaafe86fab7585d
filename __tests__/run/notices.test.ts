import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Notice } from '../../src/shared/notice.ts';
import type { Program } from '../../testing/engine/fake-engine.ts';
import { given } from '../../testing/builders.ts';
import { aWorld, CONCURRENT, removeWorlds, type World } from './world.ts';

afterAll(removeWorlds);

/** An api-proxy that writes lines when the command runs. The command ends when it is asked to, or after a while. */
function worldWith(lines: readonly string[], runMs: number): World {
  const started = Promise.withResolvers<undefined>();
  const apiProxy: Program = async ({ stdout, asked }) => {
    await started.promise;
    for (const line of lines) await stdout(`${line}\n`);
    await asked;
    return 0;
  };
  const command: Program = async ({ later }) => {
    started.resolve(undefined);
    await Promise.race([later, sleep(runMs)]);
    return 0;
  };
  return aWorld({ command, programs: { 'api-proxy': apiProxy } });
}

const line = (notice: Notice): string => JSON.stringify({ level: 'warn', ...notice });

describe('what the api-proxy tells while the command runs', CONCURRENT, () => {
  test('a budget that is almost used up is a warning', async () => {
    const cost = line({ event: 'budget-warning', limit: 'max-cost-usd', used: 0.41, allowed: 0.5 });
    const requests = line({ event: 'budget-warning', limit: 'max-requests', used: 4, allowed: 5 });
    const world = worldWith(['{"event":"listening"}', cost, requests], 300);
    expect(await world.run({ frontEnd: 'cli' })).toMatchObject({ outcome: 'success' });
    expect(world.warnings.slice(0, 2)).toEqual([
      '82 % of --max-cost-usd is used: $0.4100 of $0.5000.',
      '80 % of --max-requests is used: 4 of 5.',
    ]);
  });

  test('a certificate that a program refused is a warning', async () => {
    const world = worldWith([line({ event: 'certificate-refused', host: 'registry.example.com' })], 300);
    expect(await world.run()).toMatchObject({ outcome: 'success' });
    expect(world.warnings[0]).toBe(
      "A program refused the run's certificate for registry.example.com, and so could not reach it: it trusts a list of " +
        'CAs of its own. Point it to the file in SSL_CERT_FILE.',
    );
  });

  test('a model without a price is a warning that says what to write, and a known one is none', async () => {
    const known = line({ event: 'model-used', provider: 'openai', model: 'gpt-4.1' });
    const unknown = line({ event: 'model-used', provider: 'openai', model: 'new-model' });
    const world = worldWith([known, unknown], 2_000);
    await world.run();
    const [warning, ...others] = world.warnings.filter((text) => text.includes('price'));
    expect(others).toEqual([]);
    expect(warning).toBe(
      'No price is known for new-model. Its tokens are counted, but the cost of the run is unknown. ' +
        'Add to prices, in dollars per million tokens: new-model INPUT OUTPUT',
    );
  });

  test('models that a gateway invents are no flood: the first ones are named, the others are in the report', async () => {
    const invented = Array.from({ length: 500 }, (_, index) =>
      line({ event: 'model-used', provider: 'openai', model: `invented-${index}` }),
    );
    const world = worldWith(invented, 2_000);
    await world.run();
    expect(world.warnings.filter((text) => text.includes('No price is known'))).toHaveLength(10);
  });

  test('a credential that is refused again and again ends the command, and names what to check', async () => {
    const refused = line({ event: 'credential-refused', provider: 'copilot', status: 401, times: 10 });
    const world = worldWith([refused], 20_000);
    const from = performance.now();
    const result = await world.run({ secrets: given('COPILOT_API_KEY') });
    expect(performance.now() - from).toBeLessThan(10_000);
    expect(result).toMatchObject({
      ...{ outcome: 'error', exitCode: 1 },
      error: {
        message:
          'The run was ended because GitHub Copilot answered 401 10 times in a row: the key is wrong or expired.',
        hint: 'Check the key in copilot-api-key.',
      },
    });
    expect(world.left()).toEqual([]);
  });
});
