import { describe, expect, test } from 'vitest';
import { copilot } from '../../../src/shared/providers/copilot.ts';
import { COPILOT_MODELS } from '../../../testing/provider/dialects/openai.ts';

const { choose } = copilot.modelList;
type Fields = Readonly<Record<string, unknown>>;

const chat = (id: string, fields: Fields = {}): Fields => ({
  ...{ id, model_picker_enabled: true, capabilities: { type: 'chat', supports: { tool_calls: true } } },
  ...fields,
});
const chosen = (models: readonly unknown[], name?: string) => choose({ data: models }, name);

test('the default of the list that people have recorded', () => {
  expect(choose(COPILOT_MODELS, undefined)).toEqual({ COPILOT_MODEL: 'local-default' });
});

describe('without a choice of the user’s', () => {
  test.each<[why: string, models: readonly unknown[], model: string | undefined]>([
    ['GitHub’s default', [chat('a'), chat('b', { is_chat_default: true })], 'b'],
    [
      'the fallback, if the default is switched off',
      [
        chat('a', { is_chat_default: true, policy: { state: 'disabled' } }),
        chat('b', { model_picker_enabled: false }),
        chat('c', { is_chat_fallback: true }),
      ],
      'c',
    ],
    ['the first that can be picked', [chat('a', { model_picker_enabled: false }), chat('b')], 'b'],
    [
      'any that can call tools',
      [
        chat('a', { capabilities: { type: 'chat', supports: { tool_calls: false } } }),
        chat('b', { model_picker_enabled: false }),
      ],
      'b',
    ],
    ['none that answers nowhere', [chat('a', { supported_endpoints: ['/v1/messages'] })], undefined],
    ['none whose name means something to a shell', [chat('a b'), chat('$(id)'), chat('x\ny')], undefined],
    ['none of what is no model', [null, 'a', { id: 7 }], undefined],
  ])('%s', (_, models, model) => {
    expect(chosen(models)?.['COPILOT_MODEL']).toBe(model);
  });

  test.each(['supported_endpoints', 'capabilities', 'policy', 'is_chat_default'])(
    'whatever stands in %s, nothing is thrown',
    (field) => {
      for (const value of [null, 7, 'text', [], {}, [null], { supports: null, state: null }]) {
        const models = [chat('a', { [field]: value }), chat('b', { is_chat_fallback: true })];
        expect(chosen(models)?.['COPILOT_MODEL']).toMatch(/^[ab]$/);
      }
    },
  );

  test.each([undefined, null, 'text', {}, { data: 'text' }])('none of a list that is none: %j', (list) => {
    expect(choose(list, undefined)).toBeUndefined();
  });
});

describe('the wire API', () => {
  const newer = chat('newer', { supported_endpoints: ['/responses'], is_chat_default: true });

  test('is that of the chosen model', () => {
    expect(chosen([newer])).toEqual({ COPILOT_MODEL: 'newer', COPILOT_PROVIDER_WIRE_API: 'responses' });
  });

  test('is that of the user’s own', () => {
    expect(chosen([newer, chat('older')], 'older')).toEqual({ COPILOT_MODEL: 'older' });
    expect(chosen([newer, chat('older')], 'newer')).toEqual({
      COPILOT_MODEL: 'newer',
      COPILOT_PROVIDER_WIRE_API: 'responses',
    });
    expect(chosen([newer], 'unlisted')).toBeUndefined();
  });
});
