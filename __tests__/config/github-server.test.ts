import { describe, expect, test } from 'vitest';
import { githubServer } from '../../src/config/github-server.ts';
import { thrown } from '../../testing/builders.ts';
import { ValueError } from '../../src/shared/value-error.ts';

const SERVER = 'GITHUB_SERVER_URL';

describe('where GitHub is', () => {
  test.each([
    [{}],
    [{ [SERVER]: '' }],
    [{ [SERVER]: 'https://github.com/' }],
    [{ [SERVER]: 'https://GitHub.com:443' }],
  ])('github.com: %j', (environment) => {
    expect(githubServer(environment)).toMatchObject({
      web: { host: 'github.com', prefix: '' },
      api: { host: 'api.github.com', prefix: '' },
      graphqlPath: '/graphql',
    });
  });

  test('github.com, by all three variables of a job', () => {
    const environment = {
      ...{ [SERVER]: 'https://github.com', GITHUB_API_URL: 'https://api.github.com' },
      GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    };
    expect(githubServer(environment).uploads.host).toBe('uploads.github.com');
  });

  test('data residency', () => {
    const environment = { [SERVER]: 'https://octo.ghe.com', GITHUB_API_URL: 'https://api.octo.ghe.com' };
    expect(githubServer(environment)).toMatchObject({
      ...{ web: { host: 'octo.ghe.com' }, api: { host: 'api.octo.ghe.com', prefix: '' }, graphqlPath: '/graphql' },
    });
  });

  test('Enterprise Server', () => {
    const environment = {
      ...{ [SERVER]: 'https://git.example.com', GITHUB_API_URL: 'https://git.example.com/api/v3' },
      GITHUB_GRAPHQL_URL: 'https://git.example.com/api/graphql',
    };
    expect(githubServer(environment)).toMatchObject({
      ...{ web: { host: 'git.example.com' }, api: { host: 'git.example.com', prefix: '/api/v3' } },
      ...{ graphqlPath: '/api/graphql', uploads: { host: 'git.example.com', prefix: '/api/uploads' } },
    });
  });
});

describe('an address is refused, by its variable and without its text', () => {
  test.each([
    ['http://git.example.com'],
    ['https://git.example.com:8443'],
    ['https://192.168.0.1'],
    ['https://[::1]'],
    ['https://user:s3cret@git.example.com'],
    ['https://git.example.com/path'],
    ['https://git.example.com\\@evil.example'],
    ['git.example.com'],
    ['https://www.github.com'],
    ['https://ghe.com'],
    ['https://a.b.ghe.com'],
    ['https://api.github.com'],
  ])('%s', (address) => {
    const error = thrown(() => githubServer({ [SERVER]: address }));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(/^GITHUB_SERVER_URL is /);
    expect(error.message).not.toContain('s3cret');
  });

  test.each([
    ['GITHUB_API_URL', 'https://api.evil.example'],
    ['GITHUB_GRAPHQL_URL', 'https://evil.example/graphql'],
  ])('%s of another server', (name, address) => {
    const error = thrown(() => githubServer({ [SERVER]: 'https://github.com', [name]: address }));
    expect(error.message).toMatch(
      new RegExp(`^${name} does not belong to GITHUB_SERVER_URL: .* https://api.github.com`),
    );
    expect(error.message).not.toContain('evil');
  });
});
