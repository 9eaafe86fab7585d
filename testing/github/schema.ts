/** What the stand-in's GraphQL endpoint has, by https://docs.github.com/en/graphql/reference. */

import type { Arguments, Fields, Root } from './execute.ts';
import { addComment, addThread, type Comment, type Hub, type Repository, type Thread } from './hub.ts';

const USER = { __typename: 'User', id: 'U_1', login: 'octocat', name: 'The Octocat', databaseId: 583231 };
const PAGE = { hasNextPage: false, endCursor: null };
const TIME = '2026-01-02T03:04:05Z';

const CHECK = { __typename: 'StatusContext', context: 'ci', state: 'SUCCESS', targetUrl: '', createdAt: TIME };

const connection = (nodes: readonly unknown[]): Fields => ({
  ...{ nodes, edges: nodes.map((node) => ({ node })), totalCount: nodes.length, pageInfo: PAGE },
});
const NOTHING = connection([]);

const asComment = ({ body, id, url }: Comment): Fields => ({
  ...{ id, body, url, author: USER, authorAssociation: 'MEMBER', createdAt: TIME, includesCreatedEdit: false },
  ...{ isMinimized: false, minimizedReason: '', reactionGroups: [], viewerDidAuthor: true },
});

function asThread(repository: Repository, thread: Thread): Fields {
  const { number, id, title, body, state, headRefName } = thread;
  const isPullRequest = headRefName !== undefined;
  const isClosed = state !== 'OPEN';
  return {
    ...{ __typename: isPullRequest ? 'PullRequest' : 'Issue', number, id, title, body, state, closed: isClosed },
    url: `https://github.com/${repository.fullName}/${isPullRequest ? 'pull' : 'issues'}/${number}`,
    ...{ author: USER, createdAt: TIME, updatedAt: TIME, isPinned: false, stateReason: '', reactionGroups: [] },
    ...{ labels: NOTHING, assignees: NOTHING, assignedActors: NOTHING, projectCards: NOTHING, projectItems: NOTHING },
    ...{ milestone: null, comments: connection(thread.comments.map(asComment)), repository: asRepository(repository) },
    ...{ headRefName, baseRefName: 'main', headRefOid: '0'.repeat(40), isDraft: false, mergeable: 'MERGEABLE' },
    ...{ additions: 1, deletions: 0, changedFiles: 1, isCrossRepository: false, maintainerCanModify: false },
    ...{ headRepository: asRepositoryName(repository), headRepositoryOwner: { ...USER, login: repository.owner } },
    ...{ reviewDecision: '', reviews: NOTHING, latestReviews: NOTHING, reviewRequests: NOTHING, files: NOTHING },
    ...{
      commits: connection([{ commit: { oid: '0'.repeat(40), statusCheckRollup: { contexts: connection([CHECK]) } } }]),
      statusCheckRollup: NOTHING,
    },
    ...{ mergeStateStatus: 'CLEAN', isInMergeQueue: false, isMergeQueueEnabled: false, autoMergeRequest: null },
    ...{ closingIssuesReferences: NOTHING, baseRef: { branchProtectionRule: null } },
  };
}

const asRepositoryName = ({ nodeId, name, owner, fullName }: Repository): Fields => ({
  ...{ id: nodeId, name, nameWithOwner: fullName, owner: { ...USER, login: owner } },
});

function asRepository(repository: Repository): Fields {
  const threads = (isPullRequest: boolean, { states }: Arguments): Fields =>
    connection(
      repository.threads
        .filter(({ headRefName }) => (headRefName !== undefined) === isPullRequest)
        .filter(({ state }) => !Array.isArray(states) || states.includes(state))
        .map((thread) => asThread(repository, thread)),
    );
  const byNumber = ({ number }: Arguments): Fields | null => {
    const thread = repository.threads.find((each) => each.number === number);
    return thread ? asThread(repository, thread) : null;
  };
  return {
    ...asRepositoryName(repository),
    ...{ databaseId: repository.id, isPrivate: repository.isPrivate, hasIssuesEnabled: true, description: 'A test.' },
    ...{ url: `https://github.com/${repository.fullName}`, viewerPermission: 'WRITE', parent: null, isFork: false },
    ...{
      defaultBranchRef: { name: 'main', target: { oid: '0'.repeat(40) } },
      isArchived: false,
      visibility: 'PRIVATE',
    },
    ...{ mergeCommitAllowed: true, rebaseMergeAllowed: true, squashMergeAllowed: true, forkingAllowed: false },
    ...{
      hasWikiEnabled: false,
      issueTemplates: [],
      pullRequestTemplates: [],
      object: null,
      viewerCanAdminister: false,
    },
    ...{ labels: connection([{ id: 'LA_1', name: 'bug', color: 'd73a4a', description: '' }]), milestones: NOTHING },
    ...{
      assignableUsers: connection([USER]),
      suggestedActors: connection([USER]),
      projects: NOTHING,
      projectsV2: NOTHING,
    },
    ...{ refs: NOTHING, releases: NOTHING, latestRelease: null },
    pullRequests: (args: Arguments) =>
      typeof args['headRefName'] === 'string'
        ? connection(
            repository.threads
              .filter(({ headRefName }) => headRefName === args['headRefName'])
              .map((thread) => asThread(repository, thread)),
          )
        : threads(true, args),
    issues: (args: Arguments) => threads(false, args),
    ...{ pullRequest: byNumber, issue: byNumber, issueOrPullRequest: byNumber },
  };
}

