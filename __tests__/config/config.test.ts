import { describe, expect, test } from 'vitest';
import { parseAllowList } from '../../src/config/allow-list.ts';
import { configuredProviders, credentialIn, isPermitted, maskCredentials } from '../../src/config/config.ts';
import { aConfig, given, SENTINELS } from '../../testing/builders.ts';

describe('configuredProviders', () => {
  const configured = (...variables: string[]) =>
    configuredProviders(aConfig({ credentials: given(...variables) })).map(({ provider, credential }) => [
      provider.id,
      credential,
    ]);

  test('none without a credential', () => {
    expect(configured()).toEqual([]);
  });

  test('each that has one', () => {
    expect(configured('GEMINI_API_KEY', 'OPENAI_API_KEY')).toEqual([
      ['openai', SENTINELS.get('OPENAI_API_KEY')],
      ['gemini', SENTINELS.get('GEMINI_API_KEY')],
    ]);
  });

  test.each([
    [['COPILOT_GITHUB_TOKEN'], 'COPILOT_GITHUB_TOKEN'],
    [['COPILOT_API_KEY'], 'COPILOT_API_KEY'],
    [['COPILOT_API_KEY', 'COPILOT_GITHUB_TOKEN'], 'COPILOT_GITHUB_TOKEN'],
  ])('Copilot with %j sends %s', (variables, sent) => {
    expect(configured(...variables)).toEqual([['copilot', SENTINELS.get(sent)]]);
  });

  test('carries the target', () => {
    const target = { host: 'gateway.example', port: 8443, basePath: '/x' };
    const config = aConfig({ credentials: given('GEMINI_API_KEY') });
    const [gemini] = configuredProviders({ ...config, targets: { ...config.targets, gemini: target } });
    expect(gemini?.target).toEqual(target);
  });

  test('none without the api-proxy', () => {
    expect(configuredProviders(aConfig({ apiProxy: false, credentials: SENTINELS }))).toEqual([]);
  });
});

describe('isPermitted', () => {
  const permitted = (host: string, list: string): boolean => {
    const config = aConfig({ credentials: given('COPILOT_GITHUB_TOKEN') });
    const [copilot] = configuredProviders({
      ...config,
      targets: { ...config.targets, copilot: { host, port: 443, basePath: '' } },
    });
    return isPermitted(copilot!, parseAllowList(list));
  };

  test.each([
    ['api.githubcopilot.com', '', true],
    ['copilot-api.octo.ghe.com', '', true],
    ['router.example', '', false],
    ['router.example', 'router.example', true],
    ['copilot-api.octo.evil-ghe.com', '', false],
    ['copilot-api.octo.ghe.com.evil.example', '', false],
    ['octo.ghe.com', '', false],
    ['api.openai.com', '', false],
  ])('Copilot at %s with the list "%s": %s', (host, list, expected) => {
    expect(permitted(host, list)).toBe(expected);
  });

  test('Copilot’s hosts are its alone', () => {
    const config = aConfig({ credentials: given('OPENAI_API_KEY') });
    const target = { host: 'copilot-api.octo.ghe.com', port: 443, basePath: '' };
    const [openai] = configuredProviders({ ...config, targets: { ...config.targets, openai: target } });
    expect(isPermitted(openai!, parseAllowList(''))).toBe(false);
  });
});

describe('credentialIn', () => {
  test.each([...SENTINELS])('finds %s anywhere in a text', (variable, value) => {
    expect(credentialIn(`before${value}after`, SENTINELS)).toBe(variable);
  });

  test('finds nothing in a part of one, nor what was not given', () => {
    expect(credentialIn(SENTINELS.get('OPENAI_API_KEY')!.slice(0, -1), SENTINELS)).toBeUndefined();
    expect(credentialIn(SENTINELS.get('OPENAI_API_KEY')!, given('GEMINI_API_KEY'))).toBeUndefined();
  });
});

describe('maskCredentials', () => {
  test('replaces each of them, wherever it stands and as often as it does', () => {
    const [openai = '', gemini = ''] = given('OPENAI_API_KEY', 'GEMINI_API_KEY').values();
    expect(maskCredentials(`${openai}${openai} a ${gemini}b`, SENTINELS)).toBe('****** a ***b');
  });

  test('leaves nothing of a longer one whose beginning is another', () => {
    const credentials = new Map([...given('OPENAI_API_KEY'), ['OTHER', `${SENTINELS.get('OPENAI_API_KEY')!}-secret`]]);
    expect(maskCredentials(`x ${credentials.get('OTHER')!} y`, credentials)).toBe('x *** y');
  });
});
