import type { Config } from '../config/config.ts';
import { PLACEHOLDER_GITHUB_TOKEN } from '../shared/provider-entry.ts';

const CLOUD = 'github.com';

/**
 * What gh and other programs read. With a host other than github.com, gh looks for a token of its own kind, and needs to be
 * told the host. (gh 2.83, `gh help environment`)
 */
export function githubVariables({ github }: Config): Readonly<Record<string, string>> {
  if (github === undefined) return {};
  const { host } = github.server.web;
  const names = ['GH_TOKEN', 'GITHUB_TOKEN', ...(host === CLOUD ? [] : ['GH_ENTERPRISE_TOKEN'])];
  return {
    ...Object.fromEntries(names.map((name) => [name, PLACEHOLDER_GITHUB_TOKEN])),
    ...(host === CLOUD ? {} : { GH_HOST: host }),
  };
}

/** The names that {@link githubVariables} may set. The user's own values in `env` take their places. */
export const GITHUB_VARIABLES: readonly string[] = ['GH_TOKEN', 'GITHUB_TOKEN', 'GH_ENTERPRISE_TOKEN', 'GH_HOST'];

/** git's settings: remotes with SSH are led to HTTPS, where the api-proxy answers. There is no SSH in the sandbox. */
export function gitSettings({ github }: Config): Readonly<Record<string, string>> {
  if (github === undefined) return {};
  const { host } = github.server.web;
  const lines = [`[url "https://${host}/"]`, `\tinsteadOf = git@${host}:`, `\tinsteadOf = ssh://git@${host}/`, ''];
  return { '.gitconfig': lines.join('\n') };
}