/** `gh` asks which fields the server knows before it uses new ones. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  PullRequest: ['isInMergeQueue', 'isMergeQueueEnabled', 'isDraft', 'statusCheckRollup'],
  Repository: ['pullRequestTemplates', 'visibility', 'autoMergeAllowed'],
  Issue: ['stateReason'],
};

const typeOf = ({ name }: Arguments): Fields => ({
  fields: (TYPES[String(name)] ?? []).map((field) => ({ name: field, args: [] })),
  enumValues: [],
  inputFields: [],
});

function mutations(hub: Hub): Fields {
  const thread = (id: unknown): { repository: Repository; thread: Thread } => {
    const found = hub.findThread(String(id));
    if (!found) throw new Error(`There is nothing with the id ${String(id)}.`);
    return found;
  };
  const answer = (id: unknown, change: (thread: Thread) => void): Fields => {
    const found = thread(id);
    change(found.thread);
    const node = asThread(found.repository, found.thread);
    return { clientMutationId: null, subject: node, pullRequest: node, issue: node, labelable: node, actor: USER };
  };
  const mutation =
    (key: string, change: (thread: Thread, input: Record<string, unknown>) => void = () => undefined) =>
    ({ input }: Arguments): Fields => {
      const members = input as Record<string, unknown>;
      return answer(members[key], (found) => change(found, members));
    };
  const create =
    (kind: 'issue' | 'pullRequest') =>
    ({ input }: Arguments): Fields => {
      const { repositoryId, title, body, headRefName } = input as Record<string, string | undefined>;
      const repository = hub.findById(Number(repositoryId?.replace('R_', '')));
      if (!repository) throw new Error('There is no such repository.');
      return { [kind]: asThread(repository, addThread(repository, title ?? '', body ?? '', headRefName)) };
    };
  const setState = (state: Thread['state']) => (found: Thread) => (found.state = state);
  return {
    addComment: ({ input }: Arguments) => {
      const { subjectId, body } = input as Record<string, string>;
      const found = thread(subjectId);
      const node = asComment(addComment(found.repository, found.thread, body ?? ''));
      return { commentEdge: { node }, subject: asThread(found.repository, found.thread) };
    },
    updateIssueComment: () => ({
      issueComment: { id: 'IC_1', url: 'https://github.com/Octo/Hello/pull/1#issuecomment-1' },
    }),
    ...{ createIssue: create('issue'), createPullRequest: create('pullRequest') },
    ...{ addLabelsToLabelable: mutation('labelableId'), removeLabelsFromLabelable: mutation('labelableId') },
    ...{ addPullRequestReview: mutation('pullRequestId'), updatePullRequest: mutation('pullRequestId') },
    closeIssue: mutation('issueId', setState('CLOSED')),
    reopenIssue: mutation('issueId', setState('OPEN')),
    closePullRequest: mutation('pullRequestId', setState('CLOSED')),
    reopenPullRequest: mutation('pullRequestId', setState('OPEN')),
    mergePullRequest: mutation('pullRequestId', setState('MERGED')),
    markPullRequestReadyForReview: mutation('pullRequestId'),
  };
}

/** What is at the top of a document. */
export function rootOf(hub: Hub): Root {
  const repository = ({ owner, name }: Arguments): Fields | null => {
    const found = hub.find(`${String(owner)}/${String(name)}`);
    return found ? asRepository(found) : null;
  };
  const search = ({ query }: Arguments): Fields => {
    const found = hub.find(/repo:(\S+)/.exec(String(query))?.[1] ?? '');
    const isIssues = String(query).includes('type:issue');
    const threads = found?.threads.filter(({ headRefName }) => (headRefName === undefined) === isIssues) ?? [];
    const nodes = threads.map((thread) => found && asThread(found, thread));
    return { ...connection(nodes), issueCount: nodes.length };
  };
  const node = ({ id }: Arguments): Fields | null => {
    const found = hub.findThread(String(id));
    return found ? asThread(found.repository, found.thread) : null;
  };
  return {
    query: { viewer: USER, rateLimit: { remaining: 5000 }, repository, search, __type: typeOf, user: USER, node },
    mutation: mutations(hub),
  };
}
