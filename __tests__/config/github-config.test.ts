import { describe, expect, test } from 'vitest';
import { githubConfig, hostsOfGithub } from '../../src/config/github-config.ts';
import { GITHUB_TOKEN_SECRET } from '../../src/config/github-token.ts';
import { NO_SECRETS, thrown } from '../../testing/builders.ts';
import { allowing, valuesOf } from '../../testing/options.ts';

const SECRETS = new Map([[GITHUB_TOKEN_SECRET, 'ghs_x']]);
const JOB = { GITHUB_REPOSITORY: 'Octo/Hello', GITHUB_REPOSITORY_ID: '4242' };

const read = (options: Readonly<Record<string, string>>, environment: NodeJS.ProcessEnv, secrets = SECRETS) =>
  githubConfig(valuesOf(options), secrets, environment, 'action');

describe('githubConfig', () => {
  test('without a token there is nothing', () => {
    expect(read({ 'github-access': 'write' }, JOB, new Map(NO_SECRETS))).toBeUndefined();
  });

  test("is for the job's repository, and further ones", () => {
    expect(read({ 'github-repositories': 'octo/other' }, JOB)).toMatchObject({
      access: 'read',
      repositories: [{ name: 'Octo/Hello', id: '4242' }, { name: 'octo/other' }],
      server: { web: { host: 'github.com' } },
    });
  });

  test("follows the job's server", () => {
    const github = read({}, { ...JOB, GITHUB_SERVER_URL: 'https://octo.ghe.com' });
    expect(github?.server.api.host).toBe('api.octo.ghe.com');
    expect(hostsOfGithub(github, allowing('')).map(({ name }) => name)).toContain('octo.ghe.com');
  });

  test.each([
    [{}, 'no repository that it is for', 'github-repositories'],
    [{ GITHUB_REPOSITORY: 'hello' }, 'GITHUB_REPOSITORY', 'OWNER/NAME'],
    [{ ...JOB, GITHUB_SERVER_URL: 'ftp://x' }, 'GITHUB_SERVER_URL', 'hosts'],
  ])('refuses %j', (environment, problem, hint) => {
    const error = thrown(() => read({}, environment));
    expect(error.message).toContain(problem);
    expect(error.hint).toContain(hint);
  });

  test('tells all that is wrong at once', () => {
    const error = thrown(() => read({}, { GITHUB_REPOSITORY: 'hello', GITHUB_SERVER_URL: 'ftp://x' }));
    expect(error.message).toMatch(/2 mistakes[^]*GITHUB_REPOSITORY[^]*GITHUB_SERVER_URL/);
  });
});
