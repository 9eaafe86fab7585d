/** The real `gh` and git, and what they send: recorded from `gh` 2.83.1 and git 2.39.5 against the stand-in. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { GIT_ENVIRONMENT } from '../git.ts';
import { programFromPypi } from '../python.ts';

/** @returns the program's path */
export const installGh = (): Promise<string> => programFromPypi(join(import.meta.dirname, 'gh'));

/** The least level of `github-access` that lets a command work. `never`: none does. */
export type NeededAccess = 'read' | 'comment' | 'write' | 'never';

export interface RecordedCommand {
  /** After `gh`, without the repository. */
  readonly command: string;
  readonly access: NeededAccess;
  /** `METHOD host/path operation`, in any order. `GRAPHQL` stands for a request to the GraphQL endpoint. */
  readonly sends: readonly string[];
  /** Of the review that it sends. */
  readonly event?: 'COMMENT' | 'APPROVE';
}

const API = 'api.github.com';
const PR = 'GRAPHQL query PullRequestByNumber repository';
const ISSUE = 'GRAPHQL query IssueByNumber repository';
const INFO = 'GRAPHQL query RepositoryInfo repository';
const PROJECTS = 'GRAPHQL query PullRequestProjectItems repository';
const LABELS = 'GRAPHQL query RepositoryLabelList repository';
const RELEASE = 'GRAPHQL query RepositoryReleaseByTag repository';
/** Which fields the server knows. It asks for both at once, so in any order. */
const FEATURES = ['GRAPHQL query PullRequest_fields __type __type', 'GRAPHQL query PullRequest_fields2 __type'];
const below = (method: string, path: string): string => `${method} ${API}/repos/Octo/Hello${path}`;

const command = (access: NeededAccess, text: string, ...sends: readonly string[]): RecordedCommand => ({
  ...{ command: text, access, sends },
  ...(/-comment |COMMENT/.test(text) && { event: 'COMMENT' }),
  ...(/approve|APPROVE/.test(text) && { event: 'APPROVE' }),
});

