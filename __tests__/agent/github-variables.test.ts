import { expect, test } from 'vitest';
import { gitSettings, githubVariables } from '../../src/agent/github-variables.ts';
import type { GithubConfig } from '../../src/config/github.ts';
import { hostsOfGithub } from '../../src/config/github-config.ts';
import { githubServer } from '../../src/config/github-server.ts';
import { aConfig } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';

function configFor(url?: string) {
  const github: GithubConfig = {
    server: githubServer(url === undefined ? {} : { GITHUB_SERVER_URL: url }),
    ...{ access: 'read', repositories: [{ name: 'o/r' }] },
  };
  return aConfig({ github, namedHosts: { providers: [], others: hostsOfGithub(github, allowing('')) } });
}
const PLACEHOLDER = 'ghu_placeholderTokenForCredentialIsolation';

test('without a token, nothing is set', () => {
  expect(githubVariables(aConfig())).toEqual({});
  expect(gitSettings(aConfig(), [])).toEqual({});
});

test('on github.com, both variables have the placeholder, and SSH remotes are led to HTTPS', () => {
  expect(githubVariables(configFor())).toEqual({ GH_TOKEN: PLACEHOLDER, GITHUB_TOKEN: PLACEHOLDER });
  expect(gitSettings(configFor(), [])['.gitconfig']).toBe(
    '[url "https://github.com/"]\n\tinsteadOf = git@github.com:\n\tinsteadOf = ssh://git@github.com/\n',
  );
});

test.each(['https://octo.ghe.com', 'https://github.example.com'])('at %s, gh is told the host', (url) => {
  expect(githubVariables(configFor(url))).toEqual({
    ...{ GH_TOKEN: PLACEHOLDER, GITHUB_TOKEN: PLACEHOLDER, GH_ENTERPRISE_TOKEN: PLACEHOLDER },
    GH_HOST: url.slice('https://'.length),
  });
});
