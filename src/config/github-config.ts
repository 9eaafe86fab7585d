import { collectProblems, throwProblems, UserError, withHint } from '../errors.ts';
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
  const problems: UserError[] = [];
  const job = collectProblems(problems, () => ownRepository(environment)) ?? [];
  const server = collectProblems(problems, () =>
    withHint('The hosts that the token is for depend on it.', () => githubServer(environment)),
  );
  const repositories = [...job, ...values['github-repositories'].map((name) => ({ name }))];
  if (repositories.length === 0 && problems.length === 0) {
    problems.push(
      new UserError('There is a token for GitHub, but no repository that it is for.', {
        hint: `Name one in ${optionName(frontEnd, 'github-repositories')}, or set ${REPOSITORY}.`,
      }),
    );
  }
  throwProblems(problems);
  return server && { server, access: values['github-access'], repositories };
}

/** The job's own repository, if there is a job. */
function ownRepository(environment: NodeJS.ProcessEnv): GithubConfig['repositories'] {
  const own = environment[REPOSITORY] ?? '';
  if (own === '') return [];
  const id = environment['GITHUB_REPOSITORY_ID'] ?? '';
  const name = withHint('A runner sets it to OWNER/NAME.', () => checkRepository(REPOSITORY, own));
  return [{ name, ...(/^\d+$/.test(id) && { id }) }];
}

/** GitHub's hosts, with what may be asked of them. */
export function hostsOfGithub(github: GithubConfig | undefined, egress: EgressRules): NamedHost[] {
  if (github === undefined) return [];
  const isOnList = (host: string): boolean => isAllowed(egress, 'https', host);
  return githubHosts({ ...github, credential: GITHUB_TOKEN_SECRET, isAllowed: isOnList });
}