/** In an order in which each finds what it needs. `new.txt` is a file in the working directory. */
export const GH_COMMANDS: readonly RecordedCommand[] = [
  command('read', 'api repos/Octo/Hello', below('GET', '')),
  command('read', 'api repos/octo/hello', `GET ${API}/repos/octo/hello`),
  command(
    ...(['read', 'api --paginate repos/Octo/Hello/issues'] as const),
    ...[below('GET', '/issues?per_page=100'), `GET ${API}/repositories/4242/issues?per_page=100&page=2`],
  ),
  command('read', 'api user', `GET ${API}/user`),
  command('read', 'api graphql -f query={viewer{login}}', 'GRAPHQL query viewer'),
  command('read', 'auth status', 'GRAPHQL query UserCurrent viewer', `GET ${API}/`),
  command('read', 'repo view Octo/Hello', INFO, below('GET', '/readme')),
  command('read', 'pr list', 'GRAPHQL query PullRequestList repository'),
  command('read', 'pr view 1 --comments', PR, PROJECTS),
  command(...(['read', 'pr checks 1'] as const), ...[PR, ...FEATURES, 'GRAPHQL query PullRequestStatusChecks node']),
  command('read', 'pr diff 1', below('GET', '/pulls/1')),
  command('read', 'issue list', 'GRAPHQL query IssueList repository'),
  command(
    ...(['read', 'issue list --search wrong'] as const),
    ...['GRAPHQL query SearchType_enumValues __type', 'GRAPHQL query IssueSearch repository search'],
  ),
  command(
    ...(['read', 'issue view 2 --comments'] as const),
    ...[ISSUE, 'GRAPHQL query IssueProjectItems repository', 'GRAPHQL query CommentsForIssue node'],
  ),
  command('read', 'label list', 'GRAPHQL query LabelList repository'),
  command(
    ...(['read', 'release list'] as const),
    ...['GRAPHQL query Release_fields __type', 'GRAPHQL query RepositoryReleaseList repository'],
  ),
  command(
    ...(['read', 'release download v1 --clobber'] as const),
    ...[below('GET', '/releases/tags/v1'), RELEASE, below('GET', '/releases/assets/70')],
    'GET release-assets.githubusercontent.com/github-production-release-asset/1?sig=abc',
  ),
  command('read', 'run list', below('GET', '/actions/runs?per_page=20&exclude_pull_requests=true')),
  command('read', 'workflow list', below('GET', '/actions/workflows?per_page=50&page=1')),

  command('comment', 'pr comment 1 --body x', PR, 'GRAPHQL mutation CommentCreate addComment'),
  command('comment', 'pr comment 1 --edit-last --body y', PR, 'GRAPHQL mutation CommentUpdate updateIssueComment'),
  command(
    'comment',
    'pr review 1 --comment --body x',
    PR,
    'GRAPHQL mutation PullRequestReviewAdd addPullRequestReview',
  ),
  command('comment', 'issue comment 2 --body x', ISSUE, 'GRAPHQL mutation CommentCreate addComment'),
  command('comment', 'api repos/Octo/Hello/issues/2/comments -f body=x', below('POST', '/issues/2/comments')),
  command('comment', 'api repos/Octo/Hello/pulls/1/reviews -f event=COMMENT', below('POST', '/pulls/1/reviews')),

  command('write', 'pr review 1 --approve', PR, 'GRAPHQL mutation PullRequestReviewAdd addPullRequestReview'),
  command('write', 'api repos/Octo/Hello/pulls/1/reviews -f event=APPROVE', below('POST', '/pulls/1/reviews')),
  command(
    ...(['write', 'pr create --head feature --title t --body b'] as const),
    ...[INFO, 'GRAPHQL query PullRequestForBranch repository', 'GRAPHQL mutation PullRequestCreate createPullRequest'],
  ),
  command('write', 'pr edit 1 --title n', PR, PROJECTS, 'GRAPHQL mutation PullRequestUpdate updatePullRequest'),
  command('write', 'pr edit 1 --add-label bug', PR, PROJECTS, LABELS, 'GRAPHQL mutation LabelAdd addLabelsToLabelable'),
  command('write', 'pr close 1', PR, 'GRAPHQL mutation PullRequestClose closePullRequest'),
  command('write', 'pr reopen 1', PR, 'GRAPHQL mutation PullRequestReopen reopenPullRequest'),
  command('write', 'pr merge 1 --merge', PR, ...FEATURES, 'GRAPHQL mutation PullRequestMerge mergePullRequest'),
  command('write', 'issue create --title t --body b', INFO, 'GRAPHQL mutation IssueCreate createIssue'),
  command('write', 'issue edit 2 --add-label bug', ISSUE, LABELS, 'GRAPHQL mutation LabelAdd addLabelsToLabelable'),
  command('write', 'issue close 2', ISSUE, 'GRAPHQL mutation IssueClose closeIssue'),
  command('write', 'issue reopen 2', ISSUE, 'GRAPHQL mutation IssueReopen reopenIssue'),
  command('write', 'label create new --color ededed', below('POST', '/labels')),
  command(
    ...(['write', 'release create v2 new.txt --notes n'] as const),
    ...[below('HEAD', '/releases/tags/v2'), below('POST', '/releases')],
    'POST uploads.github.com/repos/Octo/Hello/releases/7/assets?label=&name=new.txt',
    below('PATCH', '/releases/7'),
  ),

  command('never', 'issue delete 2 --yes', ISSUE, 'GRAPHQL mutation IssueDelete deleteIssue'),
  command('never', 'secret list', below('GET', '/actions/secrets?per_page=100')),
  command(
    ...(['never', 'search issues wrong'] as const),
    'GRAPHQL query SearchType_enumValues __type',
    `GET ${API}/search/issues?page=1&per_page=30&q=wrong+repo%3AOcto%2FHello+type%3Aissue`,
  ),
  command('never', 'repo delete Octo/Hello --yes', below('DELETE', '')),
  command('never', 'repo fork Octo/Hello --clone=false', below('POST', '/forks')),
  command('never', 'api -X PATCH repos/Octo/Hello -f visibility=public', below('PATCH', '')),
  command('never', 'api repos/other/private', `GET ${API}/repos/other/private`),
];

/** False for what may not arrive: gh asks for a release in two ways at once, and drops the slower one. */
export const isSteady = (sent: string): boolean => sent !== RELEASE;

/** The words of a command; those of `gh pr`, `issue` and so on get the repository. */
export function ghArguments({ command: text }: RecordedCommand): string[] {
  const words = text.split(' ');
  return /^(?:api|auth|repo) /.test(text) ? words : [...words, '--repo', 'Octo/Hello'];
}

export interface ClientOptions {
  /** An empty directory. */
  readonly home: string;
  readonly caFile: string;
  readonly proxyUrl: string;
  readonly token: string;
}

/** The variables of a program that goes through a proxy, and trusts one authority only. */
export const clientEnvironment = ({ home, caFile, proxyUrl, token }: ClientOptions): NodeJS.ProcessEnv => ({
  ...{ PATH: process.env['PATH'], HOME: home, HTTPS_PROXY: proxyUrl, GH_TOKEN: token },
  ...{ SSL_CERT_FILE: caFile, GIT_SSL_CAINFO: caFile },
  ...{ GH_PROMPT_DISABLED: '1', GH_NO_UPDATE_NOTIFIER: '1', NO_COLOR: '1' },
  ...GIT_ENVIRONMENT,
});

export interface ProgramResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program without blocking the servers of this process. */
export function runProgram(
  [file = '', ...args]: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }));
  });
}
