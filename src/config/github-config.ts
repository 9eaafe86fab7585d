import { UserError, withHint } from '../errors.ts';
import { isAllowed, type EgressRules } from './egress-rules.ts';
import { checkRepository, githubHosts, type GithubConfig } from './github.ts';
import { githubServer } from './github-server.ts';
import { GITHUB_TOKEN_SECRET } from './github-token.ts';
import type { NamedHost } from '../shared/named-host.ts';
import { optionName, type OptionValues } from './options.ts';
import type { Secrets } from './secrets.ts';
import type { FrontEndKind } from './source.ts';

const REPOSITORY = 'GITHUB_REPOSITORY';

/**
 * @param environment the caller's, in which a runner says which server and repository the job is for
 * @returns undefined without a token
 * @throws UserError naming the variable or option that is missing or wrong
 */
export function githubConfig(
  values: OptionValues,
  secrets: Secrets,
  environment: NodeJS.ProcessEnv,
  frontEnd: FrontEndKind,
): GithubConfig | undefined {
  if (!secrets.has(GITHUB_TOKEN_SECRET)) return undefined;
  const own = environment[REPOSITORY] ?? '';
  const id = environment['GITHUB_REPOSITORY_ID'] ?? '';
  const job = own === '' ? [] : [{ name: checkedOwn(own), ...(/^\d+$/.test(id) && { id }) }];
  const repositories = [...job, ...values['github-repositories'].map((name) => ({ name }))];
  if (repositories.length === 0) {
    throw new UserError(`There is a token for GitHub, but no repository that it is for.`, {
      hint: `Name one in ${optionName(frontEnd, 'github-repositories')}, or set ${REPOSITORY}.`,
    });
  }
  const server = withHint('The hosts that the token is for depend on it.', () => githubServer(environment));
  return { server, access: values['github-access'], repositories };
}

const checkedOwn = (name: string): string =>
  withHint('A runner sets it to OWNER/NAME.', () => checkRepository(REPOSITORY, name));

/** GitHub's hosts, with what may be asked of them. */
export function hostsOfGithub(github: GithubConfig | undefined, egress: EgressRules): NamedHost[] {
  if (github === undefined) return [];
  const isOnList = (host: string): boolean => isAllowed(egress, 'https', host);
  return githubHosts({ ...github, credential: GITHUB_TOKEN_SECRET, isAllowed: isOnList });
}
