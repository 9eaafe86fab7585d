import { describe, expect, it } from 'vitest';
import { documentLink, versionOf } from '../../src/host/installation.ts';
import { ROOT } from '../../testing/root.ts';

describe('versionOf', () => {
  it('reads the version of the package', () => {
    expect(versionOf(ROOT)).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe('documentLink', () => {
  it('leads to the repository that the action came from, at its version', () => {
    const environment = {
      GITHUB_SERVER_URL: 'https://github.example.com',
      GITHUB_ACTION_REPOSITORY: 'owner/awf',
      GITHUB_ACTION_REF: 'v1',
    };
    expect(documentLink('docs/policy.md#audit', '/action', environment)).toBe(
      'https://github.example.com/owner/awf/blob/v1/docs/policy.md#audit',
    );
  });

  it('leads to github.com without a server, or with an empty one', () => {
    const environment = { GITHUB_ACTION_REPOSITORY: 'owner/awf', GITHUB_ACTION_REF: 'v1' };
    for (const server of [{}, { GITHUB_SERVER_URL: '' }])
      expect(documentLink('a.md', '/action', { ...environment, ...server })).toBe(
        'https://github.com/owner/awf/blob/v1/a.md',
      );
  });

  it('leads to the file where the action is local, and on the command line', () => {
    const environment = { GITHUB_ACTION_REPOSITORY: '', GITHUB_ACTION_REF: '' };
    expect(documentLink('docs/policy.md', '/action', environment)).toBe('/action/docs/policy.md');
  });
});
