import type { GithubAccessLevel } from '../../shared/github-access.ts';
import { words } from '../../shared/words.ts';

/** What each level adds to the one before it. */
export type Rows = Readonly<Record<GithubAccessLevel, readonly string[]>>;

/** `get('a b')` is `['GET a', 'GET b']`. */
const rows = (method: string, paths: string): string[] => words(paths).map((path) => `${method} ${path}`);

/**
 * Below `/repos/OWNER/NAME` and `/repositories/ID` of the REST API (https://docs.github.com/en/rest). Everything that passes
 * is listed, so an endpoint that GitHub adds later passes at no level.
 *
 * Not even `read` has what tells about the repository's defences: secrets and variables with their names, environments, runners,
 * Actions' permissions, hooks, deploy keys, collaborators and invitations, branch protection and rule sets, and the alerts of
 * code scanning, Dependabot and secret scanning, which quotes the secrets.
 */
export const REPOSITORY: Rows = {
  read: [
    'GET ',
    ...rows(
      'GET',
      `/actions/artifacts/** /actions/cache/usage /actions/caches /actions/jobs/** /actions/runs/** /actions/workflows/**
       /activity /assignees/** /attestations/** /branches /branches/* /check-runs/** /check-suites/** /codeowners/errors
       /collaborators/*/permission /comments/** /commits/** /community/profile /compare/** /contents/** /contributors
       /dependency-graph/** /deployments/** /events /forks /git/** /issues/** /labels/** /languages /license
       /milestones/** /pulls/** /readme/** /releases/** /stargazers /stats/** /statuses/** /subscribers /tags
       /tarball/** /topics /zipball/**`,
    ),
  ],
  // As in GraphQL: what is said can be edited, since the history keeps it, and not deleted. Labels are not here, because
  // workflows act on them. A review is a comment as long as MEMBERS below say so.
  comment: [
    ...rows('POST', '/issues/*/comments /comments/*/reactions /commits/*/comments /issues/*/reactions'),
    ...rows('POST', '/issues/comments/*/reactions /pulls/comments/*/reactions /pulls/*/comments'),
    // No query: what it has beside the body, nobody judges.
    ...rows('POST', '/pulls/*/comments/*/replies /pulls/*/reviews? /pulls/*/reviews/*/events?'),
    ...rows('PATCH', '/comments/* /issues/comments/* /pulls/comments/*'),
  ],
  // Neither statuses nor check runs, which could make a failed check look green; nor dispatches and re-runs: with the
  // job's token they are the one thing that starts another workflow, with that workflow's secrets.
  write: [
    ...rows('POST', '/pulls/*/reviews /pulls/*/reviews/*/events'),
    ...rows('POST', '/issues /issues/*/labels /issues/*/assignees /issues/*/sub_issues /labels /milestones'),
    ...rows('POST', '/pulls /pulls/*/requested_reviewers /merges'),
    ...rows('POST', '/git/blobs /git/commits /git/refs /git/tags /git/trees /releases /releases/generate-notes'),
    ...rows('PATCH', '/issues/* /labels/** /milestones/* /pulls/* /git/refs/** /releases/* /releases/assets/*'),
    ...rows('PUT', '/contents/** /issues/*/labels /pulls/*/merge /pulls/*/update-branch /pulls/*/reviews/*'),
    ...rows('PUT', '/pulls/*/reviews/*/dismissals'),
    ...rows('DELETE', '/comments/* /contents/** /git/refs/** /issues/*/assignees /issues/*/labels/**'),
    ...rows('DELETE', '/issues/*/sub_issue /issues/comments/* /pulls/*/requested_reviewers /pulls/*/reviews/*'),
    ...rows('DELETE', '/pulls/comments/* /releases/assets/*'),
  ],
};

/**
 * Beside the repositories: what the server is, who the token is, and public facts. `gh auth status` asks for `/`, and
 * `gh` 2.83.1 for `/meta` on Enterprise Server. No search: its query cannot be bound to a repository by a rule, and with a
 * personal token it finds the text of all private ones.
 */
export const API_READ = rows(
  'GET',
  '/ /meta /rate_limit /user /users/* /emojis /licenses/** /gitignore/templates/** /versions',
);

/** Members that a level's requests may only have with these values. An approval can open the way for a merge. */
export const MEMBERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'comment POST /pulls/*/reviews?': { event: ['COMMENT'] },
  'comment POST /pulls/*/reviews/*/events?': { event: ['COMMENT'] },
  'read POST /info/lfs/objects/batch?': { operation: ['download'] },
};

/**
 * Git's smart HTTP (https://git-scm.com/docs/http-protocol), with the parameter that tells a fetch from a push, and the API of
 * LFS (https://github.com/git-lfs/git-lfs/tree/main/docs/api). Below `/OWNER/NAME` and `/OWNER/NAME.git`.
 *
 * Objects of LFS are downloaded at every level and uploaded at none. The answer to an upload has two credentials in it, one for
 * storage at Amazon and one for lfs.github.com, which the command would then hold; and what is written to that storage
 * cannot be bound to a repository: somebody else's signed address would pass too. A push asks whether files are locked, so
 * that passes at `write`.
 */
export const GIT: Rows = {
  read: [
    ...rows('GET', '/info/refs?service=git-upload-pack /info/lfs/locks'),
    ...rows('POST', '/git-upload-pack /info/lfs/objects/batch?'),
  ],
  comment: [],
  write: ['GET /info/refs?service=git-receive-pack', ...rows('POST', '/git-receive-pack /info/lfs/locks/verify')],
};

/** Release assets: https://docs.github.com/en/rest/releases/assets#upload-a-release-asset. Below `/repos/OWNER/NAME`. */
export const UPLOADS: Rows = { read: [], comment: [], write: rows('POST', '/releases/*/assets') };

/** The website's downloads. The answers redirect to a host with a signed URL. */
export const DOWNLOADS = rows('GET', '/archive/** /raw/** /releases/download/** /releases/latest/download/**');

/** What anybody may read of any repository, without a credential. */
export const PUBLIC_GIT = rows('POST', '/*/*/git-upload-pack /*/*/info/lfs/objects/batch');
