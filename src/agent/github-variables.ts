import type { Config } from '../config/config.ts';
import { gitIdentityText, type GitSetting } from './git-identity.ts';
import { GITHUB_TOKEN_VARIABLES, PLACEHOLDER_GITHUB_TOKEN } from '../shared/github-token.ts';

const CLOUD = 'github.com';
const ENTERPRISE_TOKEN = 'GH_ENTERPRISE_TOKEN';
const GH_HOST = 'GH_HOST';

/**
 * What gh and other programs read. With a host other than github.com, gh looks for a token of its own kind, and needs to be
 * told the host. (gh 2.83, `gh help environment`)
 */
export function githubVariables({ github }: Config): Readonly<Record<string, string>> {
  if (github === undefined) return {};
  const { host } = github.server.web;
  const names = [...GITHUB_TOKEN_VARIABLES, ...(host === CLOUD ? [] : [ENTERPRISE_TOKEN])];
  return {
    ...Object.fromEntries(names.map((name) => [name, PLACEHOLDER_GITHUB_TOKEN])),
    ...(host === CLOUD ? {} : { [GH_HOST]: host }),
  };
}

/** The names that {@link githubVariables} may set. The user's own values in `env` take their places. */
export const GITHUB_VARIABLES: readonly string[] = [...GITHUB_TOKEN_VARIABLES, ENTERPRISE_TOKEN, GH_HOST];

/**
 * git's settings: who commits; and SSH remotes of named hosts from which git may fetch are led to HTTPS, where the api-proxy
 * answers. There is no SSH in the sandbox.
 */
export function gitSettings({ namedHosts }: Config, identity: readonly GitSetting[]): Readonly<Record<string, string>> {
  const hosts = namedHosts.others
    .filter(({ rules }) => rules.some(({ query }) => query === FETCH))
    .map(({ name }) => name);
  const lines = hosts.flatMap((host) => [
    `[url "https://${host}/"]`,
    `\tinsteadOf = git@${host}:`,
    `\tinsteadOf = ssh://git@${host}/`,
  ]);
  const text = gitIdentityText(identity) + lines.map((line) => `${line}\n`).join('');
  return text === '' ? {} : { '.gitconfig': text };
}

/** What git asks for first. (gitprotocol-http, "Smart Clients") */
const FETCH = 'service=git-upload-pack';
