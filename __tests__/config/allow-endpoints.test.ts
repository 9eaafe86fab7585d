import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { thrown } from '../../testing/builders.ts';
import { valuesOf } from '../../testing/options.ts';

/** The error about one option, which must name the option. */
function refusal(options: Readonly<Record<string, string>>): string {
  const error = thrown(() => valuesOf(options));
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(new RegExp(`^${Object.keys(options)[0]!}\\b`));
  return `${error.message} ${error.hint ?? ''}`;
}

describe('allow-endpoints', () => {
  test('one per line, with comments', () => {
    const text = '# files\nopenai GET /v1/files/*\n\ngemini   POST\t/v1beta/models/*:predict # images';
    expect(valuesOf({ 'allow-endpoints': text })['allow-endpoints']).toEqual([
      { provider: 'openai', method: 'GET', path: '/v1/files/*' },
      { provider: 'gemini', method: 'POST', path: '/v1beta/models/*:predict' },
    ]);
  });

  test.each([
    ['nobody GET /v1/files', PROVIDERS.map(({ id }) => id).join(', ')],
    ['OpenAI GET /v1/files', 'the provider must be'],
    ['openai get /v1/files', 'GET, HEAD, POST'],
    ['openai CONNECT /v1/files', 'the method must be'],
    ['openai GET', 'the path must'],
    ['openai GET v1/files', 'the path must'],
    ['openai GET /', 'the path must'],
    ['openai GET /v1/files/', 'the path must'],
    ['openai GET /v1//files', 'the path must'],
    ['openai GET /v1/../files', 'the path must'],
    ['openai GET /v1/%66iles', 'the path must'],
    ['openai GET /v1/files?purpose=x', 'the path must'],
    ['openai GET https://api.openai.com/v1/files', 'the path must'],
    ['openai GET /v1/files x', 'a word too many'],
  ])('rejects %s', (entry, problem) => {
    const text = refusal({ 'allow-endpoints': `# comment\n${entry}` });
    expect(text).toContain(problem);
    expect(text).toMatch(/line 2.*openai GET \/v1\/files\/\*/);
  });
});
